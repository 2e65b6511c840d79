/** The only source of time outside tests. Everything else is handed a clock or a number. */
export interface Clock {
  /** Wall-clock time in ms since the epoch: what Date, Age and stored times are computed from. */
  now(): number;
  /** Monotonic time in ms, for durations only. */
  monotonic(): number;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
};
