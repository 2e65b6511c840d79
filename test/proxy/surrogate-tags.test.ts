import { Redis } from 'ioredis';
import t from 'tap';
import { eventually } from '../fixtures/eventually.ts';
import { startRedis } from '../fixtures/redis-server.ts';
import { type Ask, startSidecar } from '../fixtures/sidecar.ts';
import { start } from './start.ts';
import { TIERS, tiersOf } from './tiers.ts';

const redis = await startRedis();
t.teardown(() => redis.stop());

const client = new Redis(redis.url);
t.teardown(() => client.disconnect());

const host = 'a.test';

for (const tiers of TIERS) {
  t.test(`a purge by a tag of the upstream, ${tiers}`, async (t) => {
    const { sidecar } = await start(t, tiersOf(tiers, redis), (req, res) => {
      res.setHeader('cache-control', 'max-age=60');
      if (req.url === '/a') res.setHeader('surrogate-key', 'all one').setHeader('cache-tag', 'x,y');
      if (req.url === '/b') res.setHeader('xkey', ['all', 'two']);
      res.end('answer');
    });
    const ask = async (path: string) => (await sidecar.ask(path, { headers: { host } })).cacheStatus;
    const purges = { one: ['/a'], y: ['/a'], two: ['/b'], all: ['/a', '/b'] };
    for (const [tag, reached] of Object.entries(purges)) {
      for (const path of ['/a', '/b', '/c']) await ask(path);
      for (const path of ['/a', '/b', '/c']) t.match(await ask(path), /hit/, `before ${tag}`);
      t.match(await sidecar.purge({ tag }), { status: 200 });
      for (const path of ['/a', '/b', '/c']) {
        t.match(await ask(path), reached.includes(path) ? /fwd=.*purged/ : /hit/, `${path} after ${tag}`);
      }
    }
  });
}

t.test('a tag given at one replica is purged at the other', async (t) => {
  const document = tiersOf('memory and Redis', redis);
  const { origin, sidecar: a } = await start(t, document, (_req, res, count) => {
    res.setHeader('cache-control', 'max-age=60').setHeader('surrogate-key', 'one').end(`answer ${count}`);
  });
  const b = await startSidecar(origin.url, document);
  t.teardown(() => b.close());
  const ask = (sidecar: typeof a, path: string) => sidecar.ask(path, { headers: { host } });
  for (const path of ['/in-redis', '/in-both']) await ask(a, path);
  // Writes to Redis delay nobody.
  for (const path of ['in-redis', 'in-both']) {
    await eventually(async () => (await client.keys(`*${path}*`)).length > 0);
  }
  t.match(await ask(b, '/in-both'), { text: 'answer 2', cacheStatus: /hit.*redis/ });
  t.match(await b.purge({ tag: 'one' }), { status: 200 });
  t.match(await ask(b, '/in-both'), { text: 'answer 3', cacheStatus: /fwd=uri-miss.*purged/ });
  t.match(
    await ask(b, '/in-redis'),
    { text: 'answer 4', cacheStatus: /fwd=uri-miss.*purged/ },
    'by position',
  );
  await eventually(async () => (await ask(a, '/in-both')).text !== 'answer 2');
  t.match(await ask(a, '/in-redis'), { text: 'answer 4' });
});

t.test('a 304 that names tags gives others', async (t) => {
  const { sidecar, ask } = await start(t, '', (req, res) => {
    res.setHeader('cache-control', 'no-cache').setHeader('etag', '"e"');
    if (req.headers['if-none-match'] === undefined) return void res.setHeader('xkey', 'old').end('answer');
    if (req.url === '/new') res.setHeader('xkey', 'new');
    res.writeHead(304).end();
  });
  for (const path of ['/new', '/silent']) {
    await ask(path);
    t.match(await ask(path), { cacheStatus: /fwd-status=304; stored/ });
  }
  await sidecar.purge({ tag: 'old' });
  t.match(await ask('/new'), { cacheStatus: /fwd=stale; fwd-status=304/ }, 'it no longer has that one');
  t.match(await ask('/silent'), { cacheStatus: /fwd=uri-miss/ }, 'nobody took it away');
  await sidecar.purge({ tag: 'new' });
  t.match(await ask('/new'), { cacheStatus: /fwd=uri-miss/ });
});

