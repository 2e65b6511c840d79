import { Redis } from 'ioredis';
import t, { type Test } from 'tap';
import { redisKey } from '../../src/store/redis-key.ts';
import { createRedisLocks, lockKey, type RedisLocksOptions } from '../../src/store/redis-lock.ts';
import { eventually } from '../fixtures/eventually.ts';
import { startRedis } from '../fixtures/redis-server.ts';
import { pause } from '../proxy/start.ts';
import { storedResponse } from './stored-samples.ts';

const NAMESPACE = 'test';
const NAME = lockKey(NAMESPACE, 'k');

/** Locks of two replicas, and a connection of the test's own. */
async function setUp(t: Test, options: Partial<RedisLocksOptions> = {}) {
  const server = await startRedis();
  t.teardown(() => server.kill());
  const clients = [1, 2, 3].map(
    () => new Redis(server.url, { maxRetriesPerRequest: 0, commandTimeout: 200, retryStrategy: () => 20 }),
  );
  for (const client of clients) {
    client.on('error', () => {});
    t.teardown(() => client.disconnect());
  }
  const clock = { time: 0, now: () => Date.now(), monotonic: () => clock.time };
  const locksOn = (redis: Redis) =>
    createRedisLocks({
      redis,
      namespace: NAMESPACE,
      available: () => true,
      written: async () => {},
      clock,
      lease: 150,
      ...options,
    });
  const [one, two, client] = clients;
  if (one === undefined || two === undefined || client === undefined) throw new Error('three were made');
  return { server, clock, client, a: locksOn(one), b: locksOn(two) };
}

/** The lock, or an error where it was not taken. */
async function take(locks: Awaited<ReturnType<typeof setUp>>['a'], key = 'k') {
  const answer = await locks.take(key);
  if (answer.kind !== 'taken') throw new Error(`it is ${answer.kind}`);
  return answer.lock;
}

t.test('one takes, others see who holds it, until it is released', async (t) => {
  const { a, b, client } = await setUp(t);
  t.same(await b.look('k'), { kind: 'free' });
  const lock = await take(a);
  const seen = await b.take('k');
  t.same(seen, { kind: 'held', by: await client.get(NAME) });
  t.same(await b.look('k'), seen);
  t.equal((await b.take('another')).kind, 'taken');
  lock.release();
  t.same(await a.look('k'), { kind: 'free' }, 'sent behind the release');
  const again = await take(b);
  t.not(((await a.look('k')) as { by?: string }).by, (seen as { by?: string }).by, 'a token of its own');
  again.release();
});

t.test('it is held beyond its lease, and runs out when nobody holds it up', async (t) => {
  const { a, b, client } = await setUp(t);
  const lock = await take(a);
  for (let i = 0; i < 8; i++) {
    await pause(50);
    t.equal((await b.look('k')).kind, 'held');
  }
  lock.release();
  await client.set(NAME, 'of a process that is gone', 'PX', 60);
  t.equal((await b.look('k')).kind, 'held');
  await pause(100);
  t.equal((await b.take('k')).kind, 'taken');
});

t.test('what another took over is left alone', async (t) => {
  for (const end of ['release', 'mark', 'extend'] as const) {
    await t.test(end, async (t) => {
      const { a, client } = await setUp(t);
      const lock = await take(a);
      await client.set(NAME, 'another', 'PX', 120);
      if (end === 'release') lock.release();
      if (end === 'mark') lock.mark('not-shared', 10_000);
      if (end === 'extend') {
        await pause(180);
        t.equal(await client.get(NAME), null, 'ran out');
        await client.set(NAME, 'another', 'PX', 120);
      }
      await a.look('k');
      t.equal(await client.get(NAME), 'another');
      t.ok((await client.pttl(NAME)) <= 120);
    });
  }
});

