import type { Redis } from 'ioredis';

/** What a connection of the log waits for at most; ms. */
export interface Waits {
  readonly commandTimeout: number;
  readonly socketTimeout: number;
}

/**
 * Makes a connection (named by `role`) that reconnects for good, with back-off and jitter, and
 * neither queues commands while it is down nor repeats them by itself: that is done by the log, once it
 * is known what it holds.
 */
export type OpenRedis = (role: string, waits: Waits) => Redis;

const MAX_BACKOFF = 2_000;

/** Opens a connection that was made lazily, or had given up. */
export function connect(redis: Redis): void {
  if (redis.status === 'wait' || redis.status === 'end') redis.connect().catch(() => {});
}

/** Without waiting for the other side, which may have stopped answering. */
export function disconnect(redis: Redis): void {
  redis.disconnect();
  redis.stream?.destroy();
}

/** Resolves once the connection can take commands, or with the signal. */
export function whenReady(redis: Redis, signal: AbortSignal): Promise<void> {
  if (redis.status === 'ready' || signal.aborted) return Promise.resolve();
  connect(redis);
  return new Promise((resolve) => {
    const done = () => {
      redis.off('ready', done);
      signal.removeEventListener('abort', done);
      resolve();
    };
    redis.once('ready', done);
    signal.addEventListener('abort', done, { once: true });
  });
}

/** Doubling from 50 ms, halved at random; ms. */
export function backOff(failures: number): number {
  const full = Math.min(MAX_BACKOFF, 50 * 2 ** Math.min(failures, 10));
  return full / 2 + (Math.random() * full) / 2;
}
