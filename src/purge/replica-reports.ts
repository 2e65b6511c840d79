import type { RedisClient } from '../redis-client.ts';

/** What a replica says of itself. */
export interface ReplicaReport {
  readonly name: string;
  /** The entry of the log up to which it has applied everything; undefined: it has read none. */
  readonly cursor: Cursor | undefined;
  /** When it said so, by the time at Redis; ms since the epoch. */
  readonly seen: number;
}

/** One entry of the log; its token tells it from another one under the same id. */
export interface Cursor {
  readonly id: string;
  readonly token: string;
}

export function encodeReport({ name, cursor, seen }: ReplicaReport): string {
  return JSON.stringify({ name, id: cursor?.id, token: cursor?.token, seen: Math.round(seen) });
}

/** What cannot be understood is still a replica, and one that has applied nothing. Never throws. */
export function decodeReport(json: string, replica: string): ReplicaReport {
  let wire: unknown;
  try {
    wire = JSON.parse(json);
  } catch {
    wire = undefined;
  }
  const members = typeof wire === 'object' && wire !== null ? new Map(Object.entries(wire)) : new Map();
  const text = (name: string) =>
    typeof members.get(name) === 'string' ? String(members.get(name)) : undefined;
  const id = text('id');
  const isCursor = id !== undefined && /^\d+-\d+$/.test(id);
  const seen = members.get('seen');
  return {
    name: text('name') ?? replica,
    cursor: isCursor ? { id, token: text('token') ?? '' } : undefined,
    seen: typeof seen === 'number' ? seen : 0,
  };
}

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
