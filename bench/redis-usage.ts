import type { Redis } from 'ioredis';

/** What a Redis has done since its counters were reset. */
export interface RedisUsage {
  /** By name; the measurement's own are left out. */
  readonly commands: ReadonlyMap<string, number>;
  /** Sum of those. */
  readonly operations: number;
  /** Bytes from and to clients. */
  readonly bytes: number;
  readonly connections: number;
  /** ms since the reset. */
  readonly elapsed: number;
}

/** Counts what happens at a Redis between `begin` and `end`. */
export interface RedisMeter {
  begin(): Promise<void>;
  end(): Promise<RedisUsage>;
}

/** `client` is used for nothing else. */
export function meterRedis(client: Redis): RedisMeter {
  let began = 0;
  return {
    async begin() {
      await client.config('RESETSTAT');
      began = performance.now();
    },
    async end() {
      const elapsed = performance.now() - began;
      const [stats, net, clients] = await Promise.all([
        client.info('commandstats'),
        client.info('stats'),
        client.info('clients'),
      ]);
      const found = [...stats.matchAll(/^cmdstat_([^:]+):calls=(\d+)/gm)];
      const commands = new Map(
        found
          .map(([, name = '', calls]) => [name, Number(calls)] as const)
          .filter(([name]) => !name.startsWith('config')),
      );
      return {
        commands,
        operations: [...commands.values()].reduce((sum, calls) => sum + calls, 0),
        bytes: numberIn(net, 'total_net_input_bytes') + numberIn(net, 'total_net_output_bytes'),
        connections: numberIn(clients, 'connected_clients') - 1,
        elapsed,
      };
    },
  };
}

function numberIn(info: string, name: string): number {
  return Number(new RegExp(`^${name}:(\\d+)`, 'm').exec(info)?.[1] ?? 0);
}
