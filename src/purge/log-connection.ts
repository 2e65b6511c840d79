import { isReady, mastersOf, onChange, type RedisClient } from '../redis-client.ts';

/** What a connection of the log waits for at most; ms. */
export interface Waits {
  readonly commandTimeout: number;
  readonly socketTimeout: number;
}

/**
 * Makes a connection (named by `role`) that reconnects for good, with back-off and jitter, and
 * neither queues commands while it is down nor repeats them by itself: that is done by the log, once it
 * is known what it holds.
 *
 * It may lead to a Cluster. Ask `isReady` then, not `status`: that says only that the slots are known. Even
 * a ready one may have lost the one master that has the log's key; commands then fail at once, and one that
 * blocks fails with its connection, or within its socket time-out where the node fell silent. So whether the
 * log can be followed is told by the command under way, and whether it can be written to by the next
 * append. Neither `ready` nor `close` is told when one master of several comes or goes: use `onChange`,
 * and try again after `retryDelay`. Each of the two connections has sockets of its own: what blocks on
 * one node of the reader delays no append.
 */
export type OpenRedis = (role: string, waits: Waits) => RedisClient;

/** Opens a connection that was made lazily, or had given up. */
export function connect(redis: RedisClient): void {
  if (redis.status === 'wait' || redis.status === 'end') redis.connect().catch(() => {});
}

/** Without waiting for the other side, which may have stopped answering. */
export function disconnect(redis: RedisClient): void {
  const servers = mastersOf(redis);
  redis.disconnect();
  for (const { stream } of servers) stream?.destroy();
}

/** Resolves once the connection can take commands, or with the signal. */
export function whenReady(redis: RedisClient, signal: AbortSignal): Promise<void> {
  if (isReady(redis) || signal.aborted) return Promise.resolve();
  connect(redis);
  return new Promise((resolve) => {
    const done = () => {
      if (!isReady(redis) && !signal.aborted) return;
      stop();
      signal.removeEventListener('abort', done);
      resolve();
    };
    const stop = onChange(redis, done);
    signal.addEventListener('abort', done, { once: true });
  });
}
