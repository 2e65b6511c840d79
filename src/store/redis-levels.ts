import type { Redis } from 'ioredis';

/** What the Redis server says of itself; `responses` are keys, `bytes` its used memory. */
export interface RedisLevels {
  readonly responses: number;
  readonly bytes: number;
  readonly evictions: number;
  readonly expired: number;
}

/** How old the levels may get; ms. */
const INTERVAL = 5_000;

/**
 * Follows the server's levels by `INFO`, on connecting and every five seconds after. They count what
 * everybody keeps on that server. Returns the newest, and how to stop.
 */
export function watchLevels(redis: Redis): { readonly levels: RedisLevels; stop(): void } {
  let levels: RedisLevels = { responses: 0, bytes: 0, evictions: 0, expired: 0 };
  const ask = async (): Promise<void> => {
    if (redis.status !== 'ready') return;
    try {
      levels = parseLevels(await redis.info(), redis.options.db ?? 0);
    } catch {
      // Not allowed, or gone: the last ones stand until it answers again.
    }
  };
  const timer = setInterval(ask, INTERVAL);
  timer.unref();
  redis.on('ready', ask);
  return {
    get levels() {
      return levels;
    },
    stop() {
      clearInterval(timer);
      redis.off('ready', ask);
    },
  };
}

/** Reads the text of `INFO`; what it lacks counts as 0. */
export function parseLevels(info: string, db: number): RedisLevels {
  const number = (pattern: RegExp) => Number(pattern.exec(info)?.[1] ?? 0);
  return {
    responses: number(new RegExp(`^db${db}:keys=(\\d+)`, 'm')),
    bytes: number(/^used_memory:(\d+)/m),
    evictions: number(/^evicted_keys:(\d+)/m),
    expired: number(/^expired_keys:(\d+)/m),
  };
}
