import { isReady, mastersOf, onChange, type RedisClient } from '../redis-client.ts';

/** What the Redis servers say of themselves; `responses` are keys, `bytes` their used memory. */
export interface RedisLevels {
  readonly responses: number;
  readonly bytes: number;
  readonly evictions: number;
  readonly expired: number;
}

/** How old the levels may get; ms. */
const INTERVAL = 5_000;

/**
 * Follows the servers' levels by `INFO`, on connecting and every five seconds after. They count what
 * everybody keeps there; those of a Cluster's masters are added up. Returns the newest, and how to stop.
 */
export function watchLevels(client: RedisClient): { readonly levels: RedisLevels; stop(): void } {
  let levels: RedisLevels = { responses: 0, bytes: 0, evictions: 0, expired: 0 };
  let stopped = false;
  const ask = async (): Promise<void> => {
    if (stopped || !isReady(client)) return;
    const ready = mastersOf(client).filter(({ status }) => status === 'ready');
    const told = await Promise.all(
      ready.map((server) =>
        server.info().then(
          (info) => parseLevels(info, server.options.db ?? 0),
          // Not allowed, or gone.
          () => undefined,
        ),
      ),
    );
    const known = told.filter((one) => one !== undefined);
    // The last ones stand until somebody answers again.
    if (known.length > 0) levels = known.reduce(sum);
  };
  const timer = setInterval(ask, INTERVAL);
  timer.unref();
  onChange(client, ask);
  return {
    get levels() {
      return levels;
    },
    stop() {
      stopped = true;
      clearInterval(timer);
    },
  };
}

function sum(one: RedisLevels, other: RedisLevels): RedisLevels {
  return {
    responses: one.responses + other.responses,
    bytes: one.bytes + other.bytes,
    evictions: one.evictions + other.evictions,
    expired: one.expired + other.expired,
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
