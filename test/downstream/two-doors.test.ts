import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { IncomingMessage } from 'node:http';
import fc from 'fast-check';
import t, { type Test } from 'tap';
import { type Origin, startOrigin } from '../fixtures/origin.ts';
import { type Sidecar, startSidecar } from '../fixtures/sidecar.ts';

/** By hand: STREAM_COUNT=10000. */
const { STREAM_COUNT } = process.env;

/** Cacheside behind one of the doors, and what its upstream was asked. */
interface Behind {
  readonly sidecar: Sidecar;
  readonly origin: Origin;
}

// Most of it is waiting.
t.jobs = 3;

const HOST = 'Host: a.test\r\n';
const get = (path: string, fields = '', method = 'GET') =>
  `${method} ${path} HTTP/1.1\r\n${HOST}${fields}\r\n`;

/** Every byte value; ends with an x. */
const bodyOf = (size: number) =>
  Buffer.from(Uint8Array.from({ length: size }, (_, i) => 'x'.charCodeAt(0) + (size - 1 - i) * 7));

const SIZES = [0, 1, 2, 3, 4, 5, 1024, 16 * 1024, 16 * 1024 + 1, 300 * 1024];
const isWarm = (size: string) => SIZES.includes(Number(size)) && String(Number(size)) === size;

async function behind(t: Test, door: 'fast' | 'node', rest = ''): Promise<Behind> {
  const origin = await startOrigin((req, res) => {
    if (req.url === '/cut') return void res.destroy();
    const [, status = '200', size = '5'] = /^\/(\d{3})\/(\d+)/.exec(req.url ?? '') ?? [];
    res.statusCode = Number(status);
    res.setHeader('Date', 'Mon, 23 Nov 2026 03:42:56 GMT').setHeader('ETag', '"é"');
    // Nothing but what is asked for beforehand, so that no stream alters what the next one meets.
    const fresh = /^\/200\/\d+\/stored$/.test(req.url ?? '') && req.headers.host === 'a.test' && isWarm(size);
    res.setHeader('Cache-Control', fresh ? 'max-age=3600000' : 'no-store');
    if (req.url?.includes('chunked')) res.write('first ');
    res.end(Number(size) > 0 && !['204', '304'].includes(status) ? bodyOf(Number(size)) : undefined);
  });
  t.teardown(() => origin.close());
  const sidecar = await startSidecar(origin.url, `fast-door: ${door === 'fast'}\n${rest}`);
  t.teardown(() => sidecar.close());
  return { origin, sidecar };
}

async function warm({ sidecar }: Behind, sizes: readonly number[]): Promise<void> {
  for (const size of sizes) await sidecar.ask(`/200/${size}/stored`, { headers: { host: 'a.test' } });
}

/** What differs between two runs whatever is done. */
const plain = (wire: string) =>
  wire
    .replaceAll(/^(date|x-request-id): .*\r\n/gim, '$1: …\r\n')
    .replaceAll(/"requestId":"[^"]*"/g, '')
    .replaceAll(/(?<=boundary=|--)[0-9a-f]{8}-[0-9a-f-]{27}/g, '…')
    .replaceAll(/(?<=problem\+json\r\n(?:Cache-Control: no-store\r\n)?Content-Length: )\d+/g, '…')
    .replaceAll(/(?<=\r\nAge: )\d+/g, '0')
    .replaceAll(/(?<=; ttl=)-?\d+/g, '…');

/** All that is answered to these bytes, whether the connection ends by itself or has to be ended. */
async function answered({ sidecar }: Behind, bytes: string): Promise<string> {
  const wire = sidecar.connect();
  wire.send(bytes);
  // Something that never becomes a request keeps the connection; its silence is the answer.
  const hurry = setTimeout(() => wire.socket.end(), 1_000);
  try {
    return plain(await wire.closed);
  } finally {
    clearTimeout(hurry);
    wire.socket.destroy();
  }
}

/** The refusal at the end of a connection. node:http leaves it out while it is not done with the request before. */
const REFUSAL = /HTTP\/1\.1 4\d\d [^\r]*\r\n(?:[^\r]+\r\n)*Connection: close\r\n(?:[^\r]+\r\n)*\r\n\{.*\}\n$/;
const alike = (fast = '', node = '') => {
  const [byFast, byNode] = [joined(fast), joined(node)];
  return byFast === byNode || byFast.replace(REFUSAL, '') === byNode;
};

const CHUNKED = 'Transfer-Encoding: chunked\r\n\r\n';

