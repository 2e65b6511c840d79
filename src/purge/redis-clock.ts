import type { Clock } from '../clock.ts';

/**
 * An estimate of the time at Redis, from the ids that it gives: for lags and silences that people read.
 * Nothing that is promised hangs on it.
 */
export interface RedisClock {
  /** ms since the epoch; by this host's clock until an own append was answered. */
  now(): number;
  /** An own append, sent and answered at these monotonic ms, got an id of this ms. */
  appended(sent: number, answered: number, ms: number): void;
  /** An entry of this ms was read: it is not from the future. */
  read(ms: number): void;
}

/** A narrower bracket is believed over a wider one for this long; ms. */
const BELIEVED = 60_000;

export function createRedisClock(clock: Clock): RedisClock {
  let offset = clock.now() - clock.monotonic();
  let width = Number.POSITIVE_INFINITY;
  let at = Number.NEGATIVE_INFINITY;
  const now = () => clock.monotonic() + offset;
  return {
    now,
    appended(sent, answered, ms) {
      if (answered - sent > width && answered - at < BELIEVED) return;
      width = answered - sent;
      at = answered;
      // Ids are whole ms, rounded down.
      offset = ms + 0.5 - (sent + answered) / 2;
    },
    read(ms) {
      if (ms > now()) offset = ms - clock.monotonic();
    },
  };
}
