import type { RedisClient } from './log-connection.ts';

/**
 * The hash of what replicas say of themselves, one field each, through one connection. Every method
 * rejects as the command does.
 */
export interface ReplicaHash {
  /** By replica. */
  all(): Promise<ReadonlyMap<string, string>>;
  /** True where it was not there: the first time, or after the hash was lost. */
  put(replica: string, report: string): Promise<boolean>;
  /** For one that cannot say it itself; what stands there stays. */
  restore(replica: string, report: string): Promise<void>;
  remove(replica: string): Promise<void>;
}

export function createReplicaHash(redis: RedisClient, key: string): ReplicaHash {
  return {
    all: async () => new Map(Object.entries(await redis.hgetall(key))),
    put: async (replica, report) => (await redis.hset(key, replica, report)) > 0,
    async restore(replica, report) {
      await redis.hsetnx(key, replica, report);
    },
    async remove(replica) {
      await redis.hdel(key, replica);
    },
  };
}
