/** The memory of background renewals that failed, by flight key; `now` is monotonic, ms. */
export interface Renewals {
  /** False while the last failure is too recent for another attempt. */
  isDue(key: string, now: number): boolean;
  failed(key: string, now: number): void;
  succeeded(key: string): void;
}

/** The first wait after a failure, and the longest it doubles up to; ms. */
const BACK_OFF = 1_000;
const MAX_BACK_OFF = 30_000;
/** More keys than this are not remembered; forgetting one costs the upstream a request. */
const REMEMBERED = 10_000;

export function createRenewals(): Renewals {
  const failures = new Map<string, { readonly wait: number; readonly until: number }>();
  return {
    isDue: (key, now) => now >= (failures.get(key)?.until ?? 0),
    failed(key, now) {
      const last = failures.get(key);
      // A failure of long ago says nothing about this one.
      const goesOn = last !== undefined && now < last.until + MAX_BACK_OFF;
      const wait = goesOn ? Math.min(MAX_BACK_OFF, last.wait * 2) : BACK_OFF;
      if (failures.size >= REMEMBERED) failures.clear();
      failures.set(key, { wait, until: now + wait });
    },
    succeeded: (key) => void failures.delete(key),
  };
}
