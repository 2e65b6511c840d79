import { setTimeout as delay } from 'node:timers/promises';
import t from 'tap';
import { systemClock } from '../../src/clock.ts';
import type { RemoteTier } from '../../src/store/ports.ts';
import { redisKey } from '../../src/store/redis-key.ts';
import { createRedisLocks, lockKey } from '../../src/store/redis-lock.ts';
import { eventually } from '../fixtures/eventually.ts';
import { type RedisCluster, startCluster } from '../fixtures/redis-cluster.ts';
import { freePort } from '../fixtures/redis-server.ts';
import { storedResponse } from './stored-samples.ts';
import { elapsed, NAMESPACE, tierOn } from './tier-on.ts';

const KEYS = Array.from({ length: 60 }, (_, i) => `k${i}`);

/** Those of the keys that lie at the node, and the others. */
async function keysOf(
  cluster: RedisCluster,
  node: number,
): Promise<{ there: string[]; elsewhere: string[] }> {
  const at = await Promise.all(KEYS.map((key) => cluster.nodeOf(redisKey(NAMESPACE, key))));
  return {
    there: KEYS.filter((_, i) => at[i] === node),
    elsewhere: KEYS.filter((_, i) => at[i] !== node),
  };
}

/** Puts until all of them are found. */
const fill = (tier: RemoteTier, keys: readonly string[]): Promise<void> =>
  eventually(async () => {
    for (const key of keys) tier.put(key, storedResponse({ key }), Date.now() + 60_000);
    await tier.written();
    return (await kinds(tier, keys)).every((kind) => kind === 'found');
  }, 15_000);

const kinds = async (tier: RemoteTier, keys: readonly string[]) =>
  (await tier.findMany(keys)).map(({ kind }) => kind);

// They wait most of the time, two seconds for each Cluster that comes up.
t.jobs = 3;

t.test('a Cluster without replicas', async (t) => {
  const cluster = await startCluster({ masters: 3 });
  t.teardown(() => cluster.close());
  const { there, elsewhere } = await keysOf(cluster, 0);
  t.ok(there.length > 5 && elsewhere.length > 20, `${there.length} of ${KEYS.length} at the first`);
  const { tier, events, client } = tierOn(t, cluster.url, { commandTimeout: 250, maxInFlight: 500 });
  await tier.connect(2_000);
  t.equal(tier.state, 'ready');
  await fill(tier, KEYS);
  t.ok(tier.stats().bytes > 0);

  await t.test('the levels are those of all masters together', async (t) => {
    // Asks for them as it connects, and not before 5 s have passed again.
    const { tier } = tierOn(t, cluster.url);
    await tier.connect(2_000);
    await eventually(() => tier.stats().responses === KEYS.length, 8_000);
  });

  await t.test('replicas lock one key each, wherever it lies', async (t) => {
    const replica = async () => {
      const { client, tier } = tierOn(t, cluster.url);
      await tier.connect(2_000);
      return createRedisLocks({
        redis: client,
        namespace: NAMESPACE,
        available: () => tier.state === 'ready',
        written: tier.written,
        clock: systemClock,
        // Longer than the test: no lock is free because it ran out.
        lease: 60_000,
      });
    };
    const [one, other] = await Promise.all([replica(), replica()]);
    const at = await Promise.all(KEYS.map((key) => cluster.nodeOf(lockKey(NAMESPACE, key))));
    t.equal(new Set(at).size, 3, 'their locks lie at every node');
    const taken = await Promise.all(KEYS.map((key) => one.take(key)));
    t.ok(taken.every(({ kind }) => kind === 'taken'));
    const seen = await Promise.all(KEYS.map((key) => other.take(key)));
    t.ok(seen.every(({ kind }) => kind === 'held'));
    for (const [i, answer] of taken.entries()) {
      if (answer.kind !== 'taken') continue;
      if (i % 2 === 0) answer.lock.release();
      else answer.lock.mark('not-shared', 60_000);
    }
    await eventually(async () => {
      const left = await Promise.all(KEYS.map((key) => other.look(key)));
      return left.every(({ kind }, i) => kind === (i % 2 === 0 ? 'free' : 'marked'));
    });
    const shared = await Promise.all(
      ['k1', 'nobody has it'].map((key) => other.isShared(storedResponse({ key }))),
    );
    t.strictSame(shared, [true, false]);
  });

  await t.test('a node hangs: its keys are a miss in time, the others go on', async (t) => {
    cluster.nodes[0]?.pause();
    t.teardown(() => cluster.nodes[0]?.resume());
    let slowest = 0;
    const begun = performance.now();
    while (performance.now() - begun < 1_500) {
      const took = await elapsed(
        kinds(tier, KEYS).then((found) => {
          for (const [i, kind] of found.entries()) {
            if (!there.includes(KEYS[i] ?? '') && kind !== 'found') t.fail(`${KEYS[i]}: ${kind}`);
          }
        }),
      );
      slowest = Math.max(slowest, took);
      await delay(20);
    }
    t.ok(slowest < 700, `${slowest} ms`);
    t.equal(tier.state, 'ready');
    const took = await elapsed(kinds(tier, there));
    t.ok(took < 50, `${took} ms: at once, since its connection was given up`);
  });
  await fill(tier, KEYS);

  await t.test('a node is killed, and started again empty', async (t) => {
    await cluster.killNode(0);
    const found = await kinds(tier, elsewhere);
    t.ok(
      found.every((kind) => kind === 'found'),
      `${found}`,
    );
    const lost = await kinds(tier, there);
    t.ok(
      lost.every((kind) => kind === 'unavailable'),
      `${lost}`,
    );
    t.equal(tier.state, 'ready');
    await cluster.restartNode(0);
    await fill(tier, KEYS);
  });

  await t.test('all of it is gone, and comes back', async (t) => {
    await Promise.all(cluster.nodes.map((node) => node.kill()));
    await eventually(() => tier.state === 'down', 5_000);
    t.ok((await elapsed(kinds(tier, KEYS))) < 50);
    // It begins again with the hosts of the URL.
    await eventually(() => client.status !== 'ready', 15_000);
    await Promise.all([0, 1, 2].map((i) => cluster.restartNode(i)));
    await fill(tier, KEYS);
    t.equal(tier.state, 'ready');
  });
  t.match(events[0], { kind: 'state', to: 'ready' });
});

t.test('a replica takes over', async (t) => {
  const cluster = await startCluster({ masters: 3, replicasEach: 1, fullCoverage: true });
  t.teardown(() => cluster.close());
  const { there } = await keysOf(cluster, 0);
  const { tier } = tierOn(t, cluster.url, { commandTimeout: 250, maxInFlight: 500 });
  await tier.connect(2_000);
  await fill(tier, KEYS);
  await cluster.killNode(0);
  await fill(tier, there);
  await fill(tier, KEYS);
  t.equal(tier.state, 'ready');
});

t.test('nobody is there at the start', async (t) => {
  const hosts = await Promise.all([1, 2, 3].map(async () => `127.0.0.1:${await freePort()}`));
  const { tier, events } = tierOn(t, `redis-cluster://${hosts.join(',')}`, { commandTimeout: 250 });
  const took = await elapsed(tier.connect(200));
  t.ok(took < 500, `${took} ms`);
  t.equal((await tier.find('k')).kind, 'unavailable');
  await eventually(() => tier.state === 'down');
  t.match(events[0], { kind: 'state', to: 'down', reason: /ECONNREFUSED/ });
});
