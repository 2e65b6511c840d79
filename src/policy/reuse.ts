import { type Directives, directiveTime } from './cache-control.ts';
import type { Detail, ForwardReason } from './cache-status.ts';
import { currentAge, remainingFreshness } from './freshness.ts';
import type { RequestHead } from './request.ts';
import { wishesOf } from './request-directives.ts';
import type { RouteRule } from './route-rule.ts';
import type { StoredResponse } from './stored-response.ts';
import { responseDirectives } from './targeted-fields.ts';

/** What to do with a stored response that the request's key and Vary select. `ttl` in ms. */
export type Reuse =
  /** Serve it; `refresh`: past the rule's share of its lifetime, renew it in the background. */
  | { readonly kind: 'reuse'; readonly ttl: number; readonly refresh: boolean }
  /** Serve it stale and revalidate in the background (RFC 5861 §3), or because the client takes it stale. */
  | { readonly kind: 'reuse-stale'; readonly ttl: number; readonly revalidate: boolean }
  /** Ask the upstream first; `ifError`: it may be served should the upstream fail (RFC 5861 §4). */
  | {
      readonly kind: 'validate';
      readonly ttl: number;
      readonly reason: ForwardReason;
      readonly detail: Detail | undefined;
      readonly ifError: boolean;
    }
  /** Of no use to this request, not even to validate. */
  | { readonly kind: 'unusable'; readonly detail: Detail };

/**
 * Whether a stored response may answer a request (RFC 9111 §4): without `no-cache`, and fresh or allowed to
 * be served stale (§4.2.4), and as the client wishes (§5.2.1). `softPurged`: an operator declared it stale;
 * `now` in ms since the epoch; `cap`: how long, in ms, it is trusted since its request was sent, where a
 * purge of it may have gone unheard.
 */
export function decideReuse(
  request: RequestHead,
  stored: StoredResponse,
  rule: RouteRule,
  softPurged: boolean,
  now: number,
  cap = Number.POSITIVE_INFINITY,
): Reuse {
  if (stored.rule !== rule.fingerprint) return { kind: 'unusable', detail: 'rule-changed' };
  const remaining = remainingFreshness(stored, now);
  if (isBeyondCap(stored, cap, now)) {
    // No stale window is open for it, nor one for a failing upstream: the purge may have been a hard one.
    return { kind: 'validate', ttl: remaining, reason: 'stale', detail: 'beyond-lease', ifError: false };
  }
  // A soft purge makes it stale now, and keeps the windows where they were.
  const ttl = softPurged ? Math.min(0, remaining) : remaining;
  const wishes = wishesOf(request, rule);
  const ifError = isWithin(stored, stored.staleIfError, ttl);

  if (wishes.has('no-cache')) {
    return { kind: 'validate', ttl, reason: 'request', detail: 'request-directive', ifError: false };
  }
  const maxAge = directiveTime(wishes, 'max-age');
  const minFresh = directiveTime(wishes, 'min-fresh') ?? 0;
  if (ttl > 0 && !stored.alwaysValidate) {
    const isTooOld = maxAge !== undefined && currentAge(stored, now) > maxAge && !isImmutable(stored, rule);
    if (isTooOld || ttl < minFresh) {
      return { kind: 'validate', ttl, reason: 'request', detail: 'request-directive', ifError };
    }
    const refresh = rule.eagerRefresh > 0 && ttl <= stored.lifetime * (1 - rule.eagerRefresh);
    return { kind: 'reuse', ttl, refresh };
  }
  const clientObjects = maxAge !== undefined || minFresh > 0;
  if (!clientObjects && isWithin(stored, stored.staleWhileRevalidate, ttl)) {
    return { kind: 'reuse-stale', ttl, revalidate: true };
  }
  const isForbidden = stored.mustRevalidate || stored.alwaysValidate || softPurged || minFresh > 0;
  if (!isForbidden && acceptsStale(wishes, -ttl, maxAge, currentAge(stored, now))) {
    return { kind: 'reuse-stale', ttl, revalidate: false };
  }
  const detail = stored.alwaysValidate ? 'no-cache' : softPurged ? 'soft-purged' : undefined;
  return { kind: 'validate', ttl, reason: 'stale', detail, ifError };
}

/** A response from the future, by a clock that was set back, is not trusted either. */
function isBeyondCap(stored: StoredResponse, cap: number, now: number): boolean {
  if (cap === Number.POSITIVE_INFINITY) return false;
  const age = now - stored.requestTime;
  return age > cap || age < 0;
}

/** True where a stale window of `window` ms is open; `no-cache` opens none (RFC 9111 §4.2.4). */
function isWithin(stored: StoredResponse, window: number, ttl: number): boolean {
  return !stored.alwaysValidate && window > 0 && -ttl <= window;
}

/**
 * While it is fresh, `immutable` answers what a reload asks with `max-age=0`; only `no-cache` asks past it
 * (RFC 8246 §2.1). Read from the fields: few requests come to this question.
 */
function isImmutable(stored: StoredResponse, rule: RouteRule): boolean {
  if (rule.origin === 'ignore') return false;
  return responseDirectives(stored.fields, rule.targetedFields).directives.has('immutable');
}

/** `max-stale`, with or without a bound (RFC 9111 §5.2.1.2). */
function acceptsStale(
  wishes: Directives,
  staleFor: number,
  maxAge: number | undefined,
  age: number,
): boolean {
  const argument = wishes.get('max-stale');
  if (argument === undefined || (maxAge !== undefined && age > maxAge)) return false;
  return argument === '' || staleFor <= (directiveTime(wishes, 'max-stale') ?? 0);
}
