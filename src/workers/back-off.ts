const FIRST = 100;
const LONGEST = 10_000;

/** How long a worker that ended is not replaced, ms. `failures`: how many ended in a row, none of which lasted. */
export function restartDelay(failures: number): number {
  return Math.min(LONGEST, FIRST * 2 ** Math.max(0, failures - 1));
}

/** A worker that ran as long, in ms, was no failed start. */
export const LASTED = LONGEST;
