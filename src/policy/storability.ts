import type { Directives } from './cache-control.ts';
import { cacheGroups } from './cache-groups.ts';
import type { Detail } from './cache-status.ts';
import { hasField } from './fields.ts';
import { initialAge } from './freshness.ts';
import { isCacheableByDefault } from './heuristic.ts';
import { overridesNoStore, prohibitions } from './prohibition.ts';
import type { RequestHead, ResponseHead } from './request.ts';
import type { RouteRule, UnsafeSwitches } from './route-rule.ts';
import { ruledLifetime } from './rule-lifetime.ts';
import { ruledWindows } from './rule-windows.ts';
import { forbidsStale } from './stale-windows.ts';
import { storableFields } from './storable-fields.ts';
import type { StoredResponse } from './stored-response.ts';
import { MAX_TAGS, surrogateTags } from './surrogate-tags.ts';
import { mostTags } from './tags.ts';
import { responseDirectives } from './targeted-fields.ts';
import type { TraceWord } from './trace.ts';
import { fieldToBlame, unsaidVary } from './unkeyed-influence.ts';
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
> & { readonly vary: readonly string[] };

/**
 * Whether a response may be stored, and on which terms. `reasons`: what beside RFC 9111 and Cache-Control
 * had a say, one word each.
 */
export type Storage =
  | { readonly kind: 'store'; readonly terms: StorageTerms; readonly reasons: readonly TraceWord[] }
  | {
      readonly kind: 'pass';
      readonly detail: Detail;
      /** The field that `unkeyed-field` speaks of. */
      readonly subject?: string | undefined;
      readonly reasons: readonly TraceWord[];
    };

/** When the exchange took place; ms since the epoch. `random` in [0, 1) feeds the rule's jitter. */
export interface ExchangeTimes {
  readonly requestTime: number;
  readonly responseTime: number;
  readonly random: number;
}

/**
 * Whether a shared cache may store this response: what RFC 9111 §3 forbids and the rule does not lift, then
 * what it varies by, then whether it is of any use: fresh, servable stale, or fit to be validated.
 */
export function decideStorage(
  request: RequestHead,
  response: ResponseHead,
  rule: RouteRule,
  times: ExchangeTimes,
): Storage {
  const given = responseDirectives(response.fields, rule.targetedFields);
  const { directives } = given;
  const reasons = new Set<TraceWord>();
  const pass = (detail: Detail, subject?: string): Storage => ({
    kind: 'pass',
    detail,
    subject,
    reasons: [...reasons],
  });

  if (given.targeted) reasons.add('targeted-field');
  if (overridesNoStore(directives, response.status)) reasons.add('must-understand');
  for (const forbidden of prohibitions(request, response, given)) {
    const lifted = liftedBy(forbidden, response.status, rule);
    if (lifted === undefined) return pass(forbidden);
    if (lifted !== 'nothing-to-lift') reasons.add(lifted);
  }

  const vary = parseVary(response.fields);
  if (vary.kind === 'star') return pass('vary-star');
  const said = vary.kind === 'none' ? [] : selecting(vary.names, response, rule);
  const names = withUnsaid(said, unsaidVary(request, response, rule));
  if (said.length > rule.varyLimit) return pass('vary-limit');
  if (names.includes('cookie') && rule.cookies !== 'ignore') return pass('vary-unkeyed-cookie');
  if (hasTooManyTags(request, response, rule)) return pass('tag-limit');

  const subject = fieldToBlame(request, response, rule);
  if (subject !== undefined) return pass('unkeyed-field', subject);

  const ruled = ruledLifetime(response, given, rule, times);
  const alwaysValidate = asksEachTime(directives, rule, reasons);
  for (const reason of ruled.reasons) reasons.add(reason);
  if (ruled.lifetime === undefined && !(alwaysValidate && isCacheableByDefault(response, given))) {
    return pass(rule.ttl === undefined ? 'no-freshness' : 'status');
  }
  if (names.length > rule.varyLimit) return pass('unkeyed-field', names.at(-1));
  const lifetime = ruled.lifetime ?? 0;
  const windows = ruledWindows(directives, rule);
  for (const reason of windows.reasons) reasons.add(reason);
  const { requestTime, responseTime } = times;
  const age = initialAge(response, requestTime, responseTime);
  const fields = storableFields(response, directives, responseTime, rule);
  const usableUntil = lifetime + Math.max(windows.whileRevalidate, windows.ifError);
  if ((alwaysValidate || usableUntil <= age) && !hasValidator(fields)) {
    return pass(alwaysValidate ? 'response-no-cache' : 'already-stale');
  }
  return {
    kind: 'store',
    terms: {
      status: response.status,
      fields,
      requestTime,
      responseTime,
      initialAge: age,
      lifetime,
      staleWhileRevalidate: windows.whileRevalidate,
      staleIfError: windows.ifError,
      mustRevalidate: forbidsStale(directives),
      alwaysValidate,
      vary: names,
    },
    reasons: [...reasons],
  };
}

