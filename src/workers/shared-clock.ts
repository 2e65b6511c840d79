import type { Clock } from '../clock.ts';

/*
 * Monotonic time that means the same in every process of this machine: `performance.now()` counts from
 * each process's own start, and its wall-clock origin moves with the wall clock.
 */

/** ms by the monotonic clock of the machine. */
function machineTime(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

/** Translates between a clock's `monotonic()` and the machine's time; ±Infinity stays what it is. */
export interface SharedClock {
  now(): number;
  toShared(monotonic: number): number;
  fromShared(shared: number): number;
}

/** `machine`: the machine's time in ms. */
export function shareClock(clock: Clock, machine: () => number = machineTime): SharedClock {
  // Read in this order, a moment apart: what is translated here is never newer than it was.
  const own = clock.monotonic();
  const offset = machine() - own;
  return {
    now: () => clock.monotonic() + offset,
    toShared: (monotonic) => monotonic + offset,
    fromShared: (shared) => shared - offset,
  };
}
