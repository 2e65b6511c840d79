import type { Logger } from 'pino';
import type { Clock } from '../clock.ts';
import type { Config } from '../config/config.ts';
import { createLocalLog } from '../purge/local-log.ts';
import { createPurgeIndex, type PurgeIndex } from '../purge/purge-index.ts';
import type { PurgeLog } from '../purge/purge-log.ts';
import { createRedisLog } from '../purge/redis-log.ts';
import { connectRedis } from '../store/redis-connection.ts';

/** What has been purged, and the log it is told by. */
export interface PurgeParts {
  readonly index: PurgeIndex;
  readonly log: PurgeLog;
  /** Follows the log; resolves after `withinMs` at the latest. */
  start(withinMs: number): Promise<void>;
  close(): Promise<void>;
}

/** Where other processes follow what this one hears. */
export interface PurgeListeners {
  /** Takes the place of an index of its own. */
  readonly index?: PurgeIndex;
  /** See RedisLogOptions. */
  readonly onApplied?: (position: number) => void | Promise<void>;
  /** `trusted` has changed. */
  readonly onState?: () => void;
}

/** The log in Redis where there is one, else that of this process alone. */
export function openPurgeLog(
  config: Config,
  log: Logger,
  clock: Clock,
  { index = createPurgeIndex(), onApplied = () => {}, onState = () => {} }: PurgeListeners = {},
): PurgeParts {
  const { redis, coherence } = config;
  if (redis === undefined) {
    const local = createLocalLog(index);
    return { index, log: local, start: async () => {}, close: () => local.close() };
  }
  const { url, sentinelPassword, namespace, connectTimeout } = redis;
  let closing = false;
  const purges = createRedisLog({
    index,
    namespace,
    clock,
    lease: coherence.lease,
    open: (role, waits) => connectRedis({ ...waits, url, sentinelPassword, connectTimeout }, role),
    onApplied,
    onState(trusted) {
      onState();
      log[trusted || closing ? 'info' : 'warn'](
        { trusted },
        trusted ? 'purge log: caught up' : 'purge log: cannot be followed; Redis is not read',
      );
    },
  });
  return {
    index,
    log: purges,
    start: (withinMs) => purges.start(withinMs),
    close() {
      closing = true;
      return purges.close();
    },
  };
}
