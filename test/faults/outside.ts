import { Redis } from 'ioredis';
import type { Test } from 'tap';
import { type Origin, type OriginHandler, startOrigin } from '../fixtures/origin.ts';
import { type RedisServer, startRedis } from '../fixtures/redis-server.ts';

/** What sidecars work with. */
export interface Outside {
  readonly redis: RedisServer;
  readonly origin: Origin;
  /** A connection of the test's own; comes back by itself. */
  readonly client: Redis;
}

/** A Redis with these further arguments and an origin, until the test ends. */
export async function startOutside(
  t: Test,
  handler: OriginHandler,
  args: readonly string[] = [],
): Promise<Outside> {
  const redis = await startRedis({ args });
  t.teardown(() => redis.kill());
  const origin = await startOrigin(handler);
  t.teardown(() => origin.close());
  const client = new Redis(redis.url, { retryStrategy: () => 20 });
  client.on('error', () => {});
  t.teardown(() => client.disconnect());
  return { redis, origin, client };
}
