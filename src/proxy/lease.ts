import type { RouteRule } from '../policy/route-rule.ts';
import type { Sidecar } from './sidecar.ts';

/** True once the end of the purge log has not been seen for longer than the lease: purges may have gone unheard. */
export function isBeyondLease({ purges, coherence, clock }: Sidecar): boolean {
  const { confirmedAt } = purges.log;
  return confirmedAt !== Number.POSITIVE_INFINITY && clock.monotonic() - confirmedAt > coherence.lease;
}

/** For how long, in ms, a stored response of this rule is trusted now since its request was sent. */
export function trustedFor(rule: RouteRule, sidecar: Sidecar): number {
  const isCapped = rule.beyondLease === 'cap' && isBeyondLease(sidecar);
  return isCapped ? sidecar.coherence.cap : Number.POSITIVE_INFINITY;
}

/** Whether a route of this rule goes by the cache for now. */
export function bypassesNow(rule: RouteRule, sidecar: Sidecar): boolean {
  return rule.beyondLease === 'bypass' && isBeyondLease(sidecar);
}
