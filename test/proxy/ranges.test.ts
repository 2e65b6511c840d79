import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { promisify } from 'node:util';
import fc from 'fast-check';
import t from 'tap';
import { eventually } from '../fixtures/eventually.ts';
import { type OriginHandler, startOrigin } from '../fixtures/origin.ts';
import { startRedis } from '../fixtures/redis-server.ts';
import { type Answer, type Sidecar, startSidecar } from '../fixtures/sidecar.ts';
import { settled } from '../fixtures/stats.ts';
import { start } from './start.ts';

const MODIFIED = 'Mon, 01 Jan 2024 00:00:00 GMT';
const DOORS = ['fast', 'node'] as const;
const LARGE = randomBytes(300 * 1024 + 7);

const range = (value: string, more: Record<string, string> = {}) => ({ headers: { range: value, ...more } });
const sentRange = (rawHeaders: readonly string[] = []) =>
  rawHeaders.find((_, i) => i % 2 === 1 && rawHeaders[i - 1]?.toLowerCase() === 'range');

/** A whole response with validators, in pieces, its length known. */
function whole(body: Buffer, fields: Record<string, string> = {}, piece = 65_536): OriginHandler {
  return (_req, res) => {
    res.writeHead(200, {
      'cache-control': 'max-age=60',
      etag: '"e"',
      'last-modified': MODIFIED,
      'content-type': 'text/plain',
      'content-length': body.length,
      ...fields,
    });
    for (let at = 0; at < body.length; at += piece) res.write(body.subarray(at, at + piece));
    res.end();
  };
}

interface Part {
  readonly contentRange: string | undefined;
  readonly body: Buffer;
}

/** What of the whole an answer has, part by part, as its boundary and lengths say. */
function partsOf({ headers, body }: Pick<Answer, 'headers' | 'body'>): Part[] {
  const [, boundary] = /^multipart\/byteranges; boundary=(\S+)$/.exec(headers['content-type'] ?? '') ?? [];
  if (boundary === undefined) return [{ contentRange: headers['content-range'], body }];
  const text = body.toString('latin1');
  const pieces = `\r\n${text}`.split(`\r\n--${boundary}`);
  if (pieces.shift() !== '' || pieces.pop() !== '--\r\n') throw new Error('not framed by its boundary');
  return pieces.map((piece) => {
    const at = piece.indexOf('\r\n\r\n');
    const [, contentRange] = /\r\nContent-Range: ([^\r]*)/i.exec(piece.slice(0, at)) ?? [];
    return { contentRange, body: Buffer.from(piece.slice(at + 4), 'latin1') };
  });
}

/** Whether each part is the slice that its Content-Range names. */
function areSlices(answer: Pick<Answer, 'headers' | 'body'>, of: Buffer): boolean {
  return partsOf(answer).every(({ contentRange, body }) => {
    const [, first, last, length] = /^bytes (\d+)-(\d+)\/(\d+)$/.exec(contentRange ?? '') ?? [];
    return Number(length) === of.length && body.equals(of.subarray(Number(first), Number(last) + 1));
  });
}

const bytesServed = async (sidecar: Sidecar): Promise<number> =>
  JSON.parse((await sidecar.admin('/stats')).text).bytesServed;

const HITS: readonly { id: string; given: Record<string, string>; status: number; ranges?: string[] }[] = [
  { id: 'one part', given: { range: 'bytes=10-19' }, status: 206, ranges: ['10-19'] },
  {
    id: 'the end',
    given: { range: 'bytes=-5' },
    status: 206,
    ranges: [`${LARGE.length - 5}-${LARGE.length - 1}`],
  },
  { id: 'a large part', given: { range: 'bytes=7-' }, status: 206, ranges: [`7-${LARGE.length - 1}`] },
  {
    id: 'parts',
    given: { range: 'bytes=0-0,20000-70000,-1' },
    status: 206,
    ranges: ['0-0', '20000-70000', `${LARGE.length - 1}-${LARGE.length - 1}`],
  },
  { id: 'beyond', given: { range: `bytes=${LARGE.length}-` }, status: 416 },
  { id: 'malformed', given: { range: 'bytes=x' }, status: 200 },
  { id: 'If-Range holds', given: { range: 'bytes=0-0', 'if-range': '"e"' }, status: 206, ranges: ['0-0'] },
  {
    id: 'If-Range is a date that holds',
    given: { range: 'bytes=0-0', 'if-range': MODIFIED },
    status: 206,
    ranges: ['0-0'],
  },
  { id: 'If-Range does not', given: { range: 'bytes=0-0', 'if-range': 'W/"e"' }, status: 200 },
  { id: 'the client has it', given: { range: 'bytes=0-0', 'if-none-match': '"e"' }, status: 304 },
];

