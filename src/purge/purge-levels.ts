import type { Clock } from '../clock.ts';
import type { PurgeLog } from './purge-log.ts';

/**
 * How far a log is heard, as the metrics and `/stats` tell it (`PurgeLevels` of src/observe). `lease` in ms.
 */
export function purgeLevels(log: PurgeLog, lease: number, clock: Clock) {
  const { applied, pending, trusted, confirmedAt } = log;
  const ago = confirmedAt === Number.POSITIVE_INFINITY ? 0 : clock.monotonic() - confirmedAt;
  const confirmedAgo = ago === Number.POSITIVE_INFINITY ? null : Math.round(ago);
  return { applied, pending, trusted, confirmedAgo, beyondLease: ago > lease };
}