t.test('a purge of a tag is not undone by a 304 in flight that takes the tag away', async (t) => {
  const { origin, sidecar, ask } = await start(t, '', (_req, res) => {
    res.setHeader('cache-control', 'no-cache').setHeader('etag', '"e"').setHeader('xkey', 'old').end('old');
  });
  await ask('/a');
  let answer = () => {};
  origin.handler = (_req, res) => {
    answer = () => void res.writeHead(304, { etag: '"e"', xkey: 'new', 'cache-control': 'max-age=60' }).end();
  };
  const validating = ask('/a');
  await origin.received(2);
  await sidecar.purge({ tag: 'old' });
  answer();
  await validating;
  origin.handler = (_req, res) => void res.end('new');
  t.match(await ask('/a'), { text: 'new' });
});

t.test('clients do not see them', async (t) => {
  const document = `routes:
  - { match: "/shown/*", ttl: 60s, surrogate-tags: { forward: true } }
  - { match: "/own/*", ttl: 60s, surrogate-tags: { fields: [x-tags] } }
  - { match: "/pass/*", cache: false }
  - { match: "/*", ttl: 60s }
`;
  const { ask, sidecar } = await start(t, document, (req, res) => {
    res
      .setHeader('surrogate-key', 'a')
      .setHeader('Cache-Tag', 'b')
      .setHeader('XKEY', 'c')
      .setHeader('x-tags', 'd');
    res.setHeader('etag', '"e"');
    if (req.headers['x-fail']) res.statusCode = 500;
    res.end('answer');
  });
  const KNOWN = ['surrogate-key', 'cache-tag', 'xkey', 'x-tags'];
  const seen = async (path: string, given: Ask = {}) => {
    const { headers } = await ask(path, given);
    return KNOWN.filter((name) => headers[name] !== undefined);
  };
  for (const id of ['miss', 'hit']) t.strictSame(await seen('/a'), ['x-tags'], id);
  t.strictSame(await seen('/a', { method: 'HEAD' }), ['x-tags'], 'HEAD of what is stored');
  t.strictSame(await seen('/b', { method: 'HEAD' }), ['x-tags'], 'HEAD of what is not');
  const conditional = await ask('/a', { headers: { 'if-none-match': '"e"' } });
  t.equal(conditional.status, 304);
  t.notOk(
    KNOWN.some((name) => name !== 'x-tags' && conditional.headers[name] !== undefined),
    '304',
  );
  t.strictSame(await seen('/a', { headers: { range: 'bytes=0-1' } }), ['x-tags'], 'a part');
  t.strictSame(await seen('/a', { method: 'POST' }), ['x-tags'], 'an unsafe method');
  t.strictSame(await seen('/a', { headers: { 'x-fail': '1' } }), ['x-tags'], 'bypass, an error');
  t.strictSame(await seen('/pass/a'), ['x-tags'], 'nothing stored');
  for (const id of ['miss', 'hit']) t.strictSame(await seen('/shown/a'), KNOWN, `forwarded, ${id}`);
  t.strictSame(await seen('/own/a'), ['surrogate-key', 'cache-tag', 'xkey'], 'other fields');

  const wire = sidecar.connect();
  wire.send('GET /a HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n');
  const upgraded = await wire.closed;
  t.match(upgraded, /^HTTP\/1\.1 200 /);
  t.match(upgraded, /x-tags: d/i);
  t.notMatch(upgraded, /surrogate-key|cache-tag|xkey/i, 'an upgrade that did not take place');
});

t.test('a response with more tags than are told apart is passed on, and not stored', async (t) => {
  const { ask } = await start(t, '', (_req, res) => {
    res.setHeader('cache-control', 'max-age=60').setHeader('xkey', 'x'.repeat(1_025)).end('answer');
  });
  for (let i = 0; i < 2; i++) t.match(await ask('/a'), { text: 'answer', cacheStatus: /detail=tag-limit$/ });
});
