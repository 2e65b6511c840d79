import type { ServerResponse } from 'node:http';
import t, { type Test } from 'tap';
import { startRedis } from '../fixtures/redis-server.ts';
import { fakeClock, start } from './start.ts';
import { TIERS, type Tiers, tiersOf } from './tiers.ts';

const redis = await startRedis();
t.teardown(() => redis.stop());

const ONE = { etag: '"1"', 'last-modified': 'Mon, 01 Jan 2024 00:00:00 GMT' };

/** Eight bytes fresh for a minute, with these validators; HEAD is answered by `onHead`, GET by 304 where it may. */
async function setUp(t: Test, tiers: Tiers, validators: Record<string, string> = ONE) {
  const clock = fakeClock();
  const dated = (res: ServerResponse) =>
    res.setHeader('date', new Date(clock.time).toUTCString()).setHeader('cache-control', 'max-age=60');
  let onHead = (_res: ServerResponse): void => {};
  const { origin, sidecar, ask } = await start(
    t,
    tiersOf(tiers, redis),
    (req, res, count) => {
      dated(res);
      if (req.method === 'HEAD') {
        onHead(res);
        return void res.end();
      }
      for (const [name, value] of Object.entries(validators)) res.setHeader(name, value);
      res.setHeader('x-from', `${count}`).end(`answer ${count}`);
    },
    { clock },
  );
  t.match(await ask('/a'), { status: 200, text: 'answer 1', cacheStatus: /stored/ });
  return {
    origin,
    sidecar,
    clock,
    ask,
    /** The answer to a HEAD once the stored response is stale. */
    async head(answer: (res: ServerResponse) => void, headers: Record<string, string> = {}) {
      onHead = answer;
      clock.advance(100);
      return ask('/a', { method: 'HEAD', headers });
    },
  };
}

const with200 =
  (fields: Record<string, string>) =>
  (res: ServerResponse): void => {
    for (const [name, value] of Object.entries(fields)) res.setHeader(name, value);
  };

/** What a HEAD to a stale response leaves for the GET behind it. */
const ROWS: readonly {
  id: string;
  stored?: Record<string, string>;
  given: (res: ServerResponse) => void;
  head: { status: number; cacheStatus: RegExp; headers?: Record<string, string | undefined> };
  get: { text: string; cacheStatus: RegExp; headers?: Record<string, string> };
}[] = [
  {
    id: '304 freshens, and the stored head is the answer',
    given: (res) => void res.writeHead(304, { etag: '"1"', 'x-from': 'head' }),
    head: {
      status: 200,
      cacheStatus: /^cacheside; fwd=stale; fwd-status=304; stored; ttl=60; detail=freshened$/,
      headers: { 'content-length': '8', 'x-from': 'head', age: '0' },
    },
    get: { text: 'answer 1', cacheStatus: /^cacheside; hit; ttl=60/, headers: { 'x-from': 'head' } },
  },
  {
    id: '200 with the same validators and length freshens',
    given: with200({ ...ONE, 'content-length': '8', 'x-from': 'head' }),
    head: {
      status: 200,
      cacheStatus: /^cacheside; fwd=stale; fwd-status=200; stored; ttl=60; detail=freshened$/,
      headers: { 'content-length': '8', 'x-from': 'head' },
    },
    get: { text: 'answer 1', cacheStatus: /^cacheside; hit; ttl=60/, headers: { 'x-from': 'head' } },
  },
  {
    id: '200 without a validator is asked of what has none: left alone',
    stored: {},
    given: with200({ 'content-length': '8' }),
    head: { status: 200, cacheStatus: /^cacheside; fwd=stale; fwd-status=200; ttl=-40$/ },
    get: { text: 'answer 3', cacheStatus: /^cacheside; fwd=stale/ },
  },
  {
    id: '200 with another ETag takes the stored one away',
    given: with200({ etag: '"2"' }),
    head: {
      status: 200,
      cacheStatus: /; fwd-status=200; detail=validator-mismatch$/,
      headers: { etag: '"2"' },
    },
    get: { text: 'answer 3', cacheStatus: /fwd=uri-miss/ },
  },
  {
    id: '200 with another length takes the stored one away',
    given: with200({ ...ONE, 'content-length': '9' }),
    head: { status: 200, cacheStatus: /detail=validator-mismatch$/, headers: { 'content-length': '9' } },
    get: { text: 'answer 3', cacheStatus: /fwd=uri-miss/ },
  },
  {
    id: '200 that became private takes the stored one away',
    given: with200({ ...ONE, 'cache-control': 'private' }),
    head: { status: 200, cacheStatus: /detail=response-private$/ },
    get: { text: 'answer 3', cacheStatus: /fwd=uri-miss/ },
  },
  {
    id: '304 of another response takes the stored one away and is asked again',
    given(res) {
      if (res.req.headers['if-none-match'] === undefined) res.setHeader('etag', '"2"');
      else res.writeHead(304, { etag: '"2"' });
    },
    head: {
      status: 200,
      cacheStatus: /; fwd-status=200; .*detail=validator-mismatch$/,
      headers: { etag: '"2"' },
    },
    get: { text: 'answer 4', cacheStatus: /fwd=uri-miss/ },
  },
  ...[404, 410, 405, 500].map((status) => ({
    id: `${status} says nothing of what is stored`,
    given: (res: ServerResponse) => void res.writeHead(status, { etag: '"2"' }),
    head: { status, cacheStatus: new RegExp(`^cacheside; fwd=stale; fwd-status=${status}; ttl=-40$`) },
    get: { text: 'answer 3', cacheStatus: /^cacheside; fwd=stale/ },
  })),
];

