import t, { type Test } from 'tap';
import { type Origin, type ReceivedRequest, startOrigin } from '../fixtures/origin.ts';
import { type Sidecar, startSidecar, type Wire } from '../fixtures/sidecar.ts';
import { BODIES, CHUNKS } from './request-bodies.ts';
import { FIELDS } from './request-fields.ts';
import { REQUEST_LINES } from './request-lines.ts';
import { PIPELINES } from './request-pipelines.ts';
import { get, type Row } from './request-row.ts';
import { HOSTS, TARGETS } from './request-targets.ts';

/** Whatever two readers could read in two ways is refused, and reaches nobody (RFC 9112 §11). */
const TABLES: Readonly<Record<string, readonly Row[]>> = {
  'the request line': REQUEST_LINES,
  targets: TARGETS,
  Host: HOSTS,
  'field lines': FIELDS,
  'the length of a body': BODIES,
  chunks: CHUNKS,
  'what stands behind': PIPELINES,
};

/** By hand: REQUEST_BYTES=all sends each of them byte by byte as well, to both doors. */
const { REQUEST_BYTES } = process.env;
const isAll = REQUEST_BYTES === 'all';
/** Longer ones are sent at once only. */
const most = isAll ? 20_000 : 1_200;

for (const fast of [true, false]) {
  t.test(
    `requests that could be read in two ways, ${fast ? 'fast door' : 'node:http'}`,
    isAll ? { timeout: 600_000 } : {},
    async (t) => {
      let isRefused = false;
      let trailers = 0;
      const origin = await startOrigin(
        (req, res) => {
          trailers += req.rawTrailers.length;
          res.sendDate = false;
          // What should not have got here would be stored.
          res.setHeader('cache-control', isRefused ? 'max-age=60' : 'no-store').end('reached');
        },
        { recordBodies: true },
      );
      t.teardown(() => origin.close());
      const sidecar = await startSidecar(origin.url, `fast-door: ${fast}\nroutes: [{ match: /* }]\n`);
      t.teardown(() => sidecar.close());
      for (const [table, rows] of Object.entries(TABLES)) {
        t.test(table, isAll ? { timeout: 600_000 } : {}, async (t) => {
          for (const [i, row] of rows.entries()) {
            isRefused = typeof row.expects === 'number';
            await play(t, row, origin, sidecar, false);
            // What comes in many pieces the fast door passes on.
            const isIn = row.sends.length <= most && (isAll || i % (fast ? 4 : 2) === 0);
            if (isIn) await play(t, row, origin, sidecar, true);
          }
        });
      }
      t.test('nothing of it is left', async (t) => {
        t.equal(trailers, 0, 'trailers are dropped');
        t.equal(JSON.parse((await sidecar.admin('/stats')).text).memory.bytes, 0, 'nothing is stored');
        t.equal((await sidecar.ask('/')).status, 200);
      });
    },
  );
}

async function play(t: Test, row: Row, origin: Origin, sidecar: Sidecar, byBytes: boolean): Promise<void> {
  const { id, sends, expects } = row;
  const name = byBytes ? `${id}, byte by byte` : id;
  const before = origin.requests.length;
  const end = typeof expects === 'number' ? SMUGGLED : END;
  const wire = sidecar.connect();
  const started = performance.now();
  for (const piece of byBytes ? sends + end : [sends + end]) {
    wire.send(piece);
    if (byBytes) await new Promise(setImmediate);
  }
  const answer = await closed(wire);
  // A byte at a time, the time is the client's.
  const isLate = !byBytes && typeof expects === 'number' && performance.now() - started > 1_000;
  wire.socket.destroy();
  const reached = origin.requests.slice(before);
  const wrong =
    typeof expects === 'number'
      ? notRefused(expects, answer, reached)
      : (notReached(expects, reached) ?? reached.map(notEndToEnd).find((why) => why !== undefined));
  if (wrong !== undefined) t.fail(`${name}: ${wrong}`, { sends, answer, reached: reached.map(told) });
  else t.notOk(isLate, name);
}

/** The request behind one that is refused, which must not be read as one, and the last of a connection. */
const SMUGGLED = get('/smuggled');
const END = get('/end', 'Connection: close\r\n');

async function closed(wire: Wire): Promise<string> {
  const patience = setTimeout(() => wire.socket.destroy(), 3_000);
  try {
    return await wire.closed;
  } finally {
    clearTimeout(patience);
  }
}

function notRefused(status: number, answer: string, reached: readonly ReceivedRequest[]): string | undefined {
  const statuses = answer.match(/HTTP\/1\.1 \d{3}/g) ?? [];
  if (statuses.join() !== `HTTP/1.1 ${status}`) return `answered ${statuses.join() || 'nothing'}`;
  if (!/\r\ncontent-type: application\/problem\+json\r\n/i.test(answer)) return 'it is not a problem body';
  if (!/"requestId":"[^"]+"/.test(answer)) return 'it has no id';
  return reached.length > 0 ? 'it reached the upstream' : undefined;
}

function notReached(expected: readonly string[], reached: readonly ReceivedRequest[]): string | undefined {
  const theirs = reached.map(told).filter((request) => request !== 'GET /end');
  // node:http has several under way at once.
  return theirs.sort().join('\n') === [...expected].sort().join('\n')
    ? undefined
    : `not ${expected.join(', ').slice(0, 200)}`;
}

function told({ method, url, body }: ReceivedRequest): string {
  const text = body?.toString('latin1') ?? '';
  return text === '' ? `${method} ${url}` : `${method} ${url} ${text}`;
}

const HOP_BY_HOP = /^(?:te|trailer|upgrade|expect|proxy-.*|http2-settings|x-hop)$/i;

/** What of the client's own hop went on. */
function notEndToEnd({ rawHeaders }: ReceivedRequest): string | undefined {
  const names = rawHeaders.filter((_, i) => i % 2 === 0).map((name) => name.toLowerCase());
  const framing = names.filter((name) => /^(?:content-length|transfer-encoding)$/.test(name));
  if (framing.length > 1) return `framed by ${framing.join(' and ')}`;
  if (names.filter((name) => name === 'host').length !== 1) return 'not one Host';
  return names.find((name) => HOP_BY_HOP.test(name));
}
