import type { Clock } from '../clock.ts';
import { createTwoSpans } from '../two-spans.ts';
import { createUseCounter } from './use-counter.ts';

/** Which places of memory are used most, lately. */
export interface HotKeys {
  /** The memory tier's `onSample`. */
  sample(place: string, uses: number): void;
  /** ms since the epoch: uses before are forgotten. */
  readonly since: number;
  /** About how often each was used since then, of those that are told apart. */
  uses(): ReadonlyMap<string, number>;
}

/** Places told apart in each of two spans, and the longest one that is counted: 2 MiB at most. */
const MAX_PLACES = 1_000;
const MAX_LENGTH = 1_024;

/** ms. */
export const SPAN = 10 * 60_000;

/** Counts uses of the last ten to twenty minutes. */
export function createHotKeys(clock: Clock): HotKeys {
  const spans = createTwoSpans(() => createUseCounter(MAX_PLACES), clock, SPAN);
  return {
    sample(place, uses) {
      if (place.length <= MAX_LENGTH) spans().current.add(place, uses);
    },
    get since() {
      return spans().since;
    },
    uses() {
      const { current, before } = spans();
      const sum = new Map(before.counts);
      for (const [place, uses] of current.counts) sum.set(place, uses + (sum.get(place) ?? 0));
      return sum;
    },
  };
}
