import type { PurgeIndex } from './purge-index.ts';
import type { PurgeLog } from './purge-log.ts';

/** The purge log of a sidecar without Redis: nobody else can append, so it is always trusted. */
export function createLocalLog(index: PurgeIndex): PurgeLog {
  let applied = 0;
  return {
    get applied() {
      return applied;
    },
    trusted: true,
    confirmedAt: Number.POSITIVE_INFINITY,
    pending: 0,
    async append(purges) {
      applied++;
      for (const purge of purges) index.apply(purge, applied);
      return { kind: 'appended', position: applied };
    },
    async reached(position) {
      return applied >= position;
    },
    async close() {},
  };
}
