import { setTimeout as delay } from 'node:timers/promises';
import { withClient } from '../../fixtures/redis-client.ts';
import type { RedisCluster } from '../../fixtures/redis-cluster.ts';
import type { Sentinels } from '../../fixtures/redis-sentinel.ts';
import type { RedisServer } from '../../fixtures/redis-server.ts';
import type { Random } from './random.ts';
import type { Replica } from './replica.ts';

/** Something that goes wrong, and comes right again before `run` resolves. */
export interface Fault {
  readonly name: string;
  /**
   * What the log may lose of what it has confirmed. Where that is all, everything stored before counts as purged. Where it
   * is its `end`, a sidecar may go on reading and not notice, until it is appended again.
   */
  readonly loses: 'nothing' | 'end' | 'all';
  run(random: Random): Promise<void>;
}

const LOG = 'cacheside:purges';
const call = (server: RedisServer, name: string, ...args: string[]): Promise<unknown> =>
  withClient(server.port, (client) => client.call(name, ...args)).catch(() => undefined);

async function pauseFor(server: RedisServer, ms: number): Promise<void> {
  server.pause();
  await delay(ms);
  server.resume();
}

/** What can happen to one Redis. */
export function faultsOfServer(redis: RedisServer): Fault[] {
  return [
    {
      name: 'Redis is killed and comes back empty',
      loses: 'all',
      async run(random) {
        await redis.kill();
        await delay(random.below(500));
        await redis.restart();
      },
    },
    {
      name: 'Redis is paused',
      loses: 'nothing',
      run: (random) => pauseFor(redis, 100 + random.below(1_200)),
    },
    { name: 'Redis is flushed', loses: 'all', run: async () => void (await call(redis, 'FLUSHALL')) },
    { name: 'the log is deleted', loses: 'all', run: async () => void (await call(redis, 'DEL', LOG)) },
    {
      name: 'the log is trimmed',
      loses: 'nothing',
      run: async () => void (await call(redis, 'XTRIM', LOG, 'MAXLEN', '1')),
    },
    {
      name: 'connections are killed',
      loses: 'nothing',
      run: async () => void (await call(redis, 'CLIENT', 'KILL', 'TYPE', 'normal')),
    },
  ];
}

/** What can happen to the link between one sidecar and Redis. */
export function faultsOfLinks(replicas: readonly Replica[], redis: RedisServer): Fault[] {
  const trim = () => call(redis, 'XTRIM', LOG, 'MAXLEN', '1');
  const broken = (name: string, how: 'cut' | 'stall', shortest: number, longest: number): Fault => ({
    name,
    loses: 'nothing',
    async run(random) {
      const { link } = random.pick(replicas);
      link?.[how]();
      await delay(shortest + random.below(longest - shortest));
      await link?.restore();
    },
  });
  return [
    broken('the link of one is cut', 'cut', 0, 1_500),
    broken('the link of one is half-open', 'stall', 0, 1_500),
    broken('the link of one is away for longer than lease and cap', 'stall', 2_000, 3_000),
    {
      name: 'the log is trimmed while the link of one is cut',
      loses: 'nothing',
      async run(random) {
        const { link } = random.pick(replicas);
        link?.cut();
        await delay(100 + random.below(300));
        await trim();
        await link?.restore();
      },
    },
    {
      name: 'the link of one is slow',
      loses: 'nothing',
      async run(random) {
        const { link } = random.pick(replicas);
        link?.slow(20 + random.below(100));
        await delay(random.below(1_000));
        await link?.restore();
      },
    },
  ];
}

/** What can happen to the sidecars themselves; `away` takes Redis from one, and returns how it comes back. */
export function faultsOfReplicas(
  replicas: readonly Replica[],
  away: ((replica: Replica) => () => unknown) | undefined,
): Fault[] {
  const restarts: Fault = {
    name: 'a sidecar restarts',
    loses: 'nothing',
    run: async (random) => void (await random.pick(replicas).restart()),
  };
  const killed: Fault = {
    name: 'a sidecar is killed',
    loses: 'nothing',
    run: async (random) => void (await random.pick(replicas).restart(undefined, 'kill')),
  };
  if (replicas.every(({ running }) => running.kill !== undefined)) return [restarts, killed];
  if (away === undefined) return [restarts];
  const without: Fault = {
    name: 'a sidecar restarts with Redis away',
    loses: 'nothing',
    async run(random) {
      const replica = random.pick(replicas);
      let back: () => unknown = () => {};
      await replica.restart(async () => {
        back = away(replica);
      });
      await delay(random.below(1_000));
      await back();
    },
  };
  return [restarts, without];
}

/** What can happen to a master that Sentinels watch. */
export function faultsOfSentinels(sentinels: Sentinels): Fault[] {
  return [
    {
      name: 'the master is killed, another one takes over',
      loses: 'end',
      async run() {
        await sentinels.revive(await sentinels.killMaster());
      },
    },
    { name: 'the Sentinels fail over', loses: 'end', run: () => sentinels.failover() },
    {
      name: 'the master is paused until another one took over',
      loses: 'end',
      async run() {
        const master = await sentinels.master();
        master.pause();
        try {
          while ((await sentinels.master()) === master) await delay(50);
        } finally {
          master.resume();
        }
        await sentinels.inStep();
      },
    },
    {
      name: 'the master is flushed',
      loses: 'all',
      run: async () => void (await call(await sentinels.master(), 'FLUSHALL')),
    },
    {
      name: 'the master is paused for a moment',
      loses: 'nothing',
      run: async () => pauseFor(await sentinels.master(), 150),
    },
    {
      name: 'connections are killed',
      loses: 'nothing',
      run: async () => void (await call(await sentinels.master(), 'CLIENT', 'KILL', 'TYPE', 'normal')),
    },
  ];
}

/** What can happen to the nodes of a Cluster. */
export function faultsOfCluster(cluster: RedisCluster): Fault[] {
  const nodeOfLog = () => cluster.nodeOf(LOG);
  const other = async () => ((await nodeOfLog()) + 1) % 3;
  const lose = async (i: number): Promise<void> => {
    await cluster.killNode(i);
    await delay(200);
    await cluster.restartNode(i);
  };
  return [
    { name: 'the node with the log is lost', loses: 'end', run: async () => lose(await nodeOfLog()) },
    { name: 'another node is lost', loses: 'nothing', run: async () => lose(await other()) },
    {
      name: 'the node with the log is paused for a moment',
      loses: 'nothing',
      run: async (random) => pauseFor(cluster.nodes[await nodeOfLog()] as RedisServer, random.below(500)),
    },
    {
      name: 'every node is flushed',
      loses: 'all',
      run: async () => void (await Promise.all(cluster.nodes.map((node) => call(node, 'FLUSHALL')))),
    },
  ];
}
