import type { Socket } from 'node:net';
import t, { type Test } from 'tap';
import { startRawUpstream } from '../fixtures/raw-upstream.ts';
import { startSidecar } from '../fixtures/sidecar.ts';
import { pause } from '../proxy/start.ts';
import { readAnswer } from '../security/seen-answer.ts';
import { CLEAN } from '../security/upstream-script.ts';

const OK = 'HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\n';
const L = `${OK}Content-Length: 1000000\r\n\r\n`;
const C = `${OK}Transfer-Encoding: chunked\r\n\r\n`;

/** Sends `first`, then `again` every few ms for ever. */
function drip(first: string, again: string, every = 20): (socket: Socket) => void {
  return (socket) => {
    socket.write(first, 'latin1');
    const timer = setInterval(() => socket.write(again, 'latin1'), every);
    socket.on('close', () => clearInterval(timer));
  };
}

/** Sends `first`, then `again` for ever, as fast as it is read. */
function flood(first: string, again: string): (socket: Socket) => void {
  const many = again.repeat(Math.ceil(100_000 / again.length));
  return (socket) => {
    socket.write(first);
    const more = () => {
      while (!socket.destroyed && socket.write(many));
    };
    socket.on('drain', more);
    more();
  };
}

const silent = (first: string) => (socket: Socket) => void (first !== '' && socket.write(first));

/** ms. */
const HEAD = 400;
const IDLE = 500;
const DEADLINE = 1_200;
/** What a busy machine may add; less than how long a client waits here. */
const SLACK = 3_500;

interface Row {
  readonly id: string;
  readonly sends: (socket: Socket) => void;
  /** Of the answer; `cut`: there is no whole one. */
  readonly expects: '504' | '502' | 'cut' | 'lasts';
  /** Neither sooner than this, nor much later; ms. */
  readonly after: number;
  readonly method?: string;
  readonly path?: string;
}

const rows = (expects: Row['expects'], after: number, of: Record<string, Row['sends']>, path = ''): Row[] =>
  Object.entries(of).map(([id, sends]) => ({ id: `${id}${path}`, sends, expects, after, path }));

const ROWS: readonly Row[] = [
  ...rows(
    '504',
    HEAD,
    {
      'no head': silent(''),
      'half a status line': silent('HTTP/1.1 2'),
      'half a head': silent(OK),
      'half an interim head': silent('HTTP/1.1 103 E\r\nLink: a'),
      'a head by the byte': drip('HTTP/1.1 200 OK\r\nX: ', 'x'),
      'a head by the line': drip('HTTP/1.1 200 OK\r\n', 'X: y\r\n'),
      'a status line by the byte': drip('HTTP/1.1 200 ', 'x'),
      '102 for ever': drip('', 'HTTP/1.1 102 P\r\n\r\n'),
      '103 for ever': drip('', 'HTTP/1.1 103 E\r\nLink: </a>\r\n\r\n'),
      '100 for ever': drip('', 'HTTP/1.1 100 C\r\n\r\n'),
      'an interim head by the byte': drip('HTTP/1.1 103 E\r\nX: ', 'x'),
      'a 100 by the line': drip('HTTP/1.1 100 C\r\n', 'X: y\r\n'),
    },
    '/slow',
  ),
  ...rows(
    'cut',
    IDLE,
    {
      'nothing of a body': silent(L),
      'half a body': silent(`${L}hello`),
      'half a size': silent(`${C}5\r\nhello\r\n1`),
      'half a chunk': silent(`${C}5\r\nhel`),
      'no last chunk': silent(`${C}5\r\nhello\r\n`),
      'half a last chunk': silent(`${C}5\r\nhello\r\n0\r\n`),
      'half a trailer': silent(`${C}5\r\nhello\r\n0\r\nX: `),
      'a body that ends with its connection': silent(`${OK}\r\nhello`),
      'an extension by the byte': drip(`${C}5\r\nhello\r\n5;a=`, 'x'),
      'a trailer by the byte': drip(`${C}5\r\nhello\r\n0\r\nX: `, 'x'),
      'a size by the zero': drip(`${C}5\r\nhello\r\n`, '0'),
    },
    '/slow',
  ),
  ...rows('cut', DEADLINE, {
    'a body by the byte': drip(L, 'x'),
    'a body by the chunk': drip(C, '1\r\nx\r\n'),
    'a body by the odd chunk': drip(`${C}1;a\r\nx\r\n`, '1\r\nx\r\n'),
  }),
  ...rows(
    'cut',
    DEADLINE,
    { 'a body by the byte': drip(L, 'x'), 'an endless body by the byte': drip(`${OK}\r\n`, 'x') },
    '/bounded',
  ),
  ...rows('lasts', DEADLINE, { 'events by the byte': drip(C, '1\r\nx\r\n') }, '/events'),
];

