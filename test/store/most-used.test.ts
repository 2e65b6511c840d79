import t, { type Test } from 'tap';
import { type MostUsedOptions, rememberMostUsed } from '../../src/store/most-used.ts';
import { connectRedis } from '../../src/store/redis-connection.ts';
import { startCluster } from '../fixtures/redis-cluster.ts';
import { startRedis } from '../fixtures/redis-server.ts';

const server = await startRedis();
t.teardown(() => server.stop());

const SET = 'test:used';
const DECAY = 'test:used:decay';
const DAY = 24 * 60 * 60_000;

const connect = async (t: Test, commandTimeout = 1_000) => {
  const redis = connectRedis({ url: server.url, connectTimeout: 1_000, commandTimeout }, 'tier');
  await redis.connect();
  t.teardown(() => redis.disconnect());
  return redis;
};

const replica = async (t: Test, over: Partial<MostUsedOptions> = {}) => {
  const redis = over.redis ?? (await connect(t));
  const isReady = () => redis.status === 'ready';
  const used = rememberMostUsed({ redis, namespace: 'test', bound: 1_000, isReady, ...over });
  const use = (key: string, times = 1) => {
    for (let i = 0; i < times; i++) used.sample(key);
  };
  t.teardown(() => used.close());
  return { ...used, use, redis };
};

t.beforeEach(async (t) => {
  const redis = await connect(t);
  await redis.flushall();
});

t.test('what the replicas use adds up, most used first', async (t) => {
  const [a, b] = [await replica(t), await replica(t)];
  for (let rank = 1; rank <= 100; rank++) {
    a.use(`/products/${rank}`, Math.round(200 / rank));
    b.use(`/products/${rank}`, Math.round(100 / rank));
  }
  b.use('/only-b', 250);
  b.use('/caf\u00e9\u0000accept 2:de', 299);
  await a.redis.set(DECAY, '1');
  await Promise.all([a.report(), b.report()]);
  t.strictSame(await a.list(0, 4), ['/products/1', '/caf\u00e9\u0000accept 2:de', '/only-b', '/products/2']);
  t.strictSame(await b.list(3, 2), ['/products/2', '/products/3']);
  t.equal(await b.count(), 102);
  t.equal(await a.redis.zscore(SET, '/products/2'), '150');
  t.ok((await a.redis.pttl(SET)) > DAY, 'it is forgotten at last');
});

t.test('a report takes a few hundred keys; the others are counted on', async (t) => {
  const one = await replica(t);
  for (let i = 0; i < 400; i++) one.use(`/head/${i}`, 2);
  one.use('/tail');
  await one.report();
  t.equal(await one.count(), 256);
  one.use('/tail', 2);
  await one.report();
  t.equal(await one.redis.zscore(SET, '/tail'), '3');
});

t.test('the set is bounded: the least used are forgotten', async (t) => {
  const one = await replica(t, { bound: 50 });
  for (let i = 0; i < 200; i++) one.use(`/${i}`, i < 50 ? 3 : 1);
  await one.report();
  t.equal(await one.count(), 50);
  t.ok((await one.list(0, 50)).every((key) => Number(key.slice(1)) < 50));
});

t.test('scores are halved by one replica, once in a while', async (t) => {
  const [a, b] = [await replica(t), await replica(t, { halfLife: 60_000 })];
  await a.redis.zadd(SET, 40, '/yesterday', 0.03, '/long-ago');
  a.use('/today', 50);
  b.use('/now', 5);
  await Promise.all([a.report(), b.report()]);
  t.equal(await a.redis.zscore(SET, '/yesterday'), '20');
  t.equal(await a.redis.zscore(SET, '/long-ago'), null, 'what has faded is forgotten');
  t.strictSame(await a.list(0, 1), ['/today']);
  t.ok((await a.redis.pttl(SET)) > DAY);
  t.ok((await a.redis.pttl(DECAY)) > 50_000);
  a.use('/today');
  await a.report();
  t.equal(await a.redis.zscore(SET, '/yesterday'), '20', 'not with every report');
  await a.redis.del(DECAY);
  a.use('/today');
  await a.report();
  t.equal(await a.redis.zscore(SET, '/yesterday'), '10');
});

t.test('a key beyond 1,024 characters is left out', async (t) => {
  const one = await replica(t);
  one.use('x'.repeat(1_024));
  one.use('x'.repeat(1_025));
  await one.report();
  t.strictSame(await one.list(0, 10), ['x'.repeat(1_024)]);
});

t.test('it reports by itself, and at its end', async (t) => {
  const one = await replica(t, { interval: 20 });
  one.use('/by-itself');
  const deadline = performance.now() + 3_000;
  while ((await one.count()) === 0 && performance.now() < deadline) await new Promise(setImmediate);
  t.equal(await one.count(), 1);
  const two = await replica(t);
  two.use('/at-last');
  await two.close();
  t.equal(await one.count(), 2);
});

t.test('nothing waits for a Redis that is away', async (t) => {
  const redis = await connect(t, 100);
  let ready = false;
  const one = await replica(t, { redis, isReady: () => ready });
  one.use('/kept', 3);
  await one.report();
  t.equal(await one.count(), 0, 'not asked while it is not ready');
  ready = true;
  server.pause();
  const began = performance.now();
  await Promise.all([one.report(), one.report()]);
  server.resume();
  t.ok(performance.now() - began < 900, 'one command time-out');
});

t.test('an idle replica asks nothing of Redis', async (t) => {
  const one = await replica(t);
  await one.report();
  t.equal(await one.redis.exists(DECAY), 0);
});

t.test('a Cluster remembers as well', async (t) => {
  const cluster = await startCluster();
  t.teardown(() => cluster.close());
  const settings = { connectTimeout: 1_000, commandTimeout: 1_000 };
  const redis = connectRedis({ url: cluster.url, ...settings }, 'tier');
  t.teardown(() => redis.disconnect());
  await redis.connect();
  const one = await replica(t, { redis });
  for (let i = 0; i < 300; i++) one.use(`/${i}`, i < 10 ? 4 : 1);
  await one.report();
  await redis.del(DECAY);
  one.use('/0', 100);
  await one.report();
  t.strictSame(await one.list(0, 1), ['/0']);
  t.equal(await redis.zscore(SET, '/0'), '102');
});

t.test('a user needs no more than these commands', async (t) => {
  const admin = await connect(t);
  const allowed = '+set +zincrby +zunionstore +zremrangebyrank +zremrangebyscore +pexpire +zcard +zrevrange';
  await admin.call(
    'ACL',
    'SETUSER',
    'app',
    'on',
    '>secret',
    '~test:*',
    '+info',
    '+select',
    '+client|setname',
    ...allowed.split(' '),
  );
  const url = server.url.replace('//', '//app:secret@');
  const redis = connectRedis({ url, connectTimeout: 1_000, commandTimeout: 1_000 }, 'tier');
  t.teardown(() => redis.disconnect());
  await redis.connect();
  const one = await replica(t, { redis, bound: 2 });
  await admin.zadd(SET, 40, '/a', 0.01, '/b');
  for (const key of ['/a', '/a', '/c', '/c', '/d']) one.use(key);
  await one.report();
  t.strictSame(await one.list(0, 10), ['/a', '/c']);
  t.equal(await admin.zscore(SET, '/a'), '22');
  t.ok((await admin.pttl(SET)) > DAY);
  t.equal(await one.count(), 2);
});
