import { createSlidingShare } from '../sliding-share.ts';

/**
 * How many requests go out a second time, since a kept connection died under them. When that happens too often, kept
 * connections are not used: no request needs a second time then, and none fails for it.
 */
export interface RetryBudget {
  /** Counts a request; false: it is to go out on a connection that was not used before. */
  send(): boolean;
  /** Counts one that goes out again. */
  retry(): void;
  readonly isSpent: boolean;
  /** How many there were. */
  readonly retries: number;
}

/** Of the requests within this time, ms, the share that may go out again. */
const WITHIN = 10_000;
const SHARE = 0.2;
/** So many may at any time: a few say nothing of the rest. */
const FLOOR = 10;

/** `now`: monotonic ms. */
export function createRetryBudget(now: () => number): RetryBudget {
  const recent = createSlidingShare(WITHIN, now);
  let retries = 0;
  /** Mostly there are none, and no clock is read. */
  let isInUse = false;
  const isSpent = (): boolean => {
    if (!isInUse) return false;
    const { ones } = recent;
    isInUse = ones > 0;
    return ones > FLOOR && ones > SHARE * (recent.total - ones);
  };
  return {
    send() {
      recent.add(false);
      return !isSpent();
    },
    retry() {
      retries++;
      isInUse = true;
      recent.add(true);
    },
    get isSpent() {
      return isSpent();
    },
    get retries() {
      return retries;
    },
  };
}
