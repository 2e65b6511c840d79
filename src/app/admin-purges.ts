import type { AdminParts } from '../admin/ports.ts';
import type { Metrics } from '../observe/metrics.ts';
import type { PurgeLog } from '../purge/purge-log.ts';

/** What the admin port purges by: `log` acknowledges, `metrics` count. */
export function adminPurges(
  log: Pick<PurgeLog, 'append'>,
  ledger: AdminParts['purges']['ledger'],
  metrics: Pick<Metrics, 'purged'>,
): AdminParts['purges'] {
  return {
    append(purges, options) {
      metrics.purged(purges);
      return log.append(purges, options);
    },
    ledger,
  };
}