for (const tier of ['memory', 'redis'] as const) {
  t.test(`from ${tier}`, async (t) => {
    const redis = tier === 'redis' ? await startRedis() : undefined;
    t.teardown(() => redis?.kill());
    const tiers = redis === undefined ? '' : `memory: off\nredis: { url: "${redis.url}" }\n`;
    for (const door of DOORS) {
      t.test(`through the ${door} door`, async (t) => {
        const document = `${tiers}fast-door: ${door === 'fast'}\n`;
        const { origin, sidecar, ask } = await start(t, document, whole(LARGE));
        if (redis !== undefined) await settled(sidecar);
        await ask('/a');
        await eventually(() => origin.requests.length === 1);
        let found: Answer | undefined;
        while (!found?.cacheStatus.includes('hit')) found = await ask('/a', { method: 'HEAD' });
        t.match(found.headers, { 'accept-ranges': 'bytes', 'content-length': String(LARGE.length) });
        const asked = origin.requests.length;
        for (const { id, given, status, ranges } of HITS) {
          const before = await bytesServed(sidecar);
          const answer = await ask('/a', { headers: given });
          t.match(
            answer,
            { status, cacheStatus: new RegExp(`^cacheside; hit; ttl=\\d+; detail=${tier}$`) },
            id,
          );
          t.match(answer.headers, { age: /^\d+$/ });
          if (status !== 304) t.equal(Number(answer.headers['content-length']), answer.body.length);
          if (status !== 416) t.equal(answer.headers.etag, '"e"');
          t.equal((await bytesServed(sidecar)) - before, answer.body.length, `${id}: bytes counted`);
          if (status === 200) t.ok(answer.body.equals(LARGE), id);
          if (status === 416) t.equal(answer.headers['content-range'], `bytes */${LARGE.length}`);
          if (ranges === undefined) continue;
          const named = partsOf(answer).map(({ contentRange }) => contentRange);
          t.same(
            named,
            ranges.map((one) => `bytes ${one}/${LARGE.length}`),
            id,
          );
          t.ok(areSlices(answer, LARGE), id);
          t.equal(
            answer.headers['content-type'] === 'text/plain',
            ranges.length === 1 && !('if-range' in given),
          );
        }
        t.match(
          await ask('/a', { method: 'HEAD', headers: { range: 'bytes=0-0' } }),
          { status: 200 },
          'HEAD',
        );
        t.equal(
          (await ask('/a', { headers: { range: ['bytes=0-0', 'bytes=1-1'] } })).status,
          400,
          'two lines',
        );
        t.equal(origin.requests.length, asked);
      });
    }
  });
}

