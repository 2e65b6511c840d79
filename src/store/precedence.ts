import { isResponse, type Stored, type StoredResponse } from '../policy/stored-response.ts';

/**
 * Whether `present` answers a later request than `stored`, which took longer. A time still to come is
 * another replica's clock, and says nothing.
 */
export function wasAskedLater(present: Stored, stored: StoredResponse, now: number): boolean {
  if (!isResponse(present)) return false;
  return present.requestTime > stored.requestTime && present.requestTime <= now;
}

/**
 * Whether `a` is to be preferred to `b`. The purge log's position decides before any wall clock, which
 * another replica's may differ from.
 */
export function isNewer(a: Stored, b: Stored): boolean {
  if (!isResponse(a) || !isResponse(b)) return false;
  return a.asOf > b.asOf || (a.asOf === b.asOf && a.responseTime > b.responseTime);
}
