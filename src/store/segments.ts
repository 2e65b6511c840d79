import { LRUCache } from 'lru-cache';
import { createLatelyEvicted, MOST_USES } from './lately-evicted.ts';

/** What has a place in a segment. */
export interface Resident {
  readonly key: string;
  /** bytes, at most a quarter of the limit. */
  readonly size: number;
  /** Up to MOST_USES, as they count in `epoch`; kept by the segments, as what follows. */
  uses: number;
  epoch: number;
  isProven: boolean;
}

/** Keeps what is used again, whatever passes through once. */
export interface Segments<R extends Resident> {
  /** Counts a use; on the way of a hit. */
  use(key: string): R | undefined;
  /** Counts nothing. */
  look(key: string): R | undefined;
  /** `newcomer` has no place, nor has another one with its key. Evicts until there is room for it. */
  add(newcomer: R): void;
  /** Takes `before` out, which has a place, and has `next` follow it: in its segment, with its uses. */
  replace(before: R, next: R): void;
  remove(gone: R): void;
  /** From now on what was used before counts half. */
  age(): void;
  /** The proven first, each segment from the latest to the earliest. */
  keys(): Generator<string, void>;
  bytes(): number;
}

/** Share of the room that the proven may take; what is new always has the rest to prove itself in. */
const PROVEN_SHARE = 4 / 5;

/** Fewer displace nobody: who asks for everything twice in a row has proven nothing. */
const LEAST_USES_TO_DISPLACE = 2;

/** So many prove themselves at one eviction, a quarter of a millisecond; then one of them goes: nobody waits for thousands. */
const MOST_PROVEN_AT_ONCE = 256;

/** Spares lru-cache an object per look. */
const PLAIN = {};

/**
 * Two segments in one room of `limit` bytes. What comes is *on probation*, and the first to come is the first to leave:
 * evicted, unless it was used in the meantime. Then it is *proven* while the proven have room, and beyond that only where it
 * has more uses than the least recently used of them, which is evicted in its place (as W-TinyLFU admits). Until the
 * room is full, nobody leaves.
 *
 * Uses are counted up to MOST_USES and halved with each epoch; those of what was evicted lately are remembered. So a crawl
 * leaves as it came, also one that asks for each URL twice, and what is used no more makes way within a few epochs.
 */
export function createSegments<R extends Resident>(limit: number, onEvict: (gone: R) => void): Segments<R> {
  const latelyEvicted = createLatelyEvicted(limit);
  const room = Math.max(1, limit - latelyEvicted.bytes);
  const mostProven = Math.floor(room * PROVEN_SHARE);
  const probation = createSegment<R>(room);
  const proven = createSegment<R>(room);
  let epoch = 0;

  /** Brings the uses up to the epoch. */
  const usesOf = (resident: R): number => {
    if (resident.epoch !== epoch) {
      resident.uses >>= Math.min(31, epoch - resident.epoch);
      resident.epoch = epoch;
    }
    return resident.uses;
  };

  const evict = (gone: R): void => {
    latelyEvicted.remember(gone.key, usesOf(gone), epoch);
    onEvict(gone);
  };

  /** Whether it has more uses than each of those that would have to make way among the proven; these are evicted. */
  const displaces = (candidate: R): boolean => {
    while (proven.calculatedSize + candidate.size > mostProven) {
      if (candidate.uses < LEAST_USES_TO_DISPLACE) return false;
      const [weakest] = proven.rvalues();
      if (weakest === undefined || usesOf(weakest) >= candidate.uses) return false;
      proven.delete(weakest.key);
      evict(weakest);
    }
    return true;
  };

  const makeRoom = (size: number): void => {
    let promoted = 0;
    while (probation.calculatedSize + proven.calculatedSize + size > room) {
      const isOver = probation.calculatedSize + size > room - mostProven || proven.size === 0;
      const leaving = isOver ? probation.pop() : undefined;
      const gone = leaving ?? proven.pop();
      if (gone === undefined) return;
      if (
        leaving !== undefined &&
        promoted < MOST_PROVEN_AT_ONCE &&
        usesOf(leaving) > 0 &&
        displaces(leaving)
      ) {
        promoted++;
        leaving.isProven = true;
        proven.set(leaving.key, leaving);
      } else evict(gone);
    }
  };

  const takeOut = (resident: R): void => {
    (resident.isProven ? proven : probation).delete(resident.key);
  };

  const putIn = (resident: R): void => {
    makeRoom(resident.size);
    (resident.isProven ? proven : probation).set(resident.key, resident);
  };

  return {
    use(key) {
      // Where everything fits nothing is ever proven, and one look is enough.
      const found = (proven.size > 0 ? proven.get(key, PLAIN) : undefined) ?? probation.peek(key, PLAIN);
      if (found === undefined) return undefined;
      if (found.epoch !== epoch) usesOf(found);
      if (found.uses < MOST_USES) found.uses++;
      return found;
    },

    look: (key) => proven.peek(key, PLAIN) ?? probation.peek(key, PLAIN),

    add(newcomer) {
      const remembered = latelyEvicted.recall(newcomer.key, epoch);
      newcomer.uses = remembered === undefined ? 0 : Math.min(MOST_USES, remembered + 1);
      newcomer.epoch = epoch;
      newcomer.isProven = false;
      putIn(newcomer);
    },

    replace(before, next) {
      takeOut(before);
      next.uses = before.uses;
      next.epoch = before.epoch;
      next.isProven = before.isProven;
      putIn(next);
    },

    remove: takeOut,

    age() {
      epoch++;
    },

    *keys() {
      yield* proven.keys();
      yield* probation.keys();
    },

    bytes: () => probation.calculatedSize + proven.calculatedSize,
  };
}

function createSegment<R extends Resident>(room: number): LRUCache<string, R> {
  return new LRUCache<string, R>({ maxSize: room, sizeCalculation: ({ size }) => size });
}