t.test('what of a miss a client gets, while all of it is stored', async (t) => {
  for (const door of DOORS) {
    t.test(`through the ${door} door`, async (t) => {
      const { origin, sidecar, ask } = await start(
        t,
        `fast-door: ${door === 'fast'}\n`,
        whole(LARGE, {}, 999),
      );
      for (const { id, given, status, ranges } of HITS) {
        const path = `/${encodeURIComponent(id)}`;
        const before = await bytesServed(sidecar);
        const answer = await ask(path, { headers: given });
        const expected = (ranges?.length ?? 0) > 1 ? 200 : status;
        t.match(
          answer,
          {
            status: expected,
            cacheStatus: /^cacheside; fwd=uri-miss; fwd-status=200; stored; ttl=(?:59|60)$/,
          },
          id,
        );
        t.equal((await bytesServed(sidecar)) - before, answer.body.length, `${id}: bytes counted`);
        if (expected === 200) t.ok(answer.body.equals(LARGE), id);
        if (expected === 206) {
          t.equal(answer.headers['content-range'], `bytes ${ranges?.[0]}/${LARGE.length}`);
          t.ok(areSlices(answer, LARGE), id);
        }
        if (expected === 416) t.equal(answer.headers['content-range'], `bytes */${LARGE.length}`);
        const { rawHeaders = [] } = origin.requests.at(-1) ?? {};
        t.notMatch(rawHeaders.join(' '), /range|if-none-match/i, 'the upstream is asked for the whole');
        const hit = await ask(path);
        t.match(hit, { status: 200, cacheStatus: /hit/ }, id);
        t.ok(hit.body.equals(LARGE), id);
      }
      t.equal(origin.requests.length, HITS.length);
    });
  }
});

t.test('the part is not held up by what comes behind it, nor is the next request', async (t) => {
  for (const door of DOORS) {
    let release = () => {};
    const { origin, sidecar, ask } = await start(t, `fast-door: ${door === 'fast'}\n`, (req, res) => {
      res.writeHead(200, { 'cache-control': 'max-age=60', etag: '"e"', 'content-length': 30 });
      res.write('0123456789');
      res.write('abcdefghij');
      release = () => res.end(req.url === '/cut' ? undefined : 'ABCDEFGHIJ');
      if (req.url === '/cut') release = () => res.destroy();
    });
    const wire = sidecar.connect();
    const send = (path: string, field: string) =>
      wire.send(`GET ${path} HTTP/1.1\r\nHost: a.test\r\n${field}\r\n\r\n`);
    for (const [path, field, expected] of [
      ['/part', 'Range: bytes=8-11', /206 Partial[\s\S]*\r\n\r\n89ab$/],
      ['/has', 'If-None-Match: "e"', /304 Not Modified[\s\S]*\r\n\r\n$/],
      ['/beyond', 'Range: bytes=30-', /416 [\s\S]*\r\n\r\n\{.*\}\n$/],
      ['/cut', 'Range: bytes=8-11', /206 Partial[\s\S]*\r\n\r\n89ab$/],
    ] as const) {
      const before = wire.text.length;
      send(path, field);
      await wire.until((text) => expected.test(text.slice(before)));
      t.equal(origin.requests.length, origin.requests.findIndex(({ url }) => url === path) + 1, path);
      release();
      if (path === '/cut') continue;
      const hit = await ask(path, { headers: { host: 'a.test' } });
      t.match(hit, { text: '0123456789abcdefghijABCDEFGHIJ', cacheStatus: /hit|collapsed/ }, path);
    }
    // What broke off behind a part is stored nowhere, and costs nobody a connection.
    await eventually(() => sidecar.log.some(({ msg }) => /upstream/.test(String(msg))));
    send('/part', 'Range: bytes=0-0');
    await wire.until(/hit[\s\S]*\r\n\r\n0$/);
    t.notOk(wire.socket.destroyed);
    const again = ask('/cut', { headers: { host: 'a.test' } });
    await origin.received(5);
    release();
    await t.rejects(again, 'fetched anew');
  }
});

t.test('whoever waits gets its own part of what the leader fetched for a part', async (t) => {
  let release = () => {};
  const body = LARGE.subarray(0, 100_000);
  const { origin, ask } = await start(t, '', (_req, res) => {
    res.writeHead(200, { 'cache-control': 'max-age=60', 'content-length': body.length });
    res.write(body.subarray(0, 50_000));
    release = () => res.end(body.subarray(50_000));
  });
  const [leader] = await Promise.all([ask('/a', range('bytes=10-19')), origin.received(1)]);
  t.equal(leader.status, 206);
  const followers = ['bytes=0-4', 'bytes=99990-', 'bytes=0-0,-1', 'bytes=100000-'].map((value) =>
    ask('/a', range(value)),
  );
  followers.push(ask('/a'));
  await new Promise((resolve) => setTimeout(resolve, 50));
  release();
  const answers = await Promise.all(followers);
  t.same(
    answers.map(({ status }) => status),
    [206, 206, 206, 416, 200],
  );
  for (const answer of answers.slice(0, 3)) t.ok(areSlices(answer, body));
  for (const { cacheStatus } of answers) t.match(cacheStatus, /collapsed; ttl=(?:59|60); detail=memory/);
  t.equal(origin.requests.length, 1);
});

