import { type Directives, deltaSeconds, directiveTime } from './cache-control.ts';
import { fieldLineValues, fieldValue } from './fields.ts';
import { parseHttpDate } from './http-date.ts';
import type { ResponseHead } from './request.ts';
import type { RouteRule } from './route-rule.ts';
import type { StoredResponse } from './stored-response.ts';

/** Who says how long a response is fresh. `none`: nobody does. */
export type FreshnessSource = 's-maxage' | 'max-age' | 'expires' | 'status-ttl' | 'ttl' | 'none';

/** How long a response is fresh from its generation on, and who said so. */
export interface Freshness {
  readonly lifetime: number;
  readonly source: FreshnessSource;
}

/** Statuses that a rule's `ttl` covers without naming them; others need `status-ttl`. */
const TTL_STATUSES = new Set([200, 203, 204, 300, 301, 308]);

/**
 * The freshness lifetime in ms: the upstream's (RFC 9111 §4.2.1) where it is explicit and the rule
 * respects it, else the rule's per-status ttl, else its ttl. The rule's `max-ttl` bounds all, its
 * jitter shortens all. `random` is in [0, 1); `responseTime` in ms since the epoch.
 */
export function freshnessLifetime(
  response: ResponseHead,
  directives: Directives,
  rule: RouteRule,
  responseTime: number,
  random: number,
): Freshness {
  const base =
    (rule.origin === 'respect' ? explicitLifetime(response, directives, responseTime) : undefined) ??
    ruleLifetime(response.status, rule);
  if (base === undefined) return { lifetime: 0, source: 'none' };
  const bounded = rule.maxTtl === undefined ? base.lifetime : Math.min(base.lifetime, rule.maxTtl);
  return { lifetime: Math.floor(bounded * (1 - rule.jitter * random)), source: base.source };
}

/** Explicit expiration for a shared cache: s-maxage, then max-age, then Expires (RFC 9111 §4.2.1). */
function explicitLifetime(
  response: ResponseHead,
  directives: Directives,
  responseTime: number,
): Freshness | undefined {
  const shared = directiveTime(directives, 's-maxage');
  if (shared !== undefined) return { lifetime: shared, source: 's-maxage' };
  const own = directiveTime(directives, 'max-age');
  if (own !== undefined) return { lifetime: own, source: 'max-age' };
  const expires = fieldLineValues(response.fields, 'expires');
  if (expires.length === 0) return undefined;
  const times = expires.map((value) => parseHttpDate(value, responseTime));
  if (times.includes(undefined)) return { lifetime: 0, source: 'expires' };
  const earliest = Math.min(...(times as number[]));
  return { lifetime: Math.max(0, earliest - dateOf(response, responseTime)), source: 'expires' };
}

function ruleLifetime(status: number, rule: RouteRule): Freshness | undefined {
  const byStatus = rule.statusTtl.get(status);
  if (byStatus !== undefined) return { lifetime: byStatus, source: 'status-ttl' };
  if (rule.ttl === undefined || !TTL_STATUSES.has(status)) return undefined;
  return { lifetime: rule.ttl, source: 'ttl' };
}

/** The response's Date, or when it arrived where that is absent or unreadable (RFC 9110 §6.6.1). */
function dateOf(response: ResponseHead, responseTime: number): number {
  return parseHttpDate(fieldValue(response.fields, 'date') ?? '', responseTime) ?? responseTime;
}

/** `corrected_initial_age` in ms (RFC 9111 §4.2.3); both times in ms since the epoch. */
export function initialAge(response: ResponseHead, requestTime: number, responseTime: number): number {
  // Wall clocks have whole seconds on the wire: a Date of this very second must not count as age.
  const date = dateOf(response, responseTime);
  const apparentAge = Math.max(0, Math.floor(responseTime / 1000) * 1000 - date);
  const ageValue = (deltaSeconds(fieldValue(response.fields, 'age')?.split(',')[0]?.trim()) ?? 0) * 1000;
  return Math.max(apparentAge, ageValue + Math.max(0, responseTime - requestTime));
}

/** `current_age` in ms (RFC 9111 §4.2.3). Never negative, also when the clock was set back. */
export function currentAge(stored: StoredResponse, now: number): number {
  return stored.initialAge + Math.max(0, now - stored.responseTime);
}

/** Remaining freshness in ms; ≤ 0 when stale (RFC 9111 §4.2). */
export function remainingFreshness(stored: StoredResponse, now: number): number {
  return stored.lifetime - currentAge(stored, now);
}

/**
 * Stale windows in ms: the rule's word counts, else the upstream's (RFC 5861). 0 where the response
 * forbids being served stale; an `s-maxage` that counts leaves the window that a directive beside it grants.
 */
export function staleWindows(
  directives: Directives,
  rule: RouteRule,
): { whileRevalidate: number; ifError: number } {
  const window = (name: string, ruled: number | undefined): number => {
    const granted = directiveTime(directives, name);
    if (demandsValidation(directives)) return 0;
    if (rule.origin === 'ignore') return ruled ?? 0;
    if (directives.has('s-maxage') && granted === undefined) return 0;
    return ruled ?? granted ?? 0;
  };
  return {
    whileRevalidate: window('stale-while-revalidate', rule.staleWhileRevalidate),
    ifError: window('stale-if-error', rule.staleIfError),
  };
}

/** True where the response forbids being served stale (RFC 9111 §4.2.4, §5.2.2.2, .8, .10). */
export function forbidsStale(directives: Directives): boolean {
  return demandsValidation(directives) || directives.has('s-maxage');
}

function demandsValidation(directives: Directives): boolean {
  return directives.has('must-revalidate') || directives.has('proxy-revalidate');
}