t.test('a mark is told, keeps everybody from taking the lock, and runs out', async (t) => {
  const { a, b } = await setUp(t);
  for (const mark of ['not-storable', 'not-shared'] as const) {
    const lock = await take(a, mark);
    lock.mark(mark, 120);
    await a.look(mark);
    t.same(await b.take(mark), { kind: 'marked', mark });
    t.same(await b.look(mark), { kind: 'marked', mark });
    await pause(160);
    t.equal((await b.take(mark)).kind, 'taken');
  }
});

t.test('tells what Redis has, once it is written', async (t) => {
  const order: string[] = [];
  const { a, client } = await setUp(t, { written: async () => void order.push('written') });
  const plain = storedResponse({ key: 'plain' });
  const variant = storedResponse({ key: 'plain', variant: 'v' });
  t.equal(await a.isShared(plain), false);
  await client.set(redisKey(NAMESPACE, 'plain'), 'any');
  t.equal(await a.isShared(plain), true);
  t.equal(await a.isShared(variant), false);
  await client.set(redisKey(NAMESPACE, 'plain\u0000v'), 'any');
  t.equal(await a.isShared(variant), true);
  t.equal(await a.isShared(undefined), true);
  t.equal(order.length, 5);
});

t.test('Redis that is away, silent or not to be asked is told as unavailable, without a throw', async (t) => {
  const { a, b, server, clock } = await setUp(t);
  const lock = await take(a);
  server.pause();
  t.teardown(() => server.resume());
  t.same(await b.look('k'), { kind: 'unavailable' });
  const began = performance.now();
  t.same(await b.take('k'), { kind: 'unavailable' });
  t.ok(performance.now() - began < 100, 'at once: left alone for a while');
  t.equal(await b.isShared(storedResponse()), true, 'nobody is told otherwise');
  server.resume();
  await eventually(async () => {
    clock.time += 1_000;
    return (await b.look('k')).kind !== 'unavailable';
  });
  await server.kill();
  lock.release();
  clock.time += 1_000;
  t.same(await b.take('k'), { kind: 'unavailable' });
  const barred = await setUp(t, { available: () => false });
  t.same(await barred.a.take('k'), { kind: 'unavailable' });
});

t.test('Redis that does not allow it is left alone for long, and it is told once', async (t) => {
  const told: string[] = [];
  const { a, client, clock } = await setUp(t, { onRefused: ({ message }) => told.push(message) });
  await client.acl('SETUSER', 'default', '-set');
  t.same(await a.take('k'), { kind: 'unavailable' });
  clock.time += 29_000;
  t.same(await a.take('k'), { kind: 'unavailable' });
  t.match(told, [/^NOPERM/]);
  t.equal(told.length, 1);
  await client.acl('SETUSER', 'default', '+set');
  clock.time += 1_000;
  (await take(a)).release();
});

t.test('Redis that cannot now is left alone for a second', async (t) => {
  const told: string[] = [];
  const { a, client, clock } = await setUp(t, { onRefused: ({ message }) => told.push(message) });
  await client.config('SET', 'maxmemory', '1');
  t.same(await a.take('k'), { kind: 'unavailable' });
  await client.config('SET', 'maxmemory', '0');
  t.same(await a.take('k'), { kind: 'unavailable' }, 'not asked again yet');
  clock.time += 1_000;
  (await take(a)).release();
  t.same(told, [], 'it is over by itself');
});

t.test('something else under the name of one lock is no reason to leave the others', async (t) => {
  const { a, client } = await setUp(t);
  await client.lpush(NAME, 'x');
  t.same(await a.take('k'), { kind: 'unavailable' });
  (await take(a, 'other')).release();
});

t.test('lock keys are readable up to 256 characters, and digested beyond', async (t) => {
  t.equal(lockKey('n', 'http://a.test/x'), 'n:l:http://a.test/x');
  t.equal(lockKey('n:m', 'k'), 'n:m:l:k');
  t.match(lockKey('n', 'x'.repeat(300)), /^n:l:sha256:[0-9a-f]{64}$/);
});
