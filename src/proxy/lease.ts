import type { RouteRule } from '../policy/route-rule.ts';
import type { Sidecar } from './sidecar.ts';

/*
 * `at` is the monotonic ms of the question: an exchange that has not waited for anything need not read the
 * clock again.
 */

/** True once the end of the purge log has not been seen for longer than the lease: purges may have gone unheard. */
function isBeyondLease({ purges, coherence }: Sidecar, at: number): boolean {
  return at - purges.log.confirmedAt > coherence.lease;
}

/** For how long, in ms, a stored response of this rule is trusted since its request was sent. */
export function trustedFor(rule: RouteRule, sidecar: Sidecar, at: number): number {
  const isCapped = rule.beyondLease === 'cap' && isBeyondLease(sidecar, at);
  return isCapped ? sidecar.coherence.cap : Number.POSITIVE_INFINITY;
}

/** Whether a route of this rule goes by the cache. */
export function isBypassed(rule: RouteRule, sidecar: Sidecar, at: number): boolean {
  return rule.beyondLease === 'bypass' && isBeyondLease(sidecar, at);
}
