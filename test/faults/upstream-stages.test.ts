import t, { type Test } from 'tap';
import { startSidecar } from '../fixtures/sidecar.ts';
import { exchange } from '../security/seen-answer.ts';
import {
  FIN,
  isDropped,
  PAUSE,
  RESET,
  type Script,
  startScriptedUpstream,
} from '../security/upstream-script.ts';

const OK = 'HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\n';
const L = `${OK}Content-Length: 5\r\n\r\n`;
const C = `${OK}Transfer-Encoding: chunked\r\n\r\n`;

/** Where an answer breaks off: ahead of its first byte, inside its head, behind that, or nowhere. */
const STAGES: Record<'nothing' | 'head' | 'body' | 'whole', Record<string, string>> = {
  nothing: { 'before the first byte': '' },
  head: {
    'behind the first byte': 'H',
    'in the status line': 'HTTP/1.1 2',
    'in what may be an interim one': 'HTTP/1.1 1',
    'in an interim one': 'HTTP/1.1 103 E\r\nLink: a',
    'behind an interim one': 'HTTP/1.1 103 E\r\nLink: a\r\n\r\n',
    'behind an unasked 100': 'HTTP/1.1 100 C\r\n\r\n',
    'behind a line break that begins nothing': '\r\n',
    'behind the status line': 'HTTP/1.1 200 OK\r\n',
    'in a field': OK.slice(0, -5),
    'before the last line break': L.slice(0, -2),
    'before the last byte': L.slice(0, -1),
  },
  body: {
    'behind the head': L,
    'in the body': `${L}hel`,
    'behind a chunked head': C,
    'in the size': `${C}5\r`,
    'in a chunk': `${C}5\r\nhel`,
    'behind a chunk': `${C}5\r\nhello\r\n`,
    'in the last chunk': `${C}5\r\nhello\r\n0\r\n`,
    'in trailers': `${C}5\r\nhello\r\n0\r\nX: y\r\n`,
    'in an odd body': `${OK}X:  y\r\nContent-Length: 5\r\n\r\nhel`,
  },
  whole: { 'behind the body': `${L}hello`, 'behind the last chunk': `${C}5\r\nhello\r\n0\r\n\r\n` },
};

const METHODS = ['GET', 'HEAD', 'POST'] as const;
type Method = (typeof METHODS)[number];
const SENT: Record<Method, [head: string, body: string]> = {
  GET: ['', ''],
  HEAD: ['', ''],
  POST: ['Content-Length: 3\r\n', 'abc'],
};

/** How often the upstream was asked, and what the client got. */
function expected(stage: string, method: Method, isKept: boolean): string {
  if (stage === 'nothing') return isKept && method !== 'POST' ? 'asked 2: 200 clean' : 'asked 1: 502';
  if (stage === 'head') return 'asked 1: 502';
  if (method === 'HEAD') return 'asked 1: 200 ';
  return stage === 'body' ? 'asked 1: cut' : 'asked 1: 200 hello';
}

interface Setting {
  readonly door: boolean;
  readonly reader: boolean;
  /** The connection has answered before. */
  readonly isKept: boolean;
}

async function run(t: Test, { door, reader, isKept }: Setting): Promise<void> {
  const upstream = await startScriptedUpstream(isKept ? '' : 'Connection: close\r\n');
  t.teardown(() => upstream.close());
  const sidecar = await startSidecar(
    upstream.url,
    `fast-door: ${door}\nupstream: { url: '${upstream.url}', fast-reader: ${reader}, keep-alive: 60s, breaker: off }\n`,
  );
  t.teardown(() => sidecar.close());
  const ask = async (method: Method, path: string) => {
    const wire = sidecar.connect();
    const [head, body] = SENT[method];
    const seen = await exchange(wire, method, path, head, body);
    wire.socket.destroy();
    if (seen === 'cut') return 'cut';
    return seen.status >= 500 ? `${seen.status}` : `${seen.status} ${method === 'HEAD' ? '' : seen.body}`;
  };
  const asked = (path: string) => upstream.played.filter((one) => one.path === path);
  const came: Record<string, string> = {};
  const wanted: Record<string, string> = {};
  const row = async (name: string, method: Method, scripts: Script[], expect: string) => {
    const path = `/${Object.keys(came).length}`;
    if (isKept) await ask(method === 'POST' ? 'POST' : 'GET', `${path}/before`);
    upstream.scripts.set(path, scripts);
    const told = await ask(method, path);
    const [first] = asked(path);
    const count = asked(path).length;
    const wasKept = (first?.onConnection ?? 1) > 1;
    upstream.scripts.delete(path);
    // Or the next request may be sent on it, and be sent again.
    if (first !== undefined) await isDropped(first.socket);
    const again = await ask('GET', path);
    const isNew = asked(path).length > count && again === '200 clean';
    const isStored = method === 'GET' && told.startsWith('200');
    came[`${name}, ${method}`] =
      `asked ${count}: ${told}; ${wasKept ? 'kept' : 'fresh'}; ${isNew ? 'NS' : again}`;
    wanted[`${name}, ${method}`] = `${expect}; ${isKept ? 'kept' : 'fresh'}; ${isStored ? told : 'NS'}`;
  };
  for (const method of METHODS) {
    for (const [stage, all] of Object.entries(STAGES)) {
      for (const [id, bytes] of Object.entries(all)) {
        for (const end of [FIN, RESET]) {
          const expect = expected(stage, method, isKept);
          await row(
            `${id}, ${end}`,
            method,
            [[bytes, PAUSE, end]],
            expect.replace(/clean$/, method === 'HEAD' ? '' : 'clean'),
          );
        }
      }
    }
    const expect = isKept && method !== 'POST' ? 'asked 2: 502' : 'asked 1: 502';
    await row('twice before the first byte', method, [[FIN], [FIN]], expect);
  }
  t.strictSame(came, wanted);
}

t.test('an upstream that ends or resets a connection, at every stage', async (t) => {
  t.jobs = 8;
  for (const door of [true, false]) {
    for (const reader of [true, false]) {
      for (const isKept of [true, false]) {
        const name = `${door ? 'fast' : 'node:http'} door, ${reader ? 'fast reader' : 'undici'}, ${isKept ? 'kept' : 'fresh'}`;
        t.test(name, (t) => run(t, { door, reader, isKept }));
      }
    }
  }
});
