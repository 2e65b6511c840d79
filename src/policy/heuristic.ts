import { fieldValue } from './fields.ts';
import { dateOf } from './freshness.ts';
import { parseHttpDate } from './http-date.ts';
import type { ResponseHead } from './request.ts';
import { isHeuristicallyCacheable } from './status-code.ts';
import type { ResponseDirectives } from './targeted-fields.ts';

/** No guess goes further: a day, ms. */
const AT_MOST = 24 * 3600 * 1000;

/**
 * The heuristic freshness lifetime (RFC 9111 §4.2.2), in ms: `share` (0–1) of the time from Last-Modified
 * to Date. Undefined where nothing tells, where the status is not heuristically cacheable and nothing says
 * `public`, and where the response changed no earlier than it was sent. Only for a response without an
 * explicit lifetime. `responseTime` in ms since the epoch.
 */
export function heuristicLifetime(
  response: ResponseHead,
  given: ResponseDirectives,
  share: number,
  responseTime: number,
): number | undefined {
  if (!isCacheableByDefault(response, given)) return undefined;
  const modified = parseHttpDate(fieldValue(response.fields, 'last-modified') ?? '', responseTime);
  if (modified === undefined) return undefined;
  const lifetime = Math.floor(share * (dateOf(response, responseTime) - modified));
  return lifetime > 0 ? Math.min(lifetime, AT_MOST) : undefined;
}

/**
 * Whether the response may be stored though nobody states how long it is fresh: its status is heuristically
 * cacheable, or it says `public` (RFC 9111 §3, the last condition).
 */
export function isCacheableByDefault(response: ResponseHead, { directives }: ResponseDirectives): boolean {
  return isHeuristicallyCacheable(response.status) || directives.get('public') === '';
}
