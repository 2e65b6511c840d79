import t, { type Test } from 'tap';
import { eventually } from '../fixtures/eventually.ts';
import type { OriginHandler } from '../fixtures/origin.ts';
import { startRedis } from '../fixtures/redis-server.ts';
import { type Answer, type Sidecar, startSidecar } from '../fixtures/sidecar.ts';
import { untilStats } from '../fixtures/stats.ts';
import { fakeClock, start } from './start.ts';
import { TIERS, tiersOf } from './tiers.ts';

const redis = await startRedis();
t.teardown(() => redis.stop());

/** One host: the keys of a test are the same at every sidecar of it. */
const host = 'shop.test';
const RESPECT = 'routes: [{ match: "/*", no-vary-search: respect, key: { headers: [x-site] } }]\n';

/** Answers with its own number; the query says nothing of the field, so that it may change. */
function numbered(
  noVarySearch: () => string | undefined,
  fields: Record<string, string> = {},
): OriginHandler {
  return (_req, res, count) => {
    const field = noVarySearch();
    if (field !== undefined) res.setHeader('no-vary-search', field);
    for (const [name, value] of Object.entries({ 'cache-control': 'max-age=60', ...fields }))
      res.setHeader(name, value);
    res.end(`answer ${count}`);
  };
}

const asker =
  ({ ask }: Pick<Sidecar, 'ask'>) =>
  (path: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Answer> =>
    ask(path, { method, headers: { host, ...headers } });

/** A sidecar, and others in front of the same origin. */
async function setUp(t: Test, document: string, handler: OriginHandler, clock = fakeClock()) {
  const { origin, sidecar } = await start(t, document, handler, { clock });
  const replica = async () => {
    const other = await startSidecar(origin.url, document, clock);
    t.teardown(() => other.close());
    return { sidecar: other, get: asker(other) };
  };
  return { origin, sidecar, get: asker(sidecar), replica, clock };
}

/** Until Redis has taken so much from this sidecar. */
const written = (sidecar: Sidecar, sets: number): Promise<void> =>
  untilStats(sidecar, ({ redis }) => redis.sets >= sets);

/** Asks until what was stored before no longer answers: the purge log takes a moment to another replica. */
async function untilGone(get: () => Promise<Answer>, before: string): Promise<Answer> {
  let answer: Answer | undefined;
  await eventually(async () => {
    answer = await get();
    return answer.text !== before;
  });
  return answer as Answer;
}

for (const tiers of TIERS) {
  const detail = tiers === 'Redis' ? 'redis' : 'memory';
  const hit = new RegExp(`^cacheside; hit; ttl=60; detail=${detail}$`);

  t.test(`${tiers}: equal queries are one, others are not`, async (t) => {
    const document = tiersOf(tiers, redis) + RESPECT;
    const handler = numbered(() => 'key-order, params=("utm")', { etag: '"1"' });
    const { origin, get } = await setUp(t, document, handler);
    t.match(await get('/p?id=1&size=2&utm=x'), { text: 'answer 1', cacheStatus: /fwd=uri-miss.*stored/ });
    const equal = [
      '/p?id=1&size=2&utm=x',
      '/p?size=2&id=1',
      '/p?utm=y&%69d=%31&utm&&size=2',
      '/p?id=1&size=2',
    ];
    for (const target of equal) t.match(await get(target), { text: 'answer 1', cacheStatus: hit }, target);
    const head = await get('/p?id=1&size=2&utm=h', {}, 'HEAD');
    t.match(head, { text: '', cacheStatus: hit, headers: { 'content-length': '8' } });
    t.match(await get('/p?size=2&id=1', { 'if-none-match': '"1"' }), { status: 304, cacheStatus: hit });
    t.match(await get('/p?size=2&id=1', { range: 'bytes=0-3' }), { status: 206, text: 'answ' });
    t.equal(origin.requests.length, 1);

    const others = [
      '/p?id=2&size=2',
      '/p?id=1',
      '/p?id=1&size=2&utm_x=1',
      '/p?id=1&id=1&size=2',
      '/p',
      '/q?id=1&size=2',
    ];
    for (const [i, target] of others.entries())
      t.match(await get(target), { text: `answer ${i + 2}`, cacheStatus: /fwd=uri-miss/ }, target);
    t.match(await get('/p?id=1&size=2', { 'x-site': '?id=1' }), { text: 'answer 8' }, 'another key');
    t.match(
      await get('/p?id=1&size=2', { 'x-site': '?id=2' }),
      { text: 'answer 9' },
      'not a part of the query',
    );
    t.match(await get('/p?utm=z', {}), { text: 'answer 6', cacheStatus: hit }, 'without any that counts');
    t.strictSame(
      origin.requests.map(({ url }) => url),
      ['/p?id=1&size=2&utm=x', ...others, '/p?id=1&size=2', '/p?id=1&size=2'],
      'the upstream is asked for what the client asked for',
    );
  });

  t.test(`${tiers}: a purge of an equal URL`, async (t) => {
    const ways: Record<string, (sidecar: Sidecar) => Promise<Answer>> = {
      url: (sidecar) => sidecar.purge({ url: '/p?id=1&utm=b' }),
      absolute: (sidecar) => sidecar.purge({ url: `http://${host}/p?utm=b&id=1` }),
      'its path alone': (sidecar) => sidecar.purge({ url: '/p' }),
      prefix: (sidecar) => sidecar.purge({ prefix: '/p?utm=b' }),
      glob: (sidecar) => sidecar.purge({ glob: '/p?*utm=b' }),
      'absolute glob': (sidecar) => sidecar.purge({ glob: `http://${host}/p**utm=b` }),
      DELETE: (sidecar) => sidecar.ask('/p?utm=b&id=1', { method: 'DELETE', headers: { host } }),
    };
    for (const [way, purge] of Object.entries(ways)) {
      const document = tiersOf(tiers, redis) + RESPECT;
      const { sidecar, get } = await setUp(
        t,
        document,
        numbered(() => 'params=("utm")'),
      );
      await get('/p?id=1&utm=a');
      await get('/q?id=1&utm=a');
      t.equal((await purge(sidecar)).status, 200, way);
      t.match(await get('/p?id=1&utm=c'), { cacheStatus: /fwd=uri-miss/ }, way);
      t.match(await get('/q?id=1&utm=c'), { text: 'answer 2', cacheStatus: hit }, `${way}: of no other path`);
      const renewed = await get('/p?id=1&utm=d');
      t.match(renewed, { cacheStatus: hit }, `${way}: what was fetched since holds`);
      t.not(renewed.text, 'answer 1', way);
    }
  });

  t.test(`${tiers}: a purge of an equal URL while it is fetched`, async (t) => {
    let release = () => {};
    const { origin, sidecar, get } = await setUp(t, tiersOf(tiers, redis) + RESPECT, (req, res, count) => {
      res.setHeader('cache-control', 'max-age=60').setHeader('no-vary-search', 'params=("utm")');
      release = () => res.end(`answer ${count}`);
      if (count !== 1) release();
      else req.socket.once('close', () => {});
    });
    const first = get('/p?utm=a');
    await origin.received(1);
    await sidecar.purge({ url: '/p?utm=b' });
    release();
    t.match(await first, { text: 'answer 1' });
    t.match(await get('/p?utm=a'), { text: 'answer 2', cacheStatus: /fwd=uri-miss/ });
    t.match(await get('/p?utm=c'), { text: 'answer 2', cacheStatus: hit });
  });

  t.test(`${tiers}: the field changes`, async (t) => {
    let field: string | undefined;
    const { get } = await setUp(
      t,
      tiersOf(tiers, redis) + RESPECT,
      numbered(() => field),
    );
    await get('/p?a=1');
    t.match(await get('/p?a=2'), { text: 'answer 2' }, 'without it every difference counts');
    field = 'params';
    t.match(await get('/p?a=2', { 'cache-control': 'no-cache' }), { text: 'answer 3' });
    t.match(await get('/p?a=2'), { text: 'answer 3', cacheStatus: hit }, 'nothing older under its own key');
    t.match(await get('/p?a=3'), { text: 'answer 3', cacheStatus: hit });
    t.match(await get('/p?a=1'), { text: 'answer 1', cacheStatus: hit }, 'the key itself is looked at first');
    field = 'params=("b")';
    t.match(await get('/p?a=3', { 'cache-control': 'no-cache' }), { text: 'answer 4' });
    t.match(await get('/p?a=3&b=1'), { text: 'answer 4', cacheStatus: hit });
    t.match(await get('/p?a=2'), { text: 'answer 5', cacheStatus: /fwd=uri-miss/ }, 'the one before is gone');
    field = undefined;
    t.match(await get('/p?a=3', { 'cache-control': 'no-cache' }), { text: 'answer 6' });
    t.match(await get('/p?a=3'), { text: 'answer 6', cacheStatus: hit });
    t.match(await get('/p?a=3&b=1'), { text: 'answer 7' }, 'the one that it took the place of is gone');
  });

  t.test(`${tiers}: validated with the URL that the client asks for`, async (t) => {
    let etag = '"1"';
    let field = 'params';
    const { origin, get, clock } = await setUp(t, tiersOf(tiers, redis) + RESPECT, (req, res, count) => {
      res.setHeader('cache-control', 'max-age=60').setHeader('no-vary-search', field).setHeader('etag', etag);
      if (req.headers['if-none-match'] === etag) res.writeHead(304).end();
      else res.end(`answer ${count}`);
    });
    await get('/p?a=1');
    clock.advance(61);
    t.match(await get('/p?a=2'), {
      text: 'answer 1',
      cacheStatus: /fwd=stale; fwd-status=304; stored.*freshened/,
    });
    t.equal(origin.requests[1]?.url, '/p?a=2');
    t.match(await get('/p?a=3'), { text: 'answer 1', cacheStatus: hit });

    clock.advance(61);
    field = 'params=("b")';
    t.match(
      await get('/p?a=4'),
      { text: 'answer 1', cacheStatus: /freshened/ },
      'a 304 that says another rule',
    );
    t.match(await get('/p?a=4&b=1'), { text: 'answer 1', cacheStatus: hit }, 'stands by it');
    t.match(await get('/p?a=1'), { text: 'answer 4', cacheStatus: /fwd=uri-miss/ }, 'and not where it was');

    clock.advance(61);
    field = '';
    t.match(await get('/p?a=4'), { text: 'answer 1', cacheStatus: /freshened/ }, 'a 304 that drops it');
    t.match(await get('/p?a=4'), { text: 'answer 1', cacheStatus: hit });
    t.match(await get('/p?a=4&b=1'), { text: 'answer 6', cacheStatus: /fwd=uri-miss/ });

    clock.advance(61);
    etag = '"2"';
    field = 'params';
    t.match(await get('/p?a=4'), { text: 'answer 7', cacheStatus: /fwd=stale; fwd-status=200; stored/ });
    t.match(await get('/p?a=9'), { text: 'answer 7', cacheStatus: hit });
  });

  t.test(`${tiers}: with Vary`, async (t) => {
    const { sidecar, get } = await setUp(t, tiersOf(tiers, redis) + RESPECT, (req, res, count) => {
      res.setHeader('cache-control', 'max-age=60').setHeader('no-vary-search', 'params=("utm")');
      res.setHeader('vary', 'accept-language').end(`${req.headers['accept-language']} ${count}`);
    });
    const speak = (target: string, language: string) => get(target, { 'accept-language': language });
    await speak('/p?utm=1', 'de');
    t.match(await speak('/p?utm=2', 'fr'), { text: 'fr 2', cacheStatus: /fwd=vary-miss/ });
    t.match(await speak('/p?utm=3', 'de'), { text: 'de 1', cacheStatus: hit });
    t.match(await speak('/p?utm=4', 'fr'), { text: 'fr 2', cacheStatus: hit });
    t.match(await speak('/p?id=1', 'de'), { text: 'de 3', cacheStatus: /fwd=uri-miss/ });
    await sidecar.purge({ url: '/p?utm=9' });
    t.match(await speak('/p?utm=3', 'it'), { text: 'it 4', cacheStatus: /fwd=uri-miss.*purged/ });
    t.match(await speak('/p?utm=3', 'de'), { text: 'de 5', cacheStatus: /detail=purged/ });
    t.match(await speak('/p?utm=4', 'it'), { text: 'it 4', cacheStatus: hit });
  });
}

t.test('a route that ignores the field', async (t) => {
  for (const document of ['', 'routes: [{ match: "/*", no-vary-search: ignore }]\n']) {
    const { get } = await setUp(
      t,
      document,
      numbered(() => 'params'),
    );
    const { headers } = await get('/p?a=1');
    t.equal(headers['no-vary-search'], 'params', 'it is the client’s all the same');
    t.match(await get('/p?a=2'), { text: 'answer 2', cacheStatus: /fwd=uri-miss/ });
    t.match(await get('/p?a=1'), { text: 'answer 1', cacheStatus: /hit/ });
  }
});

t.test('a tag made of a parameter', async (t) => {
  const document = 'routes: [{ match: "/*", no-vary-search: respect, tags: ["c-{query.cat}"] }]\n';
  let field = 'params=("cat")';
  const { sidecar, get } = await setUp(
    t,
    document,
    numbered(() => field),
  );
  await get('/p?cat=1');
  t.match(await get('/p?cat=2'), { text: 'answer 2' }, 'one that does not matter: every difference does');
  field = 'params=("utm")';
  await get('/q?cat=1&utm=1');
  t.match(await get('/q?cat=1&utm=2'), { text: 'answer 3', cacheStatus: /hit/ });
  await sidecar.purge({ tag: 'c-1' });
  t.match(await get('/q?cat=1&utm=2'), { text: 'answer 4', cacheStatus: /purged/ });
});

t.test('a query that is selected by the route', async (t) => {
  const key = 'key: { query: { exclude: [utm] }, sort-query: true }';
  const document = `routes: [{ match: "/*", no-vary-search: respect, ${key} }]\n`;
  const { origin, sidecar, get } = await setUp(
    t,
    document,
    numbered(() => 'params=("b")'),
  );
  await get('/p?utm=1&b=1&a=1');
  t.match(await get('/p?a=1&b=2&utm=2'), { text: 'answer 1', cacheStatus: /hit/ });
  t.equal(origin.requests[0]?.url, '/p?a=1&b=1');
  await sidecar.purge({ url: '/p?b=3&a=1&utm=9' });
  t.match(await get('/p?a=1&b=2'), { text: 'answer 2', cacheStatus: /purged/ });
});

t.test('two sidecars and a restart', async (t) => {
  const document = tiersOf('memory and Redis', redis) + RESPECT;
  const { origin, sidecar, get, replica } = await setUp(
    t,
    document,
    numbered(() => 'params=("utm")'),
  );
  await get('/p?utm=1');
  const other = await replica();
  await written(sidecar, 2);
  t.match(await other.get('/p?utm=2'), { text: 'answer 1', cacheStatus: /hit; ttl=(?:59|60); detail=redis/ });
  t.match(await other.get('/p?utm=3'), {
    text: 'answer 1',
    cacheStatus: /hit; ttl=(?:59|60); detail=memory/,
  });
  t.match(await other.get('/p?id=1'), { text: 'answer 2' });
  await written(other.sidecar, 2);
  t.match(
    await get('/p?id=1&utm=1'),
    { text: 'answer 2', cacheStatus: /detail=redis/ },
    'one trip: it knows the rule',
  );

  const newcomer = await replica();
  const purged = await newcomer.sidecar.purge({ url: '/p?utm=4' });
  t.match(JSON.parse(purged.text), { status: 'applied' }, 'by one that has seen neither record nor response');
  t.match(await newcomer.get('/p?utm=1'), { text: 'answer 3', cacheStatus: /purged/ });
  await written(newcomer.sidecar, 2);
  for (const one of [get, other.get])
    t.match(await untilGone(() => one('/p?utm=5'), 'answer 1'), { text: 'answer 3', cacheStatus: /redis/ });

  await newcomer.sidecar.close();
  const restarted = await replica();
  t.match(await restarted.get('/p?utm=6'), { text: 'answer 3', cacheStatus: /hit.*detail=redis/ });
  t.equal(origin.requests.length, 3);
});

t.test('simultaneous requests', async (t) => {
  const waiting: (() => void)[] = [];
  const { origin, get, clock } = await setUp(t, RESPECT, (_req, res, count) => {
    res.setHeader('cache-control', 'max-age=60').setHeader('no-vary-search', 'params=("utm")');
    waiting.push(() => res.end(`answer ${count}`));
  });
  const release = () => {
    for (const end of waiting.splice(0)) end();
  };
  const cold = [get('/p?utm=1'), get('/p?utm=2')];
  await origin.received(2);
  release();
  t.strictSame(
    (await Promise.all(cold)).map(({ status }) => status),
    [200, 200],
    'nobody knew that they are one',
  );

  clock.advance(61);
  const known = [get('/p?utm=3'), get('/p?utm=4'), get('/p?utm=5')];
  await origin.received(3);
  const unequal = get('/p?id=1');
  await origin.received(4);
  release();
  const texts = (await Promise.all(known)).map(({ text }) => text);
  t.strictSame(texts, ['answer 3', 'answer 3', 'answer 3'], 'one flight where the rule is known');
  t.equal((await unequal).text, 'answer 4');

  const absent = [get('/p?id=2&utm=1'), get('/p?utm=2&id=2')];
  await origin.received(5);
  release();
  for (const { text } of await Promise.all(absent)) t.equal(text, 'answer 5', 'and where nothing is stored');
  t.equal(origin.requests.length, 5);
});
