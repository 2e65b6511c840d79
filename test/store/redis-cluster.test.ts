import { setTimeout as delay } from 'node:timers/promises';
import t from 'tap';
import type { RemoteTier } from '../../src/store/ports.ts';
import { redisKey } from '../../src/store/redis-tier.ts';
import { type RedisCluster, startCluster } from '../fixtures/redis-cluster.ts';
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
async function fill(tier: RemoteTier, keys: readonly string[]): Promise<void> {
  for (const until = performance.now() + 15_000; ; await delay(50)) {
    for (const key of keys) tier.put(key, storedResponse({ key }), Date.now() + 60_000);
    await tier.written();
    if ((await kinds(tier, keys)).every((kind) => kind === 'found')) return;
    if (performance.now() > until) throw new Error(`not all found: ${await kinds(tier, keys)}`);
  }
}

const kinds = async (tier: RemoteTier, keys: readonly string[]) =>
  (await tier.findMany(keys)).map(({ kind }) => kind);

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
    for (const until = Date.now() + 8_000; tier.stats().responses < KEYS.length && Date.now() < until; )
      await delay(50);
    t.equal(tier.stats().responses, KEYS.length);
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
    for (const until = performance.now() + 5_000; tier.state !== 'down' && performance.now() < until; )
      await delay(10);
    t.equal(tier.state, 'down');
    t.ok((await elapsed(kinds(tier, KEYS))) < 50);
    for (const until = performance.now() + 15_000; client.status === 'ready' && performance.now() < until; )
      await delay(10);
    t.not(client.status, 'ready', 'it begins again with the hosts of the URL');
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
  const cluster = await startCluster({ masters: 3 });
  t.teardown(() => cluster.close());
  await Promise.all(cluster.nodes.map((node) => node.kill()));
  const { tier, events } = tierOn(t, cluster.url, { commandTimeout: 250 });
  const took = await elapsed(tier.connect(200));
  t.ok(took < 500, `${took} ms`);
  t.equal((await tier.find('k')).kind, 'unavailable');
  for (const until = performance.now() + 3_000; tier.state !== 'down' && performance.now() < until; )
    await delay(10);
  t.match(events[0], { kind: 'state', to: 'down', reason: /ECONNREFUSED/ });
});
