import type { Reclaim } from '../store/reclaim.ts';
import { isAwaited } from './collapse.ts';
import { leaveUnstored, type Trip } from './trip.ts';

/** Recordings whose clients hold the upstream back: what they have so far waits in memory as long as it pleases their clients. */
export interface HeldRecordings {
  /** The client of a trip takes no more for now; `bytes` of its response are recorded. */
  hold(trip: Trip, bytes: number): void;
  /** The trip records no more. */
  release(trip: Trip): void;
}

/** Of the memory tier's limit, beside which they stand. */
const SHARE = 1 / 8;
/** Two responses as large as a route stores by default; bytes. */
const LEAST = 16 * 1024 * 1024;

/**
 * Together they have a bounded share of `memoryLimit`, bytes: beyond it those are given up first whose clients took
 * nothing for longest. `reclaim`: told the bytes that nothing here holds any more, and how many recordings are held still.
 */
export function createHeldRecordings(memoryLimit: number, reclaim: Reclaim): HeldRecordings {
  const limit = Math.max(LEAST, memoryLimit * SHARE);
  /** Bytes, in the order in which their clients last took some. */
  const held = new Map<Trip, number>();
  let total = 0;
  const release = (trip: Trip): void => {
    total -= held.get(trip) ?? 0;
    held.delete(trip);
  };
  return {
    hold(trip, bytes) {
      release(trip);
      held.set(trip, bytes);
      total += bytes;
      for (const [slowest, recorded] of held) {
        if (total <= limit) return;
        release(slowest);
        // What others wait for is not held back.
        if (isAwaited(slowest.flight)) continue;
        recordNoMore(slowest);
        reclaim(recorded, held.size);
      }
    },
    release,
  };
}

/** What its client still gets may take as long as what was never recorded. */
function recordNoMore(trip: Trip): void {
  leaveUnstored(trip, 'too-slow', 'transient-error');
  if (trip.x.route?.rule.timeout === undefined) clearTimeout(trip.deadline);
}
