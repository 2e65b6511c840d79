import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { type DemoResponse, hangUp, send } from '../../scripts/demo/request.ts';
import { type CachesideProcess, startCacheside, until } from '../fixtures/cacheside.ts';
import { startProductApi } from '../fixtures/product-api.ts';
import { startRedis } from '../fixtures/redis-server.ts';

const TTL = 60;

const folder = await mkdtemp(join(tmpdir(), 'cacheside-e2e-'));
t.teardown(() => rm(folder, { recursive: true, force: true }));
t.teardown(hangUp);

const api = await startProductApi();
t.teardown(() => api.stop());
// It keeps its data over a kill, as a real one may: what was purged meanwhile is still in there.
const redis = await startRedis({ args: ['--dir', folder, '--appendonly', 'yes', '--appendfsync', 'always'] });
t.teardown(() => redis.stop());

const config = join(folder, 'cacheside.yaml');
await writeFile(
  config,
  `upstream: ${api.url}
redis: ${redis.url}
routes:
  - name: product
    match: /products/:id
    ttl: ${TTL}s
    tags: ['product:{id}']
    purge: ['product:{id}', products]
  - name: products
    match: /products
    ttl: ${TTL}s
    tags: [products]
    purge: [products]
`,
);

const start = () => startCacheside(['-c', config], { host: 'shop.test' });
let cacheside = await start();
t.teardown(() => cacheside.stop());

const ttlOf = ({ cacheStatus }: DemoResponse) => Number(/;\s*ttl=(-?\d+)/.exec(cacheStatus)?.[1]);
const purge = (tag: string) => cacheside.admin('/purge', { method: 'POST', json: { tag } });

async function statsOf(
  of: CachesideProcess,
): Promise<{ redis: { sets: number; inFlight: number }; purges: { pending: number } }> {
  return JSON.parse((await of.admin('/stats')).text);
}

async function redisIs(state: string, of: CachesideProcess = cacheside): Promise<void> {
  await until(async () => JSON.parse((await of.admin('/readyz')).text).redis.status === state);
}

t.test('a miss is stored, a hit comes from memory', async (t) => {
  const miss = await cacheside.get('/products/7');
  t.match(miss, { status: 200, cacheStatus: /^cacheside; fwd=uri-miss;.* stored;/ });
  await send({ method: 'PATCH', url: `${api.url}/products/7`, json: { stock: 777 } });
  const hit = await cacheside.get('/products/7');
  t.match(hit, { status: 200, cacheStatus: /^cacheside; hit; ttl=\d+; detail=memory$/, text: miss.text });
  t.notMatch(hit.text, /777/, 'the upstream was not asked');
});

t.test('after a restart it comes from Redis, for as long as it had left', async (t) => {
  const before = await cacheside.get('/products/7');
  t.equal(await cacheside.stop(), 0, 'ends in order');
  cacheside = await start();
  await redisIs('ready');
  // Until a whole second of its lifetime is gone.
  await until(async () => Date.now() - Date.parse(String(before.headers.date)) > 2_000);
  const after = await cacheside.get('/products/7');
  t.match(after, { status: 200, cacheStatus: /^cacheside; hit; ttl=\d+; detail=redis$/, text: before.text });
  const age = Number(after.headers.age);
  t.ok(age >= 1 && age <= 30, `an age of ${age} s`);
  t.ok(Math.abs(TTL - age - ttlOf(after)) <= 1, `${ttlOf(after)} s are left at an age of ${age} s`);
  t.match(await cacheside.get('/products/7'), { cacheStatus: /detail=memory/ }, 'promoted');
});

t.test('an update invalidates the product and the lists', async (t) => {
  const list = '/products?category=kitchen&limit=3';
  await cacheside.get(list);
  t.match(await cacheside.get(list), { cacheStatus: /hit/ });
  const update = await cacheside.get('/products/7', { method: 'PATCH', json: { stock: 4_321 } });
  t.match(update, { status: 200, cacheStatus: /^cacheside; fwd=method/ });
  t.match(await cacheside.get('/products/7'), { cacheStatus: /fwd=/, text: /4321/ });
  t.match(await cacheside.get(list), { cacheStatus: /fwd=/, text: /4321/ });
  t.match(await cacheside.get(list), { cacheStatus: /hit/ }, 'and is stored again');
});

t.test('a purge takes what it names and nothing else', async (t) => {
  await cacheside.get('/products/8');
  t.match(await purge('product:7'), { status: 200 });
  t.match(await cacheside.get('/products/7'), { cacheStatus: /fwd=/ });
  t.match(await cacheside.get('/products/8'), { cacheStatus: /hit/ });
});

t.test('Redis is killed: everything is still answered, and a purge holds', async (t) => {
  const written = (await statsOf(cacheside)).redis.sets;
  await cacheside.get('/products/20');
  await cacheside.get('/products/21');
  await until(async () => {
    // Writes of what was asked for before may come among them.
    const { sets, inFlight } = (await statsOf(cacheside)).redis;
    return sets >= written + 2 && inFlight === 0;
  });
  await redis.kill();
  t.match(await cacheside.get('/products/20'), { status: 200, cacheStatus: /hit.*detail=memory/ });
  t.match(await cacheside.get('/products/30'), { status: 200, cacheStatus: /fwd=uri-miss/ });
  t.match(await cacheside.get('/products/30'), { status: 200, cacheStatus: /hit.*detail=memory/ });
  const update = await cacheside.get('/products/30', { method: 'PATCH', json: { stock: 5 } });
  t.equal(update.status, 200);
  t.match(await cacheside.get('/products/30'), { status: 200, text: /"stock":5,/ });
  t.match(await cacheside.admin('/readyz'), { status: 200 }, 'a cache without Redis is no reason to be out');
  t.match(
    await purge('product:20'),
    { status: 202, text: /pending/ },
    'a purge does not claim more than it did',
  );

  await redis.restart();
  await redisIs('ready');
  // Another sidecar, whose memory is empty, sees what Redis holds and what was purged of it.
  let other: CachesideProcess | undefined;
  t.teardown(() => other?.stop());
  await until(async () => (await statsOf(cacheside)).purges.pending === 0);
  other = await start();
  await redisIs('ready', other);
  t.match(await other.get('/products/21'), { cacheStatus: /hit.*detail=redis/ }, 'Redis kept what it had');
  t.match(await other.get('/products/20'), { status: 200, cacheStatus: /fwd=/ }, 'the purge holds');
  t.match(await cacheside.get('/products/20'), { status: 200 });

  const sets = (await statsOf(cacheside)).redis.sets;
  await cacheside.get('/products/40');
  await until(async () => (await statsOf(cacheside)).redis.sets > sets);
  t.match(
    await other.get('/products/40'),
    { cacheStatus: /hit.*detail=redis/ },
    'the two share a tier again',
  );
});