t.test('the end of what is recorded behind a part is not the end of the next answer', async (t) => {
  for (const door of DOORS) {
    const release: Record<string, () => void> = {};
    const { origin, sidecar, ask } = await start(t, `fast-door: ${door === 'fast'}\n`, (req, res) => {
      res.writeHead(200, { 'cache-control': 'max-age=60', 'content-length': 3 });
      res.write('a');
      release[req.url ?? ''] = () => res.end('bc');
    });
    const wire = sidecar.connect();
    const send = (path: string, field: string) =>
      wire.send(`GET ${path} HTTP/1.1\r\nHost: a.test\r\n${field}\r\n`);
    send('/first', 'Range: bytes=0-0\r\n');
    await wire.until(/\r\n\r\na$/);
    send('/second', '');
    await origin.received(2);
    release['/first']?.();
    t.equal((await ask('/first', { headers: { host: 'a.test' } })).text, 'abc');
    send('/first', 'Range: bytes=1-1\r\n');
    await new Promise((resolve) => setTimeout(resolve, 50));
    release['/second']?.();
    t.match(await wire.until(/\r\n\r\nb$/), /\r\n\r\naHTTP[\s\S]*\r\n\r\nabcHTTP[\s\S]*\r\n\r\nb$/, door);
  }
});

t.test('an upstream that falls silent behind a part is given up, however slow the client was', async (t) => {
  const body = randomBytes(6 * 2 ** 20);
  let gaveUp = false;
  const origin = await startOrigin((_req, res) => {
    gaveUp = false;
    res.on('close', () => {
      gaveUp = true;
    });
    res.writeHead(200, { 'cache-control': 'max-age=60', 'content-length': body.length });
    res.write(body.subarray(0, -1));
  });
  t.teardown(() => origin.close());
  /** Whether its client had its part in time: else it is the client that was too slow, and nobody is given up. */
  const fallSilent = async (timeout: number): Promise<boolean> => {
    const sidecar = await startSidecar(
      origin.url,
      `upstream: { url: "${origin.url}", timeout: ${timeout}ms }\n`,
    );
    t.teardown(() => sidecar.close());
    const asked = origin.requests.length;
    const wire = sidecar.connect();
    wire.socket.pause();
    const sentAt = performance.now();
    wire.send('GET /a HTTP/1.1\r\nHost: a.test\r\nRange: bytes=0-5000000\r\n\r\n');
    await origin.received(asked + 1);
    await new Promise((resolve) => setTimeout(resolve, 100));
    wire.socket.resume();
    const isWhole = (text: string) =>
      text.length > 5_000_000 && text.length >= text.indexOf('\r\n\r\n') + 4 + 5_000_001;
    await wire.until(isWhole);
    if (performance.now() - sentAt > 0.9 * timeout) return false;
    await eventually(
      () => gaveUp && sidecar.log.some(({ msg }) => /upstream/.test(String(msg))),
      timeout + 3_000,
    );
    return true;
  };
  t.ok((await fallSilent(500)) || (await fallSilent(2_000)) || (await fallSilent(5_000)));
});

