import type { Clock } from '../clock.ts';
import { createPurgeHistory } from './purge-history.ts';
import type { PurgeIndex } from './purge-index.ts';
import { type PurgeLedger, told } from './purge-ledger.ts';
import type { PurgeLog } from './purge-log.ts';

/** The purge log of a sidecar without Redis: nobody else can append, so it is always trusted. */
export function createLocalLog(
  index: PurgeIndex,
  { name, clock }: { readonly name: () => string; readonly clock: Clock },
): PurgeLog & { readonly ledger: PurgeLedger } {
  const history = createPurgeHistory();
  let applied = 0;

  const ledger: PurgeLedger = {
    find(id) {
      const record = history.find(id);
      return record && told(record);
    },
    applied: async () => ({ all: true, applied: [name()], waiting: [], silent: [] }),
    async history(limit) {
      const orders = history.newest(limit).map((record) => ({ ...told(record), replicas: [name()] }));
      const self = { name: name(), position: applied, seen: clock.now(), silent: false };
      return { orders, replicas: [self], current: true };
    },
    replicas: { known: 1, silent: 0 },
  };

  return {
    get applied() {
      return applied;
    },
    trusted: true,
    confirmedAt: Number.POSITIVE_INFINITY,
    pending: 0,
    ledger,
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
