import { type Clock, systemClock } from '../clock.ts';
import { createPurgeHistory } from './purge-history.ts';
import type { PurgeIndex } from './purge-index.ts';
import { createOwnLedger, type PurgeLedger } from './purge-ledger.ts';
import type { PurgeLog } from './purge-log.ts';

/** The purge log of a sidecar without Redis: nobody else can append, so it is always trusted. */
export function createLocalLog(
  index: PurgeIndex,
  options: { readonly name?: () => string; readonly clock?: Clock } = {},
): PurgeLog & { readonly ledger: PurgeLedger } {
  const { name = () => 'local', clock = systemClock } = options;
  const history = createPurgeHistory();
  let applied = 0;
  return {
    get applied() {
      return applied;
    },
    trusted: true,
    confirmedAt: Number.POSITIVE_INFINITY,
    pending: 0,
    ledger: createOwnLedger(history, { name, applied: () => applied, clock }),
    async append(purges) {
      applied++;
      for (const purge of purges) {
        index.apply(purge, applied);
        history.read(purge, applied);
      }
      return { kind: 'appended', position: applied };
    },
    async reached(position) {
      return applied >= position;
    },
    async close() {},
  };
}
