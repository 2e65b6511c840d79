import { selectQuery } from './cache-key.ts';
import type { Detail } from './cache-status.ts';
import { fieldLineValues, fieldValue, withoutFields } from './fields.ts';
import { explicitLifetime } from './freshness.ts';
import { targetUrl, urlsNamed } from './invalidation.ts';
import { decideLookup } from './lookup.ts';
import { normaliseFields } from './normalise-fields.ts';
import { alteredRequest, type RequestHead, type ResponseHead } from './request.ts';
import { cacheableRequestFields, hasUnkeyedCookie } from './request-fields.ts';
import type { RouteRule } from './route-rule.ts';
import { decideStorage, type ExchangeTimes, type StorageTerms } from './storability.ts';
import { responseDirectives } from './targeted-fields.ts';
import type { TraceWord } from './trace.ts';

/** Whether the response to a POST may be stored for GETs of its target, and on which terms. */
export type PostStorage =
  | { readonly kind: 'store'; readonly terms: StorageTerms; readonly reasons: readonly TraceWord[] }
  | {
      readonly kind: 'pass';
      readonly detail: Detail;
      readonly subject?: string | undefined;
      readonly reasons: readonly TraceWord[];
    };

/**
 * A 200 or 203 with explicit freshness whose Content-Location names the target is stored as a GET's would
 * be (RFC 9110 §9.3.3, RFC 9111 §3), once the rule wants it so. `rule` is the one that a GET takes. What
 * a GET could not have been answered with is not stored: the POST went to the upstream with all that its
 * client said, so that nothing in it may have coloured the response but its body.
 */
export function decidePostStorage(
  request: RequestHead,
  response: ResponseHead,
  rule: RouteRule,
  times: ExchangeTimes,
): PostStorage {
  // Others speak of the request (201, 202), or have no body that a GET could be answered with (RFC 9110 §15.3).
  if (response.status !== 200 && response.status !== 203) return pass('status');
  const get: RequestHead = alteredRequest(request, {
    method: 'GET',
    fields: withoutFields(request.fields, OF_POST),
  });
  const lookup = decideLookup(get, rule, false);
  if (lookup.kind === 'pass') {
    return pass(lookup.detail ?? 'rule-pass', lookup.subject);
  }
  if (hasUnsharedCookie(get, rule)) return pass('cookie');
  const subject = unsharedField(get, rule);
  if (subject !== undefined) return pass('unkeyed-field', subject);
  if (!namesTarget(get, response) || !hasWholeQuery(get, rule)) {
    return pass('content-location');
  }
  const storage = decideStorage(get, response, rule, times);
  return storage.kind === 'store' && !isExplicit(response, rule, times) ? pass('no-freshness') : storage;
}

function pass(detail: Detail, subject?: string): PostStorage {
  return { kind: 'pass', detail, subject, reasons: [] };
}

/** The upstream itself says how long; a rule's ttl or a guess is not explicit. */
function isExplicit(response: ResponseHead, rule: RouteRule, { responseTime }: ExchangeTimes): boolean {
  if (rule.origin === 'ignore') return false;
  const given = responseDirectives(response.fields, rule.targetedFields);
  return explicitLifetime(response, given, responseTime) !== undefined;
}

/** What describes its body, by definition shapes the response; and no condition shapes a success. */
const OF_POST = new Set([
  ...['content-type', 'content-encoding', 'content-language', 'content-location', 'content-disposition'],
  ...['content-digest', 'repr-digest', 'digest', 'content-md5', 'expect'],
  ...['if-match', 'if-none-match', 'if-modified-since', 'if-unmodified-since'],
]);

function hasUnsharedCookie({ fields }: RequestHead, rule: RouteRule): boolean {
  return rule.cookies === 'strip' && hasUnkeyedCookie(fields, rule);
}

/** Set anew on every request, a GET's as well. */
const SET_ANEW = new Set(['x-forwarded-host', 'x-forwarded-proto']);

/** The first field that the upstream has seen otherwise than it would have of a GET. */
function unsharedField({ fields }: RequestHead, rule: RouteRule): string | undefined {
  const shared = normaliseFields(cacheableRequestFields(fields, rule), rule.requestFields.normalise);
  for (let i = 0; i < fields.length; i += 2) {
    const name = (fields[i] as string).toLowerCase();
    if (SET_ANEW.has(name) || name === 'cookie') continue;
    if (fieldValue(shared, name) !== fieldValue(fields, name)) return name;
  }
  return undefined;
}

/** RFC 9110 §8.7: it then is a representation of the target, as a GET would have fetched. */
function namesTarget(request: RequestHead, response: ResponseHead): boolean {
  const [reference, ...more] = fieldLineValues(response.fields, 'content-location');
  if (reference === undefined || more.length > 0) return false;
  return urlsNamed(reference, request).includes(targetUrl(request));
}

/** A parameter that does not count was seen by the upstream all the same. */
function hasWholeQuery({ query }: RequestHead, { key }: RouteRule): boolean {
  return selectQuery(query, key).length === query.length;
}
