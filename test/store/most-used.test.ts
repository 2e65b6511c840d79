import t, { type Test } from 'tap';
import { mastersOf } from '../../src/redis-client.ts';
import { type MostUsedOptions, rememberMostUsed } from '../../src/store/most-used.ts';
import { connectRedis } from '../../src/store/redis-connection.ts';
import { eventually } from '../fixtures/eventually.ts';
import { startCluster } from '../fixtures/redis-cluster.ts';
import { startRedis } from '../fixtures/redis-server.ts';

const server = await startRedis();
t.teardown(() => server.stop());

const DAY = 24 * 60 * 60_000;
/** A moment when a set begins; all of the tests' replicas take it for now. */
const BEGIN = 5_000 * 4 * DAY;
const SET = 'test:used:5000';

const connect = async (t: Test, commandTimeout = 1_000) => {
  const redis = connectRedis({ url: server.url, connectTimeout: 1_000, commandTimeout }, 'tier');
  await redis.connect();
  t.teardown(() => redis.disconnect());
  return redis;
};

const replica = async (t: Test, over: Partial<MostUsedOptions> = {}) => {
  const redis = over.redis ?? (await connect(t));
  const isReady = () => redis.status === 'ready';
  const used = rememberMostUsed({
    redis,
    namespace: 'test',
    bound: 1_000,
    isReady,
    time: async () => BEGIN,
    ...over,
  });
  const use = (key: string, times = 1) => {
    for (let i = 0; i < times; i++) used.sample(key);
  };
  t.teardown(() => used.close());
  const list = async () => {
    const keys: string[] = [];
    for await (const page of used.pages()) keys.push(...page);
    return keys;
  };
  return { ...used, use, list, redis };
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
  await Promise.all([a.report(), b.report()]);
  t.strictSame((await a.list()).slice(0, 4), [
    '/products/1',
    '/caf\u00e9\u0000accept 2:de',
    '/only-b',
    '/products/2',
  ]);
  t.strictSame((await b.list()).slice(3, 5), ['/products/2', '/products/3']);
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
  t.ok((await one.list()).every((key) => Number(key.slice(1)) < 50));
});

t.test('uses fade: ten minutes later one counts for two', async (t) => {
  let now = BEGIN + DAY;
  const one = await replica(t, { time: async () => now });
  one.use('/yesterday', 40);
  await one.report();
  now += 30 * 60_000;
  one.use('/now', 6);
  one.use('/seldom', 4);
  await one.report();
  t.strictSame(await one.list(), ['/now', '/yesterday', '/seldom']);
});

t.test(
  'a set takes the uses of four days; then another begins, and the one before comes after it',
  async (t) => {
    let now = BEGIN + 4 * DAY - 1;
    const one = await replica(t, { time: async () => now });
    one.use('/both', 2);
    one.use('/before');
    await one.report();
    t.strictSame(await one.list(), ['/both', '/before'], 'scores have room in a double');
    now += 1;
    t.equal(await one.count(), 2);
    one.use('/after', 3);
    one.use('/both', 2);
    one.use('/more');
    await one.report();
    t.strictSame(await one.list(), ['/after', '/both', '/more', '/both', '/before']);
    t.equal(await one.count(), 3);
    now += 4 * DAY;
    t.strictSame(await one.list(), ['/after', '/both', '/more']);
  },
);

t.test('pages of a thousand', async (t) => {
  const one = await replica(t);
  const members = Array.from({ length: 2_000 }, (_, i) => [String(5_000 - i), `/${i}`]).flat();
  await one.redis.zadd(SET, ...members);
  const sizes: number[] = [];
  for await (const page of one.pages()) sizes.push(page.length);
  t.strictSame(sizes, [1_000, 1_000, 0, 0]);
  t.equal((await one.list())[1_999], '/1999');
});

t.test('a key beyond 1,024 characters is left out', async (t) => {
  const one = await replica(t);
  one.use('x'.repeat(1_024));
  one.use('x'.repeat(1_025));
  await one.report();
  t.strictSame(await one.list(), ['x'.repeat(1_024)]);
});

t.test('it reports by itself, and at its end', async (t) => {
  const one = await replica(t, { interval: 20 });
  one.use('/by-itself');
  await eventually(async () => (await one.count()) === 1);
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
  await one.redis.config('RESETSTAT');
  await one.report();
  t.equal(await one.redis.exists(SET), 0);
  t.notMatch(await one.redis.info('commandstats'), /cmdstat_(zincrby|zremrangebyrank)/);
});

t.test('a Cluster remembers as well', async (t) => {
  const cluster = await startCluster();
  t.teardown(() => cluster.close());
  const settings = { connectTimeout: 1_000, commandTimeout: 1_000 };
  const redis = connectRedis({ url: cluster.url, ...settings }, 'tier');
  t.teardown(() => redis.disconnect());
  await redis.connect();
  const isWhole = () => mastersOf(redis).every(({ status }) => status === 'ready');
  await eventually(isWhole);
  const one = await replica(t, { redis });
  for (let i = 0; i < 300; i++) one.use(`/${i}`, i < 10 ? 4 : 1);
  await one.report();
  one.use('/0', 100);
  await one.report();
  t.equal((await one.list())[0], '/0');
  t.equal(await redis.zscore(SET, '/0'), '104');
});

t.test('a user needs no more than these commands', async (t) => {
  const admin = await connect(t);
  const own = '+info +select +client|setname';
  const documented = '+time +zincrby +zremrangebyrank +pexpire +zcard +zrevrange';
  const rights = `${own} ${documented}`.split(' ');
  await admin.call('ACL', 'SETUSER', 'app', 'on', '>secret', '~test:*', ...rights);
  const url = server.url.replace('//', '//app:secret@');
  const redis = connectRedis({ url, connectTimeout: 1_000, commandTimeout: 1_000 }, 'tier');
  t.teardown(() => redis.disconnect());
  await redis.connect();
  const used = rememberMostUsed({ redis, namespace: 'test', bound: 2, isReady: () => true });
  for (const key of ['/a', '/a', '/a', '/c', '/c', '/d']) used.sample(key);
  await used.close();
  t.equal(await used.count(), 2);
  for await (const page of used.pages()) {
    t.strictSame(page, ['/a', '/c']);
    break;
  }
  const [set = ''] = await admin.keys('test:used:*');
  t.ok((await admin.pttl(set)) > DAY);
});
