/** The memory of background renewals that failed or were left to others, by flight key; `now` is monotonic, ms. */
export interface Renewals {
  /** False while that is too recent for another attempt. */
  isDue(key: string, now: number): boolean;
  failed(key: string, now: number): void;
  /** Another replica is at it. */
  left(key: string, now: number): void;
  succeeded(key: string): void;
}

/** The first wait after a failure, and the longest it doubles up to; ms. */
const BACK_OFF = 1_000;
const MAX_BACK_OFF = 30_000;
/** How long another replica is left alone with it; ms. */
const LEFT_ALONE = 250;
/** More keys than this are not remembered; forgetting one costs the upstream a request. */
const REMEMBERED = 10_000;

export function createRenewals(): Renewals {
  const failures = new Map<string, { readonly wait: number; readonly until: number }>();
  const remember = (key: string, wait: number, until: number): void => {
    if (failures.size >= REMEMBERED) failures.clear();
    failures.set(key, { wait, until });
  };
  return {
    isDue: (key, now) => now >= (failures.get(key)?.until ?? 0),
    failed(key, now) {
      const last = failures.get(key);
      // A failure of long ago says nothing about this one.
      const goesOn = last !== undefined && now < last.until + MAX_BACK_OFF;
      const wait = goesOn ? Math.min(MAX_BACK_OFF, last.wait * 2) : BACK_OFF;
      remember(key, wait, now + wait);
    },
    // Half, so that a first failure after it waits as long as any first one.
    left: (key, now) => remember(key, failures.get(key)?.wait ?? BACK_OFF / 2, now + LEFT_ALONE),
    succeeded: (key) => void failures.delete(key),
  };
}
