import { createArrivals } from '../purge/arrivals.ts';
import type { PurgeIndex } from '../purge/purge-index.ts';
import type { PurgeLog, Receipt } from '../purge/purge-log.ts';
import type { Purge } from '../purge/selector.ts';
import { createFedIndex } from './fed-index.ts';
import type { Feed, LogState } from './messages.ts';
import type { SharedClock } from './shared-clock.ts';

/** A worker's view of the primary's purge log. */
export interface WorkerLog extends PurgeLog {
  /** Takes what came from the primary. */
  take(feed: Feed): void;
  /** Resolves once what was appended here so far holds in every worker; undefined where it is known to. */
  spread(): Promise<void> | undefined;
}

export interface WorkerLogParts {
  /** Begins with the primary's snapshot. */
  readonly index: PurgeIndex;
  readonly worker: number;
  /** The log's state at the snapshot. */
  readonly state: LogState;
  readonly clock: SharedClock;
  /** A primary silent for longer than this, in ms, may know of purges that did not get here. */
  readonly patience: number;
  /** Has the primary append; rejects where it is gone. */
  readonly append: (append: number, purges: readonly Purge[]) => Promise<Receipt>;
  /** Resolves once what was appended before holds in every worker; rejects where nobody can say. */
  readonly spread: () => Promise<void>;
}

/** How long a worker that stops waits for the receipts of what it appended; ms. */
const LAST_RECEIPTS = 2_000;

/**
 * What a worker appends holds here at once; the primary puts it into the log and feeds it to all others.
 * `applied` says what has been applied in this process, and nothing in it is fresher than what was heard.
 */
export function createWorkerLog(parts: WorkerLogParts): WorkerLog {
  const { clock, patience } = parts;
  const fed = createFedIndex(parts.index, parts.worker);
  const arrivals = createArrivals(() => state.applied);
  const underWay = new Set<Promise<Receipt>>();
  let { state } = parts;
  let confirmedAt = clock.fromShared(state.confirmedAt);
  let appends = 0;
  /** Up to which append all workers are known to have it. */
  let spreadUpTo = 0;

  async function spreadNow(): Promise<void> {
    const upTo = appends;
    try {
      await parts.spread();
      spreadUpTo = Math.max(spreadUpTo, upTo);
    } catch {
      // The primary is gone or hangs: nobody waits for it for longer.
    }
  }

  async function append(purges: readonly Purge[]): Promise<Receipt> {
    const number = ++appends;
    fed.begin(number, purges);
    try {
      const receipt = await parts.append(number, purges);
      fed.end(number, receipt);
      return receipt;
    } catch {
      // The primary is gone, and this process is about to be; or it hangs. Then what was appended stays pending
      // here, ahead of whatever else is told, until the primary tells of it.
      return { kind: 'pending' };
    }
  }

  return {
    get applied() {
      return state.applied;
    },
    get trusted() {
      return state.trusted && clock.now() - state.sentAt <= patience;
    },
    get confirmedAt() {
      return confirmedAt;
    },
    get pending() {
      return state.pending;
    },
    append(purges) {
      const receipt = append(purges);
      underWay.add(receipt);
      void receipt.finally(() => underWay.delete(receipt));
      return receipt;
    },
    reached: arrivals.reached,
    spread: () => (appends === spreadUpTo ? undefined : spreadNow()),
    take(feed) {
      fed.take(feed.steps);
      state = feed.state;
      confirmedAt = clock.fromShared(state.confirmedAt);
      arrivals.advance();
    },
    async close() {
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise((resolve) => {
        timer = setTimeout(resolve, LAST_RECEIPTS);
      });
      await Promise.race([Promise.all(underWay), late]);
      clearTimeout(timer);
    },
  };
}
