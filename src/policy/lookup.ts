import type { Detail, ForwardReason } from './cache-status.ts';
import { hasField } from './fields.ts';
import { isForOrigin } from './precondition.ts';
import type { RequestHead } from './request.ts';
import { hasUnkeyedCookie, unkeyedField } from './request-fields.ts';
import type { RouteRule } from './route-rule.ts';

/** Whether a request may be answered from the cache at all. */
export type LookupDecision =
  | { readonly kind: 'lookup' }
  | {
      readonly kind: 'pass';
      readonly reason: ForwardReason;
      readonly detail: Detail | undefined;
      /** The field that `unkeyed-field` speaks of. */
      readonly subject?: string;
    };

const LOOKUP: LookupDecision = { kind: 'lookup' };
const METHOD: LookupDecision = { kind: 'pass', reason: 'method', detail: undefined };
const RULE_PASS: LookupDecision = { kind: 'pass', reason: 'bypass', detail: 'rule-pass' };
const BODY: LookupDecision = { kind: 'pass', reason: 'bypass', detail: 'request-body' };
const PRECONDITION: LookupDecision = { kind: 'pass', reason: 'bypass', detail: 'precondition' };
const COOKIE: LookupDecision = { kind: 'pass', reason: 'bypass', detail: 'cookie' };
const AUTHORIZATION: LookupDecision = { kind: 'pass', reason: 'bypass', detail: 'authorization' };

/**
 * Decides whether to look into the cache: GET and HEAD on a caching route, without a body, and
 * without a precondition for the origin or unkeyed input that could colour a shared response.
 * `hasBody`: the request announces one.
 */
export function decideLookup(request: RequestHead, rule: RouteRule, hasBody: boolean): LookupDecision {
  if (request.method !== 'GET' && request.method !== 'HEAD') return METHOD;
  if (!rule.cache) return RULE_PASS;
  if (hasBody) return BODY;
  if (isForOrigin(request.fields)) return PRECONDITION;
  if (rule.cookies === 'bypass' && hasUnkeyedCookie(request.fields, rule)) return COOKIE;
  if (isUnkeyedAuthorization(request, rule)) return AUTHORIZATION;
  const subject = unkeyedField(request.fields, rule);
  if (subject !== undefined) return { kind: 'pass', reason: 'bypass', detail: 'unkeyed-field', subject };
  return LOOKUP;
}

/**
 * Where the upstream alone decides, RFC 9111 §3.5 governs Authorization at storing. Where a rule
 * decides, an authorised request passes by a shared response unless the rule names the field.
 */
function isUnkeyedAuthorization(request: RequestHead, rule: RouteRule): boolean {
  if (rule.requestFields.unknown === 'ignore' || rule.unsafe.storeAuthorized) return false;
  if (!hasField(request.fields, 'authorization')) return false;
  const { forward, strip } = rule.requestFields;
  return (
    !rule.key.headers.includes('authorization') &&
    !forward.has('authorization') &&
    !strip.has('authorization')
  );
}
