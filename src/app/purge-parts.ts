import { hostname } from 'node:os';
import type { Logger } from 'pino';
import type { Address } from '../address.ts';
import type { PurgeStats } from '../admin/ports.ts';
import type { Clock } from '../clock.ts';
import type { Config } from '../config/config.ts';
import { createLatency, latencySnapshot } from '../observe/latency.ts';
import { createLocalLog } from '../purge/local-log.ts';
import { createPurgeIndex, type PurgeIndex } from '../purge/purge-index.ts';
import type { PurgeLedger } from '../purge/purge-ledger.ts';
import { purgeLevels } from '../purge/purge-levels.ts';
import type { PurgeLog } from '../purge/purge-log.ts';
import { createRedisLog } from '../purge/redis-log.ts';
import { connectRedis } from '../store/redis-connection.ts';

/** What has been purged, and the log it is told by. */
export interface PurgeParts {
  readonly index: PurgeIndex;
  readonly log: PurgeLog;
  readonly ledger: PurgeLedger;
  stats(): PurgeStats;
  /** Where clients find this sidecar: what receipts call it, if the configuration gives it no name. */
  named(address: Address): void;
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
  /** See RedisLogOptions. */
  readonly onLag?: (ms: number) => void;
}

/** The log in Redis where there is one, else that of this process alone. */
export function openPurgeLog(
  config: Config,
  log: Logger,
  clock: Clock,
  {
    index = createPurgeIndex(),
    onApplied = () => {},
    onState = () => {},
    onLag = () => {},
  }: PurgeListeners = {},
): PurgeParts {
  const { redis, coherence } = config;
  const lag = createLatency(2);
  let port = config.listen.port;
  const name = () => coherence.replica ?? (port === 0 ? hostname() : `${hostname()}:${port}`);
  const shared = (opened: PurgeLog & { readonly ledger: PurgeLedger }) => ({
    index,
    log: opened,
    ledger: opened.ledger,
    stats() {
      const { count, p50, p99, max } = latencySnapshot(lag.raw());
      const heard = { count, p50, p99, max };
      return { ...purgeLevels(opened, coherence.lease, clock), lag: heard, replicas: opened.ledger.replicas };
    },
    named(address: Address) {
      port = address.port;
    },
  });
  if (redis === undefined) {
    const local = createLocalLog(index, { name, clock });
    return { ...shared(local), start: async () => {}, close: () => local.close() };
  }
  const { url, sentinelPassword, namespace, connectTimeout } = redis;
  let closing = false;
  const purges = createRedisLog({
    index,
    namespace,
    name,
    clock,
    lease: coherence.lease,
    history: coherence.history,
    open: (role, waits) => connectRedis({ ...waits, url, sentinelPassword, connectTimeout }, role),
    onApplied,
    onLag(ms) {
      lag.record(ms);
      onLag(ms);
    },
    onState(trusted) {
      onState();
      log[trusted || closing ? 'info' : 'warn'](
        { trusted },
        trusted ? 'purge log: caught up' : 'purge log: cannot be followed; Redis is not read',
      );
    },
  });
  return {
    ...shared(purges),
    start: (withinMs) => purges.start(withinMs),
    async close() {
      closing = true;
      await purges.close();
      const { pending } = purges;
      if (pending > 0) log.warn({ pending }, 'purges that Redis never confirmed end with this process');
    },
  };
}