/** The first chunked body in one piece: how much of it is read at once is the system's to say. */
function joined(text: string): string {
  const begin = text.indexOf(CHUNKED) + CHUNKED.length;
  if (begin < CHUNKED.length) return text;
  let body = '';
  for (let at = begin; ; ) {
    const end = text.indexOf('\r\n', at) + 2;
    const size = Number.parseInt(text.slice(at, end), 16);
    if (!(size > 0)) return text.slice(0, begin) + body + text.slice(at);
    body += text.slice(end, end + size);
    at = end + size + 2;
  }
}

/** How many requests node:http itself reads at this port while `work` runs. */
async function readByNode(port: number, work: () => Promise<unknown>): Promise<number> {
  let count = 0;
  const onStart = (message: unknown) => {
    const { request } = message as { request: IncomingMessage };
    if (request.socket.localPort === port) count++;
  };
  subscribe('http.server.request.start', onStart);
  try {
    await work();
  } finally {
    unsubscribe('http.server.request.start', onStart);
  }
  return count;
}

t.test('plain requests are answered by the fast door, others are not', async (t) => {
  const fast = await behind(t, 'fast');
  const ask = async (bytes: string, answers: number) => {
    const wire = fast.sidecar.connect();
    wire.send(bytes);
    await wire.until((text) => text.split('HTTP/1.1 200').length > answers && /x$/.test(text));
    wire.socket.destroy();
  };
  const byNode = (bytes: string, answers: number) => readByNode(fast.sidecar.port, () => ask(bytes, answers));
  t.equal(await byNode(get('/200/1/stored'), 1), 0, 'a miss');
  t.equal(await byNode(get('/200/1/stored'), 1), 0, 'a hit');
  t.equal(await byNode(get('/200/1/stored') + get('/200/1') + get('/200/1/stored'), 3), 0, 'pipelined');
  t.equal(await byNode(get('/200/1', 'Content-Length: 0\r\n'), 1), 1, 'one that may have a body');
  const odd = get('/200/1/stored') + get('/200/1', 'X: é\r\n') + get('/200/1/stored');
  t.equal(await byNode(odd, 3), 2, 'an odd one, and all behind it');
  fast.sidecar.connect().send('');
});

const CLOSE = get('/200/2/stored', 'Connection: close\r\n');

/** Streams of requests to which both doors must answer the same bytes. */
const STREAMS: readonly { id: string; given: string }[] = [
  ...[0, 1, 1024, 16 * 1024, 16 * 1024 + 1, 300 * 1024].flatMap((size) => [
    { id: `a hit of ${size} bytes`, given: get(`/200/${size}/stored`) },
    { id: `a miss of ${size} bytes`, given: get(`/200/${size}`) },
    { id: `the head of ${size} bytes`, given: get(`/200/${size}/stored`, '', 'HEAD') },
    { id: `the head of a miss of ${size} bytes`, given: get(`/200/${size}`, '', 'HEAD') },
    { id: `${size} bytes in chunks`, given: get(`/200/${size}/chunked`) },
    { id: `the head of ${size} bytes in chunks`, given: get(`/200/${size}/chunked`, '', 'HEAD') },
  ]),
  ...[204, 304, 404, 500, 299].map((status) => ({ id: `a ${status}`, given: get(`/${status}/0`) })),
  { id: 'a 304 of our own', given: get('/200/5/stored', 'If-None-Match: *\r\n') },
  { id: 'a part of a hit', given: get('/200/1024/stored', 'Range: bytes=1-2\r\n') },
  { id: 'a part of a miss', given: get('/200/1023', 'Range: bytes=1-2\r\n') },
  { id: 'two parts', given: get('/200/1024/stored', 'Range: bytes=1-2,1000-\r\n') },
  { id: 'no part of it', given: get('/200/1024/stored', 'Range: bytes=2000-\r\n') },
  { id: 'a condition that fails', given: get('/200/5/stored', 'If-Match: "b"\r\n') },
  { id: 'an upstream that hangs up', given: get('/cut') },
  { id: 'its head', given: get('/cut', '', 'HEAD') },
  { id: 'only if stored', given: get('/200/7', 'Cache-Control: only-if-cached\r\n') },
  { id: 'the head of a problem', given: get('/200/7', 'Cache-Control: only-if-cached\r\n', 'HEAD') },
  { id: 'an id of the client', given: get('/200/5/stored', 'X-Request-Id: mine\r\n') },
  { id: 'many at once', given: [1, 2, 3, 4, 5].map((size) => get(`/200/${size}/stored`)).join('') },
  { id: 'a write among them', given: get('/200/5/stored') + get('/200/5', 'Content-Length: 0\r\n', 'POST') },
  { id: 'a refused one among them', given: get('/200/5/stored') + get('/../') + get('/200/5/stored') },
  { id: 'a target too long', given: get(`/${'a'.repeat(9_000)}`) },
  { id: 'a head too large', given: get('/', `X: ${'a'.repeat(17_000)}\r\n`) },
  { id: 'too many lines', given: get('/', 'X: 1\r\n'.repeat(100)) },
  { id: 'a hundred lines', given: get('/200/5/stored', 'X: 1\r\n'.repeat(99)) },
  { id: 'two Hosts', given: get('/200/5/stored', HOST) },
  { id: 'no Host', given: 'GET /200/5/stored HTTP/1.1\r\n\r\n' },
];

