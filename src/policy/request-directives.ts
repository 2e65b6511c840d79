import { cacheControl, type Directives } from './cache-control.ts';
import { fieldValue, listMembers } from './fields.ts';
import type { RequestHead } from './request.ts';
import type { RouteRule } from './route-rule.ts';

const NONE: Directives = new Map();
const NO_CACHE: Directives = new Map([['no-cache', '']]);

/** The request's Cache-Control; without one, `Pragma: no-cache` counts (RFC 9111 §5.4). */
export function requestDirectives(request: RequestHead): Directives {
  if (request.asksNothing === true) return NONE;
  const directives = cacheControl(request.fields);
  if (directives.size > 0) return directives;
  const pragma = fieldValue(request.fields, 'pragma');
  const isNoCache = pragma !== undefined && listMembers(pragma.toLowerCase()).includes('no-cache');
  return isNoCache ? NO_CACHE : NONE;
}

/** What of it counts: request directives are advice (RFC 9111 §5.2.1), and a rule need not take it. */
export function wishesOf(request: RequestHead, rule: RouteRule): Directives {
  return rule.requestDirectives === 'honour' ? requestDirectives(request) : NONE;
}

/** True when the client wishes for something that the rule does not hear. */
export function isUnheard(request: RequestHead, rule: RouteRule): boolean {
  return rule.requestDirectives === 'ignore' && requestDirectives(request).size > 0;
}

/** True when the client wants a stored response or none (RFC 9111 §5.2.1.7): 504 instead of a forward. */
export function wantsOnlyStored(request: RequestHead, rule: RouteRule): boolean {
  return wishesOf(request, rule).has('only-if-cached');
}
