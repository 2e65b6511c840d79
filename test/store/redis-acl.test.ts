import { Redis } from 'ioredis';
import t, { type Test } from 'tap';
import { systemClock } from '../../src/clock.ts';
import { createPurgeStream } from '../../src/purge/purge-stream.ts';
import { rememberMostUsed } from '../../src/store/most-used.ts';
import { createRedisLocks } from '../../src/store/redis-lock.ts';
import { eventually } from '../fixtures/eventually.ts';
import { startCluster } from '../fixtures/redis-cluster.ts';
import { startRedis } from '../fixtures/redis-server.ts';
import { documentedRules } from '../fixtures/redis-user.ts';
import { KEY, startSidecar, tag } from '../purge/sidecar.ts';
import { storedResponse } from './stored-samples.ts';
import { NAMESPACE, tierOn } from './tier-on.ts';

/** Asks for everything that Cacheside asks Redis for. */
async function useAll(t: Test, url: string, calls: (command: string) => Promise<number>): Promise<void> {
  const { tier, client } = tierOn(t, url);
  await tier.connect(2_000);
  // Of all slots, since one key of a Cluster is one node.
  const keys = Array.from({ length: 40 }, (_, i) => `k${i}`);
  // A node of a Cluster is connected to when it is first asked for something.
  await eventually(async () => {
    for (const key of keys) tier.put(key, storedResponse({ key }), Date.now() + 60_000);
    await tier.written();
    return (await tier.findMany(keys)).every(({ kind }) => kind === 'found');
  });
  tier.delete('k0');
  await tier.written();

  const refused: Error[] = [];
  const locks = createRedisLocks({
    redis: client,
    namespace: NAMESPACE,
    available: () => tier.state === 'ready',
    written: tier.written,
    clock: systemClock,
    onRefused: (error) => refused.push(error),
    lease: 60,
  });
  for (const end of ['release', 'mark'] as const) {
    const taken = await locks.take(end);
    t.equal(taken.kind, 'taken');
    t.equal((await locks.look(end)).kind, 'held');
    const extended = await calls('pexpire');
    await eventually(async () => (await calls('pexpire')) > extended);
    if (taken.kind !== 'taken') continue;
    if (end === 'mark') taken.lock.mark('not-storable', 1_000);
    else taken.lock.release();
  }
  t.equal(await locks.isShared(storedResponse({ key: 'k1' })), true);

  const used = rememberMostUsed({ redis: client, namespace: NAMESPACE, bound: 10, isReady: () => true });
  used.sample('k1');
  await used.report();
  t.equal(await used.count(), 1);
  for await (const page of used.pages()) t.ok(page.length <= 1);
  await used.close();

  const one = await startSidecar(t, { url, name: 'one' });
  const other = await startSidecar(t, { url, name: 'other' });
  const asOf = other.log.applied;
  t.match(await one.log.append([tag('x')]), { kind: 'appended' });
  await other.until('the purge', () => other.fromRedis('x', asOf) === 'hard');
  await createPurgeStream(client, KEY, 'test').forget('1-0');
  await one.log.close();
  t.strictSame(refused, []);
}

interface Administered {
  readonly ports: readonly number[];
  readonly url: string;
}

/** How often a command was called, by what INFO says of it. */
const callsIn = (text: string, command: string): number =>
  Number(new RegExp(`cmdstat_${command}:calls=(\\d+)`).exec(text)?.[1] ?? 0);

/** Gives every server the user, lets it work, and tells what it was refused and what it never asked for. */
async function check(t: Test, { ports, url }: Administered, kind: 'server' | 'cluster'): Promise<void> {
  const rules = documentedRules(NAMESPACE, kind);
  const admins = ports.map((port) => new Redis(port, '127.0.0.1'));
  t.teardown(() => {
    for (const admin of admins) admin.disconnect();
  });
  for (const admin of admins) await admin.acl('SETUSER', 'app', 'on', '>pw', ...rules);
  for (const admin of admins) await admin.config('RESETSTAT');
  const calls = async (command: string): Promise<number> => {
    const told = await Promise.all(admins.map((admin) => admin.info('commandstats')));
    return told.reduce((sum, text) => sum + callsIn(text, command), 0);
  };
  await useAll(t, url.replace('://', '://app:pw@'), calls);
  const stats: string[] = [];
  for (const admin of admins) {
    t.strictSame(await admin.acl('LOG'), [], 'nothing was refused');
    stats.push(await admin.info('commandstats'));
  }
  const idle = rules.filter((rule) => {
    const name = /^\+(.+)$/.exec(rule)?.[1];
    return name !== undefined && !stats.some((text) => text.includes(`cmdstat_${name}:`));
  });
  // Of a redirection, a failover, a database and a hash of replicas that was lost.
  const rare = new Set(['+asking', '+readwrite', '+select', '+hsetnx']);
  t.strictSame(
    idle.filter((rule) => !rare.has(rule)),
    [],
    'nothing more is documented than is used',
  );
}

t.test('the documented user of one server', async (t) => {
  const server = await startRedis();
  t.teardown(() => server.stop());
  await check(t, { ports: [server.port], url: `${server.url}/1` }, 'server');
});

t.test('the documented user of a Cluster', async (t) => {
  const cluster = await startCluster({ masters: 3 });
  t.teardown(() => cluster.close());
  await check(t, { ports: cluster.nodes.map(({ port }) => port), url: cluster.url }, 'cluster');
});
