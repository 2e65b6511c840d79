import type { PurgeIndex } from '../purge/purge-index.ts';
import type { PurgeLog } from '../purge/purge-log.ts';
import type { Purge } from '../purge/selector.ts';
import type { Feed, LogState, PurgeOrigin, PurgeStep } from './messages.ts';
import type { SharedClock } from './shared-clock.ts';

/** Hands on whatever the purge log tells the primary's index, in order, to every worker. */
export interface PurgeFeed {
  /** Stands before the primary's index: the log is given this one. */
  readonly index: PurgeIndex;
  /** The next time one of these very purges is applied, it is known to be the worker's. */
  attribute(purges: readonly Purge[], worker: number, append: number): void;
  /** Sends what is gathered at once, with the log's state. */
  flush(): void;
  /** `listen` is told all that comes after what `index.snapshot()` holds now. Returns what ends it. */
  subscribe(listen: (feed: Feed) => void): () => void;
  state(): LogState;
}

/** `log`: the log that is given the index; asked only after that. */
export function createFeed(index: PurgeIndex, log: () => PurgeLog, clock: SharedClock): PurgeFeed {
  const listeners = new Set<(feed: Feed) => void>();
  const origins = new WeakMap<Purge, PurgeOrigin>();
  let steps: PurgeStep[] = [];
  let isDue = false;

  /** All steps of one turn go together: between them, the log's position may be ahead of its purges. */
  function push(step: PurgeStep): void {
    steps.push(step);
    if (isDue) return;
    isDue = true;
    queueMicrotask(flush);
  }

  function flush(): void {
    isDue = false;
    const feed = { steps, state: state() };
    steps = [];
    for (const listen of listeners) listen(feed);
  }

  function state(): LogState {
    const { applied, pending, trusted, confirmedAt } = log();
    const sentAt = clock.now();
    // Where nobody else can append, the workers still hear of everything through the primary alone.
    return { applied, pending, trusted, confirmedAt: Math.min(clock.toShared(confirmedAt), sentAt), sentAt };
  }

  return {
    index: {
      ...index,
      get serial() {
        return index.serial;
      },
      apply(purge, position) {
        const serial = index.apply(purge, position);
        const origin = origins.get(purge);
        origins.delete(purge);
        push({ kind: 'apply', purge, position, serial, origin });
        return serial;
      },
      confirm(purge, position, serial) {
        index.confirm(purge, position, serial);
        push({ kind: 'confirm', purge, position, serial });
      },
      raiseFloor(position) {
        index.raiseFloor(position);
        push({ kind: 'raise-floor', position });
      },
      raiseStoredFloor(position) {
        index.raiseStoredFloor(position);
        push({ kind: 'raise-stored-floor', position });
      },
    },
    attribute(purges, worker, append) {
      purges.forEach((purge, nth) => {
        origins.set(purge, { worker, append, nth });
      });
    },
    flush,
    subscribe(listen) {
      flush();
      listeners.add(listen);
      return () => listeners.delete(listen);
    },
    state,
  };
}
