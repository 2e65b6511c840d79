import { invalidatedUrls, invalidates } from '../policy/invalidation.ts';
import type { ResponseHead } from '../policy/request.ts';
import { expandTags } from '../policy/tags.ts';
import type { Purge } from '../purge/selector.ts';
import type { Exchange } from './exchange.ts';
import type { Sidecar } from './sidecar.ts';
import { storedTarget } from './stored-target.ts';

/**
 * What an unsafe request made invalid goes into the purge log before its answer is passed on: the
 * URLs of RFC 9111 §4.4 and the tags of the route's `purge`. Here it holds at once.
 */
export function invalidate(x: Exchange, sidecar: Sidecar, response: ResponseHead, soft = false): void {
  if (!invalidates(x.request, response)) return;
  const urls = new Set<string>();
  const { scheme, authority } = x.request;
  const origin = `${scheme}://${authority}`;
  for (const url of invalidatedUrls(x.request, response)) {
    // As it was named, and as a GET of it would have been stored.
    urls.add(url).add(origin + (storedTarget(sidecar, url.slice(origin.length), authority) ?? ''));
  }
  const purges: Purge[] = [];
  if (x.route !== undefined) {
    const { rule, params } = x.route;
    for (const tag of expandTags(rule.purge, { params, query: x.request.query, response: response.fields })) {
      purges.push({ selector: { kind: 'tag', tag }, soft });
    }
  }
  for (const url of urls) purges.push({ selector: { kind: 'url', url }, soft });
  sidecar.purges.log.append(purges).catch((error: unknown) => sidecar.onFault(error, x.id));
  x.trace.push('invalidated');
}

/** A success that says nothing more. */
const SUCCESS: ResponseHead = { status: 200, fields: [] };

/**
 * An unsafe request that may have reached the upstream, and whose answer never came, may have been
 * carried out: it makes stale what a success would have made invalid. No more than that, or whoever
 * hangs up on a request that would have been refused could empty the cache.
 */
export function invalidateUnanswered(x: Exchange, sidecar: Sidecar): void {
  invalidate(x, sidecar, SUCCESS, true);
}