t.test('both doors answer the same bytes', async (t) => {
  const doors = [await behind(t, 'fast'), await behind(t, 'node')] as const;
  for (const door of doors) await warm(door, SIZES);
  for (const { id, given } of STREAMS) {
    const [fast, node] = await Promise.all(doors.map((door) => answered(door, given + CLOSE)));
    t.ok(alike(fast, node), id, { fast, node });
    t.match(fast, /^HTTP\/1\.1 \d{3} /, id);
  }

  t.test('whatever comes', async (t) => {
    const name = fc.constantFrom(
      'X',
      'Accept',
      'Cookie',
      'Range',
      'Authorization',
      'Content-Length',
      'Connection',
      'Host',
      'Expect',
      'Transfer-Encoding',
      '__proto__',
      'If-None-Match',
      'Cache-Control',
    );
    const value = fc.oneof(
      fc.constantFrom(
        '1',
        '0',
        'keep-alive',
        'close',
        'chunked',
        'a.test',
        '"é"',
        '*',
        'no-cache',
        'only-if-cached',
        'bytes=0-1',
      ),
      fc.string({ unit: 'binary-ascii', maxLength: 5 }),
    );
    const request = fc
      .tuple(
        fc.constantFrom('GET', 'GET', 'GET', 'HEAD', 'OPTIONS'),
        fc.constantFrom(
          '/200/5/stored',
          '/200/1024/stored',
          '/200/3',
          '/200/3/chunked',
          '/204/0',
          '/a//b',
          '/%2e',
          '/a?b#c',
          '*',
        ),
        fc.array(fc.tuple(name, value), { maxLength: 3 }),
      )
      .map(([method, path, fields]) => get(path, fields.map(([n, v]) => `${n}: ${v}\r\n`).join(''), method));
    const mutated = fc
      .tuple(
        fc.array(request, { minLength: 1, maxLength: 4 }),
        fc.nat(),
        fc.option(fc.string({ unit: 'binary-ascii', maxLength: 2 })),
        fc.nat({ max: 2 }),
      )
      .map(([requests, at, inserted, removed]) => {
        const text = requests.join('');
        const place = at % text.length;
        return inserted === null ? text : text.slice(0, place) + inserted + text.slice(place + removed);
      });
    await fc.assert(
      fc.asyncProperty(mutated, async (stream) => {
        // A write may have taken them.
        for (const door of doors) await warm(door, [5, 1024]);
        const before = doors.map(({ origin }) => origin.requests.length);
        const [fast, node] = await Promise.all(doors.map((door) => answered(door, stream + CLOSE)));
        if (!alike(fast, node)) throw new Error(`fast: ${fast}\nnode: ${node}`);
        const asked = doors.map(({ origin }, i) =>
          origin.requests
            .slice(before[i])
            .map(({ method, url }) => `${method} ${url}`)
            .sort(),
        );
        if (JSON.stringify(asked[0]) !== JSON.stringify(asked[1]))
          throw new Error(`asked ${asked.join(' against ')}`);
      }),
      { numRuns: Number(STREAM_COUNT ?? 100) },
    );
    t.pass('the same');
  });
});