/**
 * The names that tell variants apart. Where the rule compresses, the upstream is asked for what has no content coding, and
 * whoever refuses that is not looked up for: Accept-Encoding selects nothing then.
 */
function selecting(names: readonly string[], { fields }: ResponseHead, rule: RouteRule): readonly string[] {
  if (rule.compress.length === 0 || hasField(fields, 'content-encoding')) return names;
  return names.filter((name) => name !== 'accept-encoding');
}

/** Sorted, and each once. */
function withUnsaid(said: readonly string[], unsaid: readonly string[]): readonly string[] {
  return unsaid.length === 0 ? said : [...new Set([...said, ...unsaid])].sort();
}

/** True where not every tag could be told apart: a purge by one left out would pass the response by. */
function hasTooManyTags(request: RequestHead, { fields }: ResponseHead, rule: RouteRule): boolean {
  return (
    mostTags(rule.tags, fields) > MAX_TAGS ||
    surrogateTags(fields, rule.surrogateTags.fields) === undefined ||
    cacheGroups(fields, request) === undefined
  );
}

/** The loud switches that lift a prohibition, where there are any. */
const SWITCHES: Partial<Record<Detail, readonly (keyof UnsafeSwitches)[]>> = {
  'response-no-store': ['storeNoStore'],
  'response-private': ['storePrivate'],
  'set-cookie': ['storeWithoutSetCookie', 'storeWithSetCookie'],
  authorization: ['storeAuthorized'],
};

/**
 * What of the rule lifts a prohibition; undefined where nothing does. `nothing-to-lift`: the upstream never
 * saw what would forbid it, or the pipeline has said already that the client is not heard.
 */
function liftedBy(
  forbidden: Detail,
  status: number,
  rule: RouteRule,
): TraceWord | 'nothing-to-lift' | undefined {
  if (forbidden === 'request-no-store' && rule.requestDirectives === 'ignore') return 'nothing-to-lift';
  // An operator who names a 429 protects an upstream that is overrun.
  if (forbidden === 'status' && status === 429 && rule.statusTtl.has(status)) return 'rule-status';
  if (forbidden === 'authorization') {
    if (rule.requestFields.strip.has('authorization')) return 'nothing-to-lift';
    if (rule.key.headers.includes('authorization')) return 'authorization-keyed';
  }
  return SWITCHES[forbidden]?.some((name) => rule.unsafe[name]) ? 'unsafe-switch' : undefined;
}

/** `no-cache` without field names, where the upstream is respected (RFC 9111 §5.2.2.4). */
function asksEachTime(directives: Directives, rule: RouteRule, reasons: Set<TraceWord>): boolean {
  if (directives.get('no-cache') !== '') return false;
  if (rule.origin === 'respect') return true;
  reasons.add('origin-ignored');
  return false;
}
