import type { Clock } from '../clock.ts';
import type { PurgeLog } from './purge-log.ts';

/** How far a log is heard. */
export interface PurgeLevels {
  /** Last position applied. */
  readonly applied: number;
  /** Purges that Redis has not confirmed. */
  readonly pending: number;
  /** No purge can have been missed. */
  readonly trusted: boolean;
  /** How long ago the end of the log was seen, ms: 0 where nobody else can append, null: never yet. */
  readonly confirmedAgo: number | null;
  /** That is longer than the lease: each route does as its `beyond-lease` says. */
  readonly beyondLease: boolean;
}

/** `lease` in ms. */
export function purgeLevels(log: PurgeLog, lease: number, clock: Clock): PurgeLevels {
  const { applied, pending, trusted, confirmedAt } = log;
  const ago = confirmedAt === Number.POSITIVE_INFINITY ? 0 : clock.monotonic() - confirmedAt;
  const confirmedAgo = ago === Number.POSITIVE_INFINITY ? null : Math.round(ago);
  return { applied, pending, trusted, confirmedAgo, beyondLease: ago > lease };
}
