import type { PurgeIndex } from '../purge/purge-index.ts';
import type { Receipt } from '../purge/purge-log.ts';
import { type Purge, purgeName } from '../purge/selector.ts';
import type { PurgeStep } from './messages.ts';

/**
 * Brings a worker's purge index along with the primary's. The serials of the two differ; what is kept is
 * their order: of two pending purges, the one that the primary applied later has the higher serial here,
 * too, since a confirmation settles whatever is older. So what this worker appends is applied again where
 * a pending purge of somebody else came between, which purges too much for a moment, never too little.
 */
export interface FedIndex {
  /** How many appends of this worker the primary has neither told of in full nor answered. */
  readonly open: number;
  /** Applies here what this worker is about to append. */
  begin(append: number, purges: readonly Purge[]): void;
  /** The primary has answered; all that it had to tell about this append came before. */
  end(append: number, receipt: Receipt): void;
  take(steps: readonly PurgeStep[]): void;
}

interface OwnPurge {
  readonly purge: Purge;
  serial: number;
}

/** The newest pending purge of one selector and softness, by the serials of both processes. */
interface PendingSerials {
  readonly theirs: number;
  readonly mine: number;
}

/** `index`: as the primary's was when the first step was taken. */
export function createFedIndex(index: PurgeIndex, worker: number): FedIndex {
  /** By append, and by place in it: what the primary has not told of yet. */
  const own = new Map<number, (OwnPurge | undefined)[]>();
  const pending = pendingOf(index);
  /** Serial of the newest pending purge of somebody else. */
  let foreign = index.serial;

  function apply(purge: Purge, position: number, serial: number): void {
    const mine = index.apply(purge, position);
    if (position !== Number.POSITIVE_INFINITY) return;
    pending.set(purgeName(purge), { theirs: serial, mine });
    foreign = mine;
  }

  /** A purge of our own comes back in its place among all others. */
  function settle(ours: OwnPurge, position: number, serial: number): void {
    if (position !== Number.POSITIVE_INFINITY) return index.confirm(ours.purge, position, ours.serial);
    makeYoungest(ours);
    pending.set(purgeName(ours.purge), { theirs: serial, mine: ours.serial });
  }

  function makeYoungest(ours: OwnPurge): void {
    if (ours.serial < foreign) ours.serial = index.apply(ours.purge, Number.POSITIVE_INFINITY);
  }

  function confirm(purge: Purge, position: number, serial: number): void {
    const name = purgeName(purge);
    const known = pending.get(name);
    if (known === undefined || known.theirs > serial) return index.confirm(purge, position, 0);
    index.confirm(purge, position, known.mine);
    pending.delete(name);
    if (purge.selector.kind !== 'all' || purge.soft) return;
    // It covers all before it.
    for (const [covered, { theirs }] of pending) if (theirs <= serial) pending.delete(covered);
  }

  function takeOwn(append: number, nth: number): OwnPurge | undefined {
    const purges = own.get(append);
    const ours = purges?.[nth];
    if (purges === undefined) return undefined;
    purges[nth] = undefined;
    // Nothing is left for an answer to settle, and there may be none: a primary that hung was not waited for.
    if (purges.every((left) => left === undefined)) own.delete(append);
    return ours;
  }

  function take(step: PurgeStep): void {
    switch (step.kind) {
      case 'apply': {
        const { purge, position, serial, origin } = step;
        const ours = origin?.worker === worker ? takeOwn(origin.append, origin.nth) : undefined;
        if (ours === undefined) apply(purge, position, serial);
        else settle(ours, position, serial);
        return;
      }
      case 'confirm':
        return confirm(step.purge, step.position, step.serial);
      case 'raise-floor':
        return index.raiseFloor(step.position);
      case 'raise-stored-floor':
        return index.raiseStoredFloor(step.position);
      default:
        step satisfies never;
    }
  }

  return {
    get open() {
      return own.size;
    },
    begin(append, purges) {
      own.set(
        append,
        purges.map((purge) => ({ purge, serial: index.apply(purge, Number.POSITIVE_INFINITY) })),
      );
    },
    end(append, receipt) {
      const left = own.get(append) ?? [];
      own.delete(append);
      if (receipt.kind !== 'appended') return;
      for (const ours of left)
        if (ours !== undefined) index.confirm(ours.purge, receipt.position, ours.serial);
    },
    take(steps) {
      for (const step of steps) take(step);
      for (const purges of own.values())
        for (const ours of purges) if (ours !== undefined) makeYoungest(ours);
    },
  };
}

function pendingOf(index: PurgeIndex): Map<string, PendingSerials> {
  const { exact, patterns, everything } = index.snapshot();
  const found = new Map<string, PendingSerials>();
  for (const [name, marks] of [...exact, ...patterns, ['all', everything] as const]) {
    for (const softness of ['hard', 'soft'] as const) {
      const serial = marks[softness]?.pending ?? 0;
      if (serial > 0) found.set(`${softness} ${name}`, { theirs: serial, mine: serial });
    }
  }
  return found;
}