t.test('a head in pieces', async (t) => {
  const { sidecar } = await behind(t, 'fast');
  for (const pieces of [2, 3, 4, 5, 6, 50]) {
    const wire = sidecar.connect();
    const request = CLOSE;
    const size = Math.ceil(request.length / pieces);
    for (let at = 0; at < request.length; at += size) {
      wire.send(request.slice(at, at + size));
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    t.match(await wire.closed, /^HTTP\/1\.1 200 OK\r\n[\s\S]*\r\n\r\n\x7fx$/, `${pieces} pieces`);
  }
  const hasty = await behind(t, 'fast', 'clients: { head-timeout: 100ms }\n');
  for (const begun of ['', 'G', 'GET / HTTP/1.1\r\nHost: a.test\r\n', `${get('/200/1')}GET`]) {
    const wire = hasty.sidecar.connect();
    wire.send(begun);
    t.match(await wire.closed, /HTTP\/1\.1 408 /, `${JSON.stringify(begun)} is not waited for`);
  }
});

t.test('a connection that is idle ends, one that is used does not', async (t) => {
  const { sidecar } = await behind(t, 'fast', 'clients: { keep-alive: 1s }\n');
  const idle = sidecar.connect();
  idle.send(get('/200/1'));
  const used = sidecar.connect();
  const use = setInterval(() => used.send(get('/200/1')), 100);
  t.match(await idle.closed, /Keep-Alive: timeout=1\r\n\r\nx$/, 'no 408 behind its answer');
  clearInterval(use);
  t.notOk(used.socket.readableEnded);
  used.socket.destroy();
});

t.test(
  'what is read ahead is bounded, and a client that reads nothing is not answered on and on',
  async (t) => {
    const { origin, sidecar } = await behind(t, 'fast');
    let release = () => {};
    const answer = origin.handler;
    origin.handler = (req, res, count) => {
      release = () => answer(req, res, count);
    };
    const ahead = sidecar.connect();
    ahead.send(get('/200/1'));
    await origin.received(1);
    ahead.send(get('/200/2').repeat(300_000));
    await new Promise((resolve) => setTimeout(resolve, 100));
    t.ok(ahead.socket.writableLength > 0, 'the client is held back while its first request is under way');
    ahead.socket.destroy();
    release();
    origin.handler = answer;

    await sidecar.ask('/200/307200/stored', { headers: { host: 'a.test' } });
    const greedy = sidecar.connect();
    greedy.socket.pause();
    greedy.send(get('/200/307200/stored').repeat(1_000));
    await new Promise((resolve) => setTimeout(resolve, 300));
    const stats = JSON.parse((await sidecar.admin('/stats')).text);
    t.ok(stats.outcomes.hit < 100, `${stats.outcomes.hit} answers for a client that takes none`);
  },
);

t.test('a drain lets the answer under way finish and says so', async (t) => {
  const { origin, sidecar } = await behind(
    t,
    'fast',
    'routes: [{ match: /none }]\nclients: { keep-alive: 100ms }\n',
  );
  const answer = origin.handler;
  let release = () => {};
  origin.handler = (req, res, count) => {
    release = () => answer(req, res, count);
  };
  const idle = sidecar.connect();
  const silent = sidecar.connect();
  const busy = sidecar.connect();
  busy.send(get('/200/1') + get('/200/1'));
  await origin.received(1);
  const closed = sidecar.app.close();
  t.equal(await idle.closed, '');
  t.equal(await silent.closed, '');
  origin.handler = answer;
  release();
  const [, first, second] = (await busy.closed).split('HTTP/1.1 ');
  t.match(first, /^200 OK\r\n[\s\S]*\r\nConnection: keep-alive\r\n[\s\S]*\r\n\r\nx$/);
  t.match(
    second,
    /^200 OK\r\n[\s\S]*\r\nConnection: close\r\n\r\nx$/,
    'what was read ahead is answered, too',
  );
  await closed;
});

t.test('a drain gives an idle connection its grace from then on', async (t) => {
  const { sidecar } = await behind(t, 'fast', 'clients: { keep-alive: 2s }\ndrain-timeout: 5s\n');
  const wire = sidecar.connect();
  wire.send(get('/200/1'));
  await wire.until(/x$/);
  const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
  // As long as it may be idle, but for a moment; then longer, with the sweep that ends it.
  await wait(1_900);
  const closed = sidecar.app.close();
  await wait(1_300);
  wire.send(get('/200/1'));
  t.match(await wire.closed, /xHTTP\/1\.1 200 OK\r\n[\s\S]*\r\nConnection: close\r\n\r\nx$/);
  await closed;
});

for (const door of ['fast', 'node'] as const) {
  t.test(`what is pipelined behind a write finds it done, ${door} door`, async (t) => {
    const { origin, sidecar } = await behind(t, door);
    await sidecar.ask('/200/5/stored', { headers: { host: 'a.test' } });
    const answer = origin.handler;
    const order: string[] = [];
    origin.handler = (req, res, count) => {
      order.push(`${req.method} begins`);
      setTimeout(
        () => {
          order.push(`${req.method} ends`);
          answer(req, res, count);
        },
        req.method === 'PUT' ? 50 : 0,
      );
    };
    const wire = sidecar.connect();
    const put = get('/200/5/stored', 'Content-Length: 1\r\n', 'PUT').concat('x');
    wire.send(get('/200/6') + get('/200/7') + put + get('/200/5/stored') + CLOSE);
    const [, , , third, fourth] = (await wire.closed).split('HTTP/1.1 200');
    t.match(third, /; fwd=method; /);
    t.match(fourth, /; fwd=uri-miss; .*detail=purged/);
    const put_ = order.indexOf('PUT begins');
    t.same(
      order.slice(0, put_).filter((what) => what === 'GET ends').length,
      2,
      'it waits for those before it',
    );
    t.equal(order[put_ + 1], 'PUT ends', 'and nothing is begun beside it');
  });
}
