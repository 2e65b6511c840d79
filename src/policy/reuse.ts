import { cacheControl, type Directives, directiveTime } from './cache-control.ts';
import type { Detail, ForwardReason } from './cache-status.ts';
import { fieldValue } from './fields.ts';
import { currentAge, remainingFreshness } from './freshness.ts';
import type { RequestHead } from './request.ts';
import type { RouteRule } from './route-rule.ts';
import type { StoredResponse } from './stored-response.ts';

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

const NONE: Directives = new Map();

/**
 * Whether a stored response may answer a request (RFC 9111 §4). `softPurged`: an operator declared it
 * stale; `now` in ms since the epoch.
 */
export function decideReuse(
  request: RequestHead,
  stored: StoredResponse,
  rule: RouteRule,
  softPurged: boolean,
  now: number,
): Reuse {
  if (stored.rule !== rule.fingerprint) return { kind: 'unusable', detail: 'rule-changed' };
  const remaining = remainingFreshness(stored, now);
  // A soft purge makes it stale now, and keeps the windows where they were.
  const ttl = softPurged ? Math.min(0, remaining) : remaining;
  const wishes = rule.requestDirectives === 'honour' ? requestDirectives(request) : NONE;
  const staleFor = Math.max(0, -ttl);
  const isFresh = ttl > 0 && !stored.alwaysValidate;
  const isWithin = (window: number) => !stored.alwaysValidate && window > 0 && staleFor <= window;
  const ifError = isWithin(stored.staleIfError);

  if (wishes.has('no-cache')) {
    return { kind: 'validate', ttl, reason: 'request', detail: 'request-directive', ifError: false };
  }
  const maxAge = directiveTime(wishes, 'max-age');
  const minFresh = directiveTime(wishes, 'min-fresh') ?? 0;
  if (isFresh) {
    if ((maxAge !== undefined && currentAge(stored, now) > maxAge) || ttl < minFresh) {
      return { kind: 'validate', ttl, reason: 'request', detail: 'request-directive', ifError };
    }
    const refresh = rule.eagerRefresh > 0 && ttl <= stored.lifetime * (1 - rule.eagerRefresh);
    return { kind: 'reuse', ttl, refresh };
  }
  const detail = stored.alwaysValidate ? 'no-cache' : softPurged ? 'soft-purged' : undefined;
  const clientObjects = maxAge !== undefined || minFresh > 0;
  if (!clientObjects && isWithin(stored.staleWhileRevalidate)) {
    return { kind: 'reuse-stale', ttl, revalidate: true };
  }
  const isForbidden = stored.mustRevalidate || stored.alwaysValidate || softPurged || minFresh > 0;
  if (!isForbidden && acceptsStale(wishes, staleFor, maxAge, currentAge(stored, now))) {
    return { kind: 'reuse-stale', ttl, revalidate: false };
  }
  return { kind: 'validate', ttl, reason: 'stale', detail, ifError };
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

/** The request's Cache-Control; without one, `Pragma: no-cache` counts (RFC 9111 §5.4). */
export function requestDirectives(request: RequestHead): Directives {
  const directives = cacheControl(request.fields);
  if (directives.size > 0) return directives;
  const pragma = fieldValue(request.fields, 'pragma');
  return pragma !== undefined && /\bno-cache\b/i.test(pragma) ? new Map([['no-cache', '']]) : NONE;
}

/** True when the client wants a stored response or none (RFC 9111 §5.2.1.7): 504 instead of a forward. */
export function wantsOnlyStored(request: RequestHead, rule: RouteRule): boolean {
  return rule.requestDirectives === 'honour' && requestDirectives(request).has('only-if-cached');
}