t.test('slow clients, and such as leave', async (t) => {
  const body = randomBytes(6 * 2 ** 20);
  for (const door of DOORS) {
    const { origin, sidecar, ask } = await start(t, `fast-door: ${door === 'fast'}\n`, whole(body));
    const send = (path: string) => {
      const wire = sidecar.connect();
      wire.send(`GET ${path} HTTP/1.1\r\nHost: a.test\r\nRange: bytes=1000-5000000\r\n\r\n`);
      return wire;
    };
    const slow = send('/slow');
    slow.socket.pause();
    await origin.received(1);
    await new Promise((resolve) => setTimeout(resolve, 100));
    slow.socket.resume();
    const head = await slow.until((text) => text.length >= text.indexOf('\r\n\r\n') + 4 + 4_999_001);
    const got = Buffer.from(head.slice(head.indexOf('\r\n\r\n') + 4), 'latin1');
    t.ok(got.equals(body.subarray(1000, 5_000_001)), 'slow');

    const leaving = send('/leaving');
    await leaving.until(/206 Partial/);
    leaving.socket.destroy();
    for (const path of ['/slow', '/leaving']) {
      const hit = await ask(path, { headers: { host: 'a.test' } });
      t.ok(hit.body.equals(body), path);
      t.match(hit.cacheStatus, /hit|collapsed/);
    }
    t.equal(origin.requests.length, 2);
  }
});

t.test('of what cannot be stored, no more is downloaded than the client wants', async (t) => {
  let closed = 0;
  const body = randomBytes(4 * 2 ** 20);
  const { origin, ask } = await start(t, '', (req, res) => {
    res.on('close', () => {
      if (!res.writableFinished) closed++;
    });
    const asked = /^bytes=(\d+)-(\d+)$/.exec(req.headers.range ?? '');
    const common = { 'cache-control': 'no-store', etag: '"e"' };
    if (asked === null) {
      // It never ends by itself.
      res.writeHead(200, { ...common, 'content-length': body.length });
      if (req.url === '/a') res.write(body.subarray(0, -1));
      else res.flushHeaders();
      return;
    }
    const [first, last] = asked.slice(1).map(Number) as [number, number];
    res.writeHead(206, { ...common, 'content-range': `bytes ${first}-${last}/${body.length}` });
    res.end(body.subarray(first, last + 1));
  });
  const first = await ask('/a', range('bytes=10-19'));
  t.match(first, {
    status: 206,
    cacheStatus: 'cacheside; fwd=uri-miss; fwd-status=200; detail=response-no-store',
  });
  t.ok(areSlices(first, body));
  await eventually(() => closed === 1);
  t.equal(first.headers['accept-ranges'], undefined);

  const next = await ask('/a', range('bytes=20-29', { 'if-range': '"e"' }));
  t.match(next, { status: 206, cacheStatus: 'cacheside; fwd=uri-miss; fwd-status=206; detail=range' });
  t.ok(areSlices(next, body));
  t.equal(sentRange(origin.requests.at(-1)?.rawHeaders), 'bytes=20-29');
  t.match(origin.requests.at(-1)?.rawHeaders.join(' '), /if-range "e"/i);

  const far = await ask('/far', range('bytes=3000000-3000009'));
  t.match(far, { status: 206, cacheStatus: 'cacheside; fwd=uri-miss; fwd-status=206; detail=range' });
  t.ok(areSlices(far, body));
  t.same(
    origin.requests.filter(({ url }) => url === '/far').map(({ rawHeaders }) => sentRange(rawHeaders)),
    [undefined, 'bytes=3000000-3000009'],
    'what lies far inside is asked for by itself',
  );
  await eventually(() => closed === 2);

  const has = await ask('/has', { headers: { 'if-none-match': '"e"' } });
  t.match(has, { status: 304, text: '', cacheStatus: /fwd-status=200; detail=response-no-store/ });
  await eventually(() => closed === 3);
});

t.test('too large to store', async (t) => {
  const body = randomBytes(200_000);
  const { origin, ask } = await start(
    t,
    'routes: [{ match: "/*", ttl: 60s, max-body: 100KiB }]\n',
    whole(body),
  );
  const first = await ask('/a', range('bytes=1-2'));
  t.match(first, { status: 206, cacheStatus: /fwd-status=200; detail=too-large/ });
  t.ok(areSlices(first, body));
  t.match(
    await ask('/a', range('bytes=1-2')),
    { status: 200, cacheStatus: /detail=range/ },
    'as the upstream has it',
  );
  t.equal(sentRange(origin.requests[1]?.rawHeaders), 'bytes=1-2');
});