for (const tiers of TIERS) {
  t.test(tiers, async (t) => {
    for (const row of ROWS) {
      t.test(`${row.id} (RFC 9111 §4.3.5)`, async (t) => {
        const { ask, head } = await setUp(t, tiers, row.stored);
        const answer = await head(row.given);
        t.match(answer, { text: '', ...row.head });
        t.match(await ask('/a'), row.get);
      });
    }
  });
}

t.test('what is asked', async (t) => {
  const { origin, clock, head, ask } = await setUp(t, 'memory');
  await head(with200(ONE), { 'if-none-match': '"mine"', cookie: 'a=1' });
  const [, asked] = origin.requests;
  t.equal(asked?.method, 'HEAD');
  const sent = asked?.rawHeaders.join('\n').toLowerCase() ?? '';
  t.match(sent, /if-none-match\n"1"\nif-modified-since\nmon, 01 jan 2024/, 'the stored validators');
  t.notMatch(sent, 'mine', "not the client's");
  clock.advance(10);
  t.match(await ask('/a'), { headers: { age: '10' } }, 'Age starts again from the HEAD');
});

t.test("the client's own condition is judged by what is stored", async (t) => {
  const { head } = await setUp(t, 'memory');
  const answer = await head((res) => void res.writeHead(304, { etag: '"1"' }), { 'if-none-match': '"1"' });
  t.match(answer, { status: 304, cacheStatus: /fwd-status=304; .*detail=freshened/ });
});

t.test('a client that asks past a fresh response', async (t) => {
  const { ask, head, clock } = await setUp(t, 'memory');
  await head(with200(ONE));
  clock.advance(10);
  const answer = await ask('/a', { method: 'HEAD', headers: { 'cache-control': 'no-cache' } });
  t.match(answer, {
    status: 200,
    cacheStatus: /fwd=request; fwd-status=200; stored; ttl=60; detail=freshened/,
  });
  t.match(await ask('/a'), { text: 'answer 1', headers: { age: '0' }, cacheStatus: /hit; ttl=60/ });
});

t.test('nothing stored: a HEAD stores nothing, whatever it says', async (t) => {
  const { ask, origin } = await setUp(t, 'memory');
  for (let i = 0; i < 2; i++) {
    t.match(await ask('/b', { method: 'HEAD' }), { status: 200, cacheStatus: /^cacheside; fwd=uri-miss/ });
  }
  t.equal(origin.requests.length, 3);
  t.match(await ask('/b'), { text: 'answer 4' });
});

t.test('a request that bypasses the cache leaves what is stored alone', async (t) => {
  const clock = fakeClock();
  const { ask } = await start(
    t,
    'routes: [{ match: "/*", ttl: 60s }]\n',
    (req, res) => {
      const isTheme = req.headers['x-theme'] !== undefined;
      res.setHeader('etag', isTheme ? '"2"' : '"1"').end(isTheme ? 'theme' : 'plain');
    },
    { clock },
  );
  await ask('/a');
  t.match(await ask('/a', { method: 'HEAD', headers: { 'x-theme': 'x' } }), {
    headers: { etag: '"2"' },
    cacheStatus: /bypass/,
  });
  t.match(await ask('/a'), { text: 'plain', cacheStatus: /hit/ });
});

t.test('the selected variant alone is freshened', async (t) => {
  const clock = fakeClock();
  const { ask } = await start(
    t,
    '',
    (req, res) => {
      const language = req.headers['accept-language'] ?? '';
      res.setHeader('cache-control', 'max-age=60').setHeader('vary', 'accept-language');
      res
        .setHeader('date', new Date(clock.time).toUTCString())
        .setHeader('etag', `"${language}"`)
        .end(language);
    },
    { clock },
  );
  const speak = (language: string, method = 'GET') =>
    ask('/a', { method, headers: { 'accept-language': language } });
  await speak('de');
  await speak('fr');
  clock.advance(100);
  t.match(await speak('de', 'HEAD'), { cacheStatus: /detail=freshened/, headers: { etag: '"de"' } });
  t.match(await speak('de'), { text: 'de', cacheStatus: /hit; ttl=60/ });
  t.match(await speak('fr'), { text: 'fr', cacheStatus: /fwd=stale/ });
});

t.test('stale-if-error answers a HEAD, too', async (t) => {
  const { head, ask } = await setUp(t, 'memory', {
    ...ONE,
    'cache-control': 'max-age=60, stale-if-error=600',
  });
  t.match(await head((res) => void res.writeHead(503)), {
    status: 200,
    text: '',
    headers: { 'content-length': '8', age: '100' },
    cacheStatus: /fwd-status=503; .*detail=if-error/,
  });
  t.match(await ask('/a'), { text: 'answer 3' });
});

for (const status of [200, 304]) {
  t.test(`a purge while the HEAD is under way wins over its ${status}`, async (t) => {
    const clock = fakeClock();
    let release = () => {};
    const { ask, sidecar, origin } = await start(
      t,
      '',
      (req, res, count) => {
        res.setHeader('cache-control', 'max-age=60').setHeader('etag', '"1"');
        res.setHeader('date', new Date(clock.time).toUTCString());
        if (req.method === 'HEAD') release = () => void res.writeHead(status).end();
        else res.end(`answer ${count}`);
      },
      { clock },
    );
    await ask('/a');
    clock.advance(100);
    const head = ask('/a', { method: 'HEAD' });
    await origin.received(2);
    t.equal((await sidecar.purge({ prefix: '/a' })).status, 200);
    release();
    t.match(await head, { status: 200, cacheStatus: /detail=purged-meanwhile$/ });
    t.match(await ask('/a'), { text: 'answer 3', cacheStatus: /fwd=uri-miss/ });
  });
}
