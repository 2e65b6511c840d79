import { cacheControl, type Directives } from './cache-control.ts';
import type { Detail } from './cache-status.ts';
import { hasField, withoutFields } from './fields.ts';
import { type Freshness, forbidsStale, freshnessLifetime, initialAge, staleWindows } from './freshness.ts';
import { formatHttpDate } from './http-date.ts';
import type { RequestHead, ResponseHead } from './request.ts';
import type { RouteRule } from './route-rule.ts';
import type { StoredResponse } from './stored-response.ts';
import { hasValidator } from './validator.ts';
import { parseVary } from './vary.ts';

/** The part of a stored response that storability decides: everything but key, body and position. */
export type StorageTerms = Pick<
  StoredResponse,
  | 'status'
  | 'fields'
  | 'requestTime'
  | 'responseTime'
  | 'initialAge'
  | 'lifetime'
  | 'staleWhileRevalidate'
  | 'staleIfError'
  | 'mustRevalidate'
  | 'alwaysValidate'
> & { readonly vary: readonly string[]; readonly freshness: Freshness['source'] };

/** Whether a response may be stored, and on which terms. */
export type Storage =
  | { readonly kind: 'store'; readonly terms: StorageTerms }
  | { readonly kind: 'pass'; readonly detail: Detail };

/** When the exchange took place; ms since the epoch. `random` in [0, 1) feeds the rule's jitter. */
export interface ExchangeTimes {
  readonly requestTime: number;
  readonly responseTime: number;
  readonly random: number;
}

/**
 * Whether a shared cache may store this response (RFC 9111 §3), the rule applied. Only a GET's
 * response is stored; HEAD is answered from it.
 */
export function decideStorage(
  request: RequestHead,
  response: ResponseHead,
  rule: RouteRule,
  times: ExchangeTimes,
): Storage {
  const directives = cacheControl(response.fields);
  const forbidden = prohibition(request, response, directives, rule);
  if (forbidden !== undefined) return { kind: 'pass', detail: forbidden };

  const vary = parseVary(response.fields);
  if (vary.kind === 'star') return { kind: 'pass', detail: 'vary-star' };
  const names = vary.kind === 'none' ? [] : vary.names;
  if (names.length > rule.varyLimit) return { kind: 'pass', detail: 'vary-limit' };
  if (names.includes('cookie') && rule.cookies !== 'ignore')
    return { kind: 'pass', detail: 'vary-unkeyed-cookie' };

  const { requestTime, responseTime } = times;
  const freshness = freshnessLifetime(response, directives, rule, responseTime, times.random);
  const alwaysValidate = rule.origin === 'respect' && directives.get('no-cache') === '';
  if (freshness.source === 'none' && !(alwaysValidate && HEURISTICALLY_CACHEABLE.has(response.status))) {
    return { kind: 'pass', detail: rule.ttl === undefined ? 'no-freshness' : 'status' };
  }
  const fields = storableFields(response, directives, responseTime);
  const age = initialAge(response, requestTime, responseTime);
  const windows = staleWindows(directives, rule);
  const usableUntil = freshness.lifetime + Math.max(windows.whileRevalidate, windows.ifError);
  if ((alwaysValidate || usableUntil <= age) && !hasValidator(fields)) {
    return { kind: 'pass', detail: alwaysValidate ? 'response-no-cache' : 'already-stale' };
  }
  return {
    kind: 'store',
    terms: {
      status: response.status,
      fields,
      requestTime,
      responseTime,
      initialAge: age,
      lifetime: freshness.lifetime,
      freshness: freshness.source,
      staleWhileRevalidate: windows.whileRevalidate,
      staleIfError: windows.ifError,
      mustRevalidate: forbidsStale(directives),
      alwaysValidate,
      vary: names,
    },
  };
}

/** Statuses that may be stored without a word on how long they are fresh (RFC 9110 §15.1), but for 206. */
const HEURISTICALLY_CACHEABLE = new Set([200, 203, 204, 300, 301, 308, 404, 405, 410, 414, 501]);

/** What forbids storing whatever the freshness, in the order in which it is worth telling. */
function prohibition(
  request: RequestHead,
  response: ResponseHead,
  directives: Directives,
  rule: RouteRule,
): Detail | undefined {
  const { unsafe } = rule;
  if (response.status === 206 || hasField(response.fields, 'content-range')) return 'partial-content';
  if (response.status < 200 || response.status === 304) return 'status';
  if (directives.has('no-store') && !unsafe.storeNoStore) return 'response-no-store';
  if (rule.requestDirectives === 'honour' && cacheControl(request.fields).has('no-store'))
    return 'request-no-store';
  if (directives.has('private') && !unsafe.storePrivate) return 'response-private';
  if (hasField(response.fields, 'set-cookie') && !unsafe.storeWithoutSetCookie) return 'set-cookie';
  const isAuthorized =
    hasField(request.fields, 'authorization') && !rule.requestFields.strip.has('authorization');
  if (isAuthorized && !permitsAuthorized(directives, rule)) return 'authorization';
  return undefined;
}

/** RFC 9111 §3.5: must-revalidate, public or s-maxage allow it; so does having it in the key. */
function permitsAuthorized(directives: Directives, rule: RouteRule): boolean {
  return (
    rule.unsafe.storeAuthorized ||
    rule.key.headers.includes('authorization') ||
    directives.has('public') ||
    directives.has('must-revalidate') ||
    directives.has('s-maxage')
  );
}

/** Without them the stored response would be read wrongly, whatever `no-cache` or `private` say of them. */
const ESSENTIAL = new Set(['cache-control', 'expires', 'vary', 'content-type', 'content-encoding']);

/**
 * The fields to keep: Age is computed anew, Content-Length follows from the body, Set-Cookie never
 * enters the cache, the upstream's Cache-Status tells of another request (RFC 9211 §2), fields that
 * `no-cache` or `private` name stay out (RFC 9111 §5.2.2.4, §5.2.2.7), and a missing Date is when the
 * response arrived (RFC 9110 §6.6.1).
 */
function storableFields(response: ResponseHead, directives: Directives, responseTime: number): string[] {
  const dropped = new Set(['age', 'content-length', 'set-cookie', 'cache-status']);
  for (const directive of ['no-cache', 'private']) {
    for (const name of directives.get(directive)?.toLowerCase().split(',') ?? []) {
      if (!ESSENTIAL.has(name.trim())) dropped.add(name.trim());
    }
  }
  const fields = withoutFields(response.fields, dropped);
  if (!hasField(fields, 'date')) fields.push('Date', formatHttpDate(responseTime));
  return fields;
}