t.test('a length that nobody knows, and what is no part', async (t) => {
  const { ask } = await start(t, '', (req, res) => {
    res.setHeader('cache-control', 'max-age=60').setHeader('etag', '"e"');
    if (req.url === '/404') res.statusCode = 404;
    res.write('0123');
    res.end('456789');
  });
  t.match(await ask('/a', range('bytes=1-2')), { status: 200, text: '0123456789', cacheStatus: /stored/ });
  t.match(await ask('/a', range('bytes=1-2')), { status: 206, text: '12', cacheStatus: /hit/ });
  t.match(await ask('/b', { headers: { 'if-none-match': '"e"' } }), { status: 304, cacheStatus: /stored/ });
  t.match(await ask('/b'), { text: '0123456789', cacheStatus: /hit/ });
  for (const state of ['stored', 'hit'])
    t.match(await ask('/404', range('bytes=1-2')), { status: 404, text: '0123456789', cacheStatus: state });
});

t.test('range: part', async (t) => {
  const body = Buffer.from('0123456789');
  const { origin, ask } = await start(
    t,
    'routes: [{ match: "/*", ttl: 100ms, range: part, stale-while-revalidate: 0s }]\n',
    (req, res) => {
      res.setHeader('etag', '"e"').setHeader('cache-control', 'public');
      if (req.headers['if-none-match'] === '"e"') return void res.writeHead(304).end();
      if (req.headers.range === undefined) return void res.end(body);
      res.writeHead(206, { 'content-range': 'bytes 2-4/10' }).end('234');
    },
  );
  const passed = /^cacheside; fwd=uri-miss; fwd-status=206; detail=range$/;
  for (const id of ['first', 'again: nothing is stored'])
    t.match(await ask('/a', range('bytes=2-4')), { status: 206, text: '234', cacheStatus: passed }, id);
  t.equal(sentRange(origin.requests[0]?.rawHeaders), 'bytes=2-4');
  t.match(await ask('/a'), { status: 200, text: '0123456789', cacheStatus: /fwd=uri-miss.*stored/ });
  t.match(await ask('/a', range('bytes=0-1')), { status: 206, text: '01', cacheStatus: /hit/ });
  await new Promise((resolve) => setTimeout(resolve, 150));
  t.match(
    await ask('/a', range('bytes=-1')),
    { status: 206, text: '9', cacheStatus: /fwd=stale; fwd-status=304; stored/ },
    'what is stale is validated',
  );
  t.equal(sentRange(origin.requests.at(-1)?.rawHeaders), undefined);
});

t.test('no part poisons the whole', async (t) => {
  const { ask } = await start(t, 'routes: [{ match: "/*", ttl: 60s }]\n', (req, res, count) => {
    const status = Number(req.url?.slice(1, 4));
    res.writeHead(status, { 'cache-control': 'max-age=60', 'content-range': 'bytes 0-1/10' });
    res.end(`${count}`);
  });
  for (const status of [206, 416]) {
    for (const [path, given] of [
      [`/${status}`, range('bytes=0-1')],
      [`/${status}/unasked`, {}],
    ] as const) {
      await ask(path, given);
      t.match(await ask(path), { status, cacheStatus: /fwd=uri-miss.*detail=partial-content/ }, path);
    }
  }
  for (const state of ['stored', 'hit'])
    t.match(
      await ask('/200', range('bytes=0-0')),
      { status: 200, text: '9', cacheStatus: state },
      'no part of a part',
    );
});

