import { isResponse, type Stored } from '../policy/stored-response.ts';

/** How far ahead of ours the clock of another replica may be, ms: so much longer what it stored counts as fresh here. */
export const SKEW = 5_000;

/**
 * What Redis gave, as this process keeps it. A response that will only be stored by our clock has an age that nobody knows – the
 * writer's clock is ahead, or ours was set back since: it counts as stale, and no stale window is open for it. `setBack`: of our
 * own clock.
 */
export function arrived(stored: Stored, now: number, setBack: number): Stored {
  if (!isResponse(stored)) return stored;
  if (stored.responseTime <= now + SKEW) return setBack === 0 ? stored : { ...stored, setBack };
  const initialAge = Math.max(stored.initialAge, stored.lifetime);
  return { ...stored, initialAge, staleWhileRevalidate: 0, staleIfError: 0 };
}
