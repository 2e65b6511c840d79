import { Redis } from 'ioredis';
import t from 'tap';
import { eventually } from '../fixtures/eventually.ts';
import type { OriginHandler } from '../fixtures/origin.ts';
import { startRedis } from '../fixtures/redis-server.ts';
import { startSidecar } from '../fixtures/sidecar.ts';
import { start } from './start.ts';
import { TIERS, tiersOf } from './tiers.ts';

const redis = await startRedis();
t.teardown(() => redis.stop());
const client = new Redis(redis.url);
t.teardown(() => client.disconnect());

/** GET puts a response into the groups of the query; anything else invalidates those, with the status of the query. */
const grouping: OriginHandler = (req, res, count) => {
  const query = new URL(req.url ?? '', 'http://a').searchParams;
  const groups = (query.get('groups') ?? '').split(',').map((group) => `"${group}"`);
  res.setHeader('cache-control', 'max-age=60').setHeader('cache-groups', groups.join(', '));
  if (req.method !== 'GET' || query.has('also')) res.setHeader('cache-group-invalidation', groups.join(', '));
  res.writeHead(Number(query.get('status') ?? 200)).end(`answer ${count}`);
};

const A = '/1?groups=a,x';
const B = '/2?groups=b,x';
const CASE = '/3?groups=A';

const ROWS = [
  { id: 'one group', method: 'PUT', path: '/w?groups=a', gone: [A] },
  { id: 'two groups', method: 'POST', path: '/w?groups=a,b', gone: [A, B] },
  { id: 'a group of both', method: 'DELETE', path: '/w?groups=x', gone: [A, B] },
  { id: 'an unknown method', method: 'PATCH', path: '/w?groups=A', gone: [CASE] },
  { id: 'a redirect', method: 'POST', path: '/w?groups=a&status=303', gone: [A] },
  { id: 'an error', method: 'PUT', path: '/w?groups=a&status=404', gone: [] },
  { id: 'a group that nothing is in', method: 'PUT', path: '/w?groups=c', gone: [] },
  { id: 'a safe method', method: 'OPTIONS', path: '/w?groups=a', gone: [] },
  { id: 'GET', method: 'GET', path: '/w?groups=a&also', gone: [] },
  { id: 'another origin', method: 'PUT', path: '/w?groups=a', host: 'b.test', gone: [] },
  { id: 'the same origin with its port', method: 'PUT', path: '/w?groups=a', host: 'a.test:80', gone: [A] },
];

for (const tiers of TIERS) {
  t.test(tiers, async (t) => {
    const { sidecar } = await start(t, tiersOf(tiers, redis), grouping);
    const ask = (path: string, method = 'GET', host = 'a.test') =>
      sidecar.ask(path, { method, headers: { host } });
    for (const { id, method, path, host, gone } of ROWS) {
      for (const known of [A, B, CASE]) await ask(known);
      for (const known of [A, B, CASE]) t.match(await ask(known), { cacheStatus: /hit/ }, `before ${id}`);
      await ask(path, method, host);
      for (const known of [A, B, CASE]) {
        const expected = gone.includes(known) ? /fwd=uri-miss.*purged/ : /hit/;
        t.match(await ask(known), { cacheStatus: expected }, `${known} after ${id}`);
      }
    }
  });
}

t.test('clients see both fields', async (t) => {
  const { ask } = await start(t, '', grouping);
  t.match((await ask(A)).headers, { 'cache-groups': '"a", "x"' });
  t.match((await ask(A)).headers, { 'cache-groups': '"a", "x"' });
  t.match((await ask(A, { method: 'PUT' })).headers, { 'cache-group-invalidation': '"a", "x"' });
});

t.test('more groups than are told apart: all of the origin', async (t) => {
  const { ask: send } = await start(t, '', grouping);
  const ask = (path: string, host: string, method = 'GET') => send(path, { method, headers: { host } });
  for (const host of ['a.test', 'b.test']) await ask('/none', host);
  await ask(`/w?groups=${'x'.repeat(1_025)}`, 'a.test', 'PUT');
  t.match(await ask('/none', 'a.test'), { cacheStatus: /purged/ });
  t.match(await ask('/none', 'b.test'), { cacheStatus: /hit/ });
});

t.test('a write through one replica reaches the other, and what Redis has', async (t) => {
  const document = tiersOf('memory and Redis', redis);
  const { origin, sidecar: a } = await start(t, document, grouping);
  const b = await startSidecar(origin.url, document);
  t.teardown(() => b.close());
  const ask = (sidecar: typeof a, path: string, method = 'GET') =>
    sidecar.ask(path, { method, headers: { host: 'a.test' } });
  const inRedis = async () => (await client.keys('*groups=[ab],x*')).length;
  const others = await inRedis();
  const before = [(await ask(a, A)).text, (await ask(a, B)).text];
  await eventually(async () => (await inRedis()) === others + 2);
  t.match(await ask(b, B), { cacheStatus: /hit.*redis/ });
  await ask(b, '/w?groups=x', 'PUT');
  t.match(await ask(b, B), { cacheStatus: /purged/ }, 'in memory and in Redis');
  t.match(await ask(b, A), { cacheStatus: /purged/ }, 'in Redis alone');
  await eventually(async () => (await ask(a, A)).text !== before[0]);
  t.not((await ask(a, B)).text, before[1]);
});

t.test('a fill in flight is neither kept nor served to others', async (t) => {
  for (const tiers of TIERS) {
    const { origin, sidecar } = await start(t, tiersOf(tiers, redis), grouping);
    const ask = (path: string, method = 'GET') => sidecar.ask(path, { method, headers: { host: 'a.test' } });
    let release = () => {};
    origin.handler = (_req, res) => {
      res.writeHead(200, { 'cache-control': 'max-age=60', 'cache-groups': '"a"', 'content-length': 3 });
      res.write('o');
      release = () => void res.end('ld');
    };
    const filling = ask(A);
    await origin.received(1);
    origin.handler = grouping;
    await ask('/w?groups=a', 'PUT');
    release();
    t.match(await filling, { text: 'old' }, tiers);
    t.match(await ask(A), { text: 'answer 3', cacheStatus: /fwd=uri-miss/ }, tiers);
  }
});

t.test('an operator purges a group of an origin', async (t) => {
  const { ask: send, sidecar } = await start(t, '', grouping);
  const ask = (path: string, host: string) => send(path, { headers: { host } });
  for (const host of ['a.test', 'b.test']) await ask(A, host);
  const purged = await sidecar.purge({ group: 'a', origin: 'http://A.test:80' });
  t.match(purged, { status: 200 });
  t.match(JSON.parse(purged.text), { matched: 1, purges: [{ tag: 'cache-group http://a.test a' }] });
  t.match(await ask(A, 'a.test'), { cacheStatus: /purged/ });
  t.match(await ask(A, 'b.test'), { cacheStatus: /hit/ });
  await sidecar.purge({ tag: 'cache-group http://b.test a' });
  t.match(await ask(A, 'b.test'), { cacheStatus: /purged/ }, 'by its tag');
});
