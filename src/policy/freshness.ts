import { deltaSeconds, directiveTime } from './cache-control.ts';
import { fieldLineValues, fieldValue, listMembers } from './fields.ts';
import { parseHttpDate } from './http-date.ts';
import type { ResponseHead } from './request.ts';
import type { StoredResponse } from './stored-response.ts';
import type { ResponseDirectives } from './targeted-fields.ts';

/*
 * RFC 9111 §4.2 as it stands: fresh is what is younger than its lifetime. What a rule makes of the
 * lifetime is decided in rule-lifetime.
 */

/**
 * The freshness lifetime that the response states for a shared cache, in ms (RFC 9111 §4.2.1): s-maxage,
 * else max-age, else Expires minus Date. Undefined where it states none. What is stated so that nobody can
 * read it is 0, never fresh. `responseTime` in ms since the epoch.
 */
export function explicitLifetime(
  response: ResponseHead,
  { directives, targeted }: ResponseDirectives,
  responseTime: number,
): number | undefined {
  const stated = directiveTime(directives, 's-maxage') ?? directiveTime(directives, 'max-age');
  if (stated !== undefined || targeted) return stated;
  const expires = fieldLineValues(response.fields, 'expires');
  if (expires.length === 0) return undefined;
  // An invalid one, `0` above all, has expired (§5.3); of several that differ the earliest is the safe one.
  const times = expires.map((value) => parseHttpDate(value, responseTime) ?? Number.NEGATIVE_INFINITY);
  return Math.max(0, Math.min(...times) - dateOf(response, responseTime));
}

/** The response's Date, or when it arrived where that is absent or unreadable (RFC 9110 §6.6.1). */
export function dateOf(response: ResponseHead, responseTime: number): number {
  return parseHttpDate(fieldValue(response.fields, 'date') ?? '', responseTime) ?? responseTime;
}

/**
 * `corrected_initial_age` in ms (RFC 9111 §4.2.3); both times in ms since the epoch. Of an Age with more
 * than one member the first counts, and what is no number of seconds is ignored (§5.1).
 */
export function initialAge(response: ResponseHead, requestTime: number, responseTime: number): number {
  // Wall clocks have whole seconds on the wire: a Date of this very second must not count as age.
  const date = dateOf(response, responseTime);
  const apparentAge = Math.max(0, Math.floor(responseTime / 1000) * 1000 - date);
  const age = fieldValue(response.fields, 'age');
  const ageValue = (deltaSeconds(age && listMembers(age)[0]) ?? 0) * 1000;
  return Math.max(apparentAge, ageValue + Math.max(0, responseTime - requestTime));
}

/** True for an Age that is no number of seconds, or more than one (RFC 9111 §5.1). */
export function hasUnreadableAge(response: ResponseHead): boolean {
  const age = fieldValue(response.fields, 'age');
  return age !== undefined && deltaSeconds(age) === undefined;
}

/** `current_age` in ms (RFC 9111 §4.2.3). Never negative, also when the clock was set back. */
export function currentAge(stored: StoredResponse, now: number): number {
  return stored.initialAge + Math.max(0, now - stored.responseTime);
}

/** Remaining freshness in ms; ≤ 0 when stale (RFC 9111 §4.2). */
export function remainingFreshness(stored: StoredResponse, now: number): number {
  return stored.lifetime - currentAge(stored, now);
}