t.test('preconditions for the origin reach it, stored or not (RFC 9111 §4.3.2)', async (t) => {
  const { origin, ask } = await start(t, '', (req, res) => {
    if (req.headers['if-match'] === '"old"') return void res.writeHead(412).end();
    whole(Buffer.from('0123456789'))(req, res, 0);
  });
  await ask('/a');
  const bypass = /^cacheside; fwd=bypass; fwd-status=\d+; detail=precondition$/;
  const asked = range('bytes=0-1', { 'if-match': '"old"' });
  t.match(await ask('/a', asked), { status: 412, cacheStatus: bypass });
  t.equal(sentRange(origin.requests.at(-1)?.rawHeaders), 'bytes=0-1');
  const since = { 'if-unmodified-since': MODIFIED };
  t.match(await ask('/a', { headers: since }), { status: 200, cacheStatus: bypass });
  t.match(await ask('/a'), { status: 200, cacheStatus: /hit/ });
});

t.test("curl's ranges and resumption", async (t) => {
  const body = Buffer.from('0123456789');
  const { sidecar } = await start(t, '', whole(body, {}, 3));
  const curl = async (...args: string[]) => (await promisify(execFile)('curl', ['-s', ...args])).stdout;
  for (const state of ['streamed', 'stored']) {
    t.equal(await curl('-r', '2-4', `${sidecar.url}/part`), '234', state);
    t.equal(await curl('-C', '7', `${sidecar.url}/rest`), '789', state);
    t.equal(
      await curl('-o', '/dev/null', '-w', '%{http_code}', '-r', '10-', `${sidecar.url}/beyond`),
      '416',
      state,
    );
  }
  t.match(await curl('-r', '0-0,-1', `${sidecar.url}/part`), /\r\n\r\n0\r\n[\s\S]*\r\n\r\n9\r\n/);
});

t.test('whatever is asked for: slices of the body, streamed and stored alike', async (t) => {
  const bodies = new Map<string, Buffer>();
  const { ask } = await start(t, '', (req, res, count) => {
    const body = bodies.get(req.url ?? '') ?? Buffer.alloc(0);
    whole(body, {}, 1 + (count % 37))(req, res, count);
  });
  const position = fc
    .oneof(fc.nat({ max: 400 }), fc.constantFrom(0, 2 ** 53, 1e21))
    .map(BigInt)
    .map(String);
  const spec = fc.oneof(
    { weight: 2, arbitrary: fc.tuple(position, position).map(([a, b]) => `${a}-${b}`) },
    { weight: 4, arbitrary: fc.tuple(fc.nat(300), fc.nat(30)).map(([a, b]) => `${a}-${a + b}`) },
    { weight: 2, arbitrary: position.map((a) => `${a}-`) },
    { weight: 2, arbitrary: position.map((a) => `-${a}`) },
    { weight: 1, arbitrary: fc.constantFrom('', ' ', '-', 'x', '1 - 2') },
  );
  const given = fc.oneof(
    {
      weight: 6,
      arbitrary: fc.array(spec, { minLength: 1, maxLength: 5 }).map((all) => `bytes=${all.join(',')}`),
    },
    { weight: 1, arbitrary: fc.stringMatching(/^[ -~]{0,12}$/) },
  );
  let run = 0;
  const seen = new Set<string>();
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 300, size: 'max' }), given, async (bytes, value) => {
      const body = Buffer.from(bytes);
      const path = `/${run++}`;
      bodies.set(path, body);
      const streamed = await ask(path, range(value));
      const hit = await ask(path, range(value));
      if (!hit.cacheStatus.includes('hit')) throw new Error(`not stored: ${hit.cacheStatus}`);
      for (const answer of [streamed, hit]) {
        seen.add(`${answer.status} ${partsOf(answer).length > 1}`);
        if (
          answer.status === 206 ? areSlices(answer, body) : answer.status === 416 || answer.body.equals(body)
        )
          continue;
        throw new Error(`${answer.status}: ${answer.text}`);
      }
      if (partsOf(hit).length > 1 && streamed.status === 200) return;
      if (
        streamed.status !== hit.status ||
        streamed.headers['content-range'] !== hit.headers['content-range']
      )
        throw new Error(`${streamed.status} streamed, ${hit.status} stored`);
    }),
    { numRuns: 200 },
  );
  t.same([...seen].sort(), ['200 false', '206 false', '206 true', '416 false'], 'each kind came up');
});
