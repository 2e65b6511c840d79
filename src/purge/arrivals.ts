import { setTimeout as delay } from 'node:timers/promises';

/** Those who wait until the log has been applied up to a position. */
export interface Arrivals {
  /** Looks whether anybody's position has been reached. */
  advance(applied: number): void;
  /** True once `position` is reached; false where that takes longer than `within` ms. */
  reached(position: number, within: number): Promise<boolean>;
}

/** `applied`: how far the log is applied now. */
export function createArrivals(applied: () => number): Arrivals {
  const waiting = new Set<(applied: number) => void>();
  return {
    advance(now) {
      for (const look of waiting) look(now);
    },
    async reached(position, within) {
      if (applied() >= position) return true;
      const patience = new AbortController();
      let look = (_now: number) => {};
      const arrival = new Promise<true>((resolve) => {
        look = (now) => {
          if (now >= position) resolve(true);
        };
      });
      waiting.add(look);
      const late = delay(within, false as const, { signal: patience.signal }).catch(() => false as const);
      const answer = await Promise.race([arrival, late]);
      patience.abort();
      waiting.delete(look);
      return answer;
    },
  };
}
