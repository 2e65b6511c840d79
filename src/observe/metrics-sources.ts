import type { AdmissionLevels } from './admission-levels.ts';

/** What the metrics read at each scrape. Structural, so that any tier or log that counts will do. */
export interface MetricsSources {
  readonly routeNames: readonly string[];
  /** undefined: no memory tier. `limit` in bytes. */
  memory(): (TierCounts & { readonly limit: number }) | undefined;
  /** undefined: no Redis tier. */
  redis(): RedisCounts | undefined;
  /** What bounds the work; absent in a process that answers no requests. */
  admission?(): AdmissionLevels | undefined;
  /** What `compress` came to; undefined: no memory tier. */
  coding?(): CodingLevels | undefined;
  purges(): PurgeLevels;
  /** Absent where another process knows. */
  replicas?(): { readonly known: number; readonly silent: number } | undefined;
  /** Log lines lost so far. */
  logDropped?(): number;
  /** Where there are several processes, known to their primary alone. */
  workers?(): WorkerCounts;
}

export interface WorkerCounts {
  readonly running: number;
  /** Workers started in place of one that had ended. */
  readonly restarts: number;
}

/** `responses` and `bytes` are levels, the rest only grow. */
export interface TierCounts {
  readonly responses: number;
  readonly bytes: number;
  readonly hits: number;
  readonly misses: number;
  readonly sets: number;
  readonly deletes: number;
  readonly evictions: number;
  readonly expired: number;
}

export const REDIS_STATES = ['off', 'connecting', 'ready', 'degraded', 'down'] as const;

export interface RedisCounts extends TierCounts {
  readonly state: (typeof REDIS_STATES)[number];
  readonly errors: number;
  readonly timeouts: number;
  readonly corrupt: number;
  readonly dropped: number;
  readonly reconnects: number;
  readonly inFlight: number;
  readonly bytesInFlight: number;
}

/** All only grow. */
export interface CodingLevels {
  readonly made: number;
  readonly useless: number;
  readonly failed: number;
  readonly dropped: number;
  readonly discarded: number;
}

/** How far the purge log is heard. */
export interface PurgeLevels {
  /** Last position applied. */
  readonly applied: number;
  /** Purges applied here that were not read back from the log yet. */
  readonly pending: number;
  /** No purge can have been missed. */
  readonly trusted: boolean;
  /** How long ago the end of the log was seen, ms: 0 where nobody else can append, null: never yet. */
  readonly confirmedAgo: number | null;
  /** That is longer than the lease: each route does as its `beyond-lease` says. */
  readonly beyondLease: boolean;
}