/** A process to themselves, or what they cost would be the others' wait. */
const FLOODS: readonly Row[] = rows('502', 0, {
  'a flood of 103': flood('', `HTTP/1.1 103 E\r\nLink: <${'a'.repeat(100)}>\r\n\r\n`),
  'a flood of 100': flood('', 'HTTP/1.1 100 C\r\n\r\n'),
});

const YAML = `routes:
  - { match: '/:id/slow', timeout: 30s }
  - { match: '/:id/bounded', cache: false, timeout: ${DEADLINE}ms }
  - { match: '/:id/events', cache: false }
  - { match: '/*' }
`;

async function run(
  t: Test,
  door: boolean,
  reader: boolean,
  all: readonly Row[],
  headTimeout: number,
): Promise<void> {
  const left = new Map(all.map((row, i) => [`/${i}${row.path ?? ''}`, row.sends]));
  const upstream = await startRawUpstream((socket, head) => {
    const path = head.split(' ')[1] ?? '';
    const sends = left.get(path);
    left.delete(path);
    if (sends === undefined) socket.write(CLEAN);
    else sends(socket);
  });
  t.teardown(() => upstream.close());
  const settings = `head-timeout: ${headTimeout}ms, idle-timeout: ${IDLE}ms, timeout: ${DEADLINE}ms, breaker: off`;
  const sidecar = await startSidecar(
    upstream.url,
    `fast-door: ${door}\nupstream: { url: '${upstream.url}', fast-reader: ${reader}, ${settings} }\n${YAML}`,
  );
  t.teardown(() => sidecar.close());
  const one = async ({ id, path = '', expects, after }: Row, i: number): Promise<string> => {
    const wire = sidecar.connect();
    const began = performance.now();
    wire.send(`GET /${i}${path} HTTP/1.1\r\nHost: a.test\r\n\r\n`);
    const isOver = wire.until((text) => readAnswer(text, 'GET') !== undefined).catch(() => {});
    await (expects === 'lasts' ? Promise.race([isOver, pause(2 * DEADLINE)]) : isOver);
    const took = performance.now() - began;
    const seen = readAnswer(wire.text, 'GET');
    const told =
      seen === undefined ? (wire.socket.readable && expects === 'lasts' ? 'lasts' : 'cut') : `${seen.status}`;
    wire.socket.destroy();
    const isInTime = took > after - 50 && took < after + SLACK;
    const bytes = wire.text.length > 100_000 ? `, ${wire.text.length} bytes` : '';
    return `${id}: ${told}${isInTime ? '' : ` after ${took} ms`}${bytes}`;
  };
  t.same(
    await Promise.all(all.map(one)),
    all.map(({ id, expects }) => `${id}: ${expects}`),
  );
  for (const [i, { id, path = '' }] of all.entries()) {
    const next = await sidecar.ask(`/${i}${path}`, { headers: { host: 'a.test' } });
    t.match(next, { text: 'clean' }, `then ${id}`);
  }
  t.same(
    sidecar.log.filter(({ upstream }) => upstream === undefined),
    [],
  );
}

t.test('an upstream that hangs or drips', async (t) => {
  t.jobs = 2;
  for (const door of [true, false]) {
    for (const reader of [true, false]) {
      const name = `${door ? 'fast' : 'node:http'} door, ${reader ? 'fast reader' : 'undici'}`;
      t.test(name, (t) => run(t, door, reader, ROWS, HEAD));
    }
  }
});

t.test('an upstream that sends interim answers without end, as fast as it can', async (t) => {
  for (const door of [true, false]) await run(t, door, door, FLOODS, 5_000);
});
