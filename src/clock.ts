/** The only source of time outside tests. Everything else is handed a clock or a number. */
export interface Clock {
  /** Wall-clock time in ms since the epoch: what Date, Age and stored times are computed from. */
  now(): number;
  /** Monotonic time in ms, for durations only. */
  monotonic(): number;
  /** How far the wall clock was set back in all, ms, as far as `now` has noticed; left out: never. */
  readonly setBack?: number;
}

/** How often, in ms, the wall clock is looked at. */
const LOOK = 1_000;
/** Less than this, in ms, is no step: both clocks are read one after the other, and a ms is the least the wall clock tells. */
const LEAST = 5;

/**
 * A clock whose `now` goes on at the pace of the monotonic one, and follows the steps of the wall clock within a second. Of
 * time that passed and a clock that was set forward nobody can tell which it was: stored responses have aged by it. One
 * that was set back makes none of them younger (`timeFor`).
 */
export function createClock(wall: () => number, monotonic: () => number): Clock {
  let lookedAt = monotonic();
  let offset = wall() - lookedAt;
  let setBack = 0;
  const look = (at: number): void => {
    const step = wall() - at - offset;
    // Held up between the two, it is tried again with the next call.
    if (monotonic() - at > LEAST / 2) return;
    lookedAt = at;
    if (Math.abs(step) < LEAST) return;
    offset += step;
    if (step < 0) setBack -= step;
  };
  return {
    now() {
      const at = monotonic();
      if (at - lookedAt >= LOOK) look(at);
      return Math.floor(at + offset);
    },
    monotonic,
    get setBack() {
      return setBack;
    },
  };
}

export const systemClock: Clock = createClock(Date.now, () => performance.now());

/**
 * The time to compute the age of a stored response by, ms since the epoch: that of the wall clock, had it not been set back since
 * the response was stored.
 */
export function timeFor(stored: { readonly setBack?: number | undefined }, clock: Clock): number {
  const now = clock.now();
  return now + (clock.setBack ?? 0) - (stored.setBack ?? 0);
}
