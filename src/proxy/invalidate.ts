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
export function invalidate(x: Exchange, sidecar: Sidecar, response: ResponseHead): void {
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
      purges.push({ selector: { kind: 'tag', tag }, soft: false });
    }
  }
  for (const url of urls) purges.push({ selector: { kind: 'url', url }, soft: false });
  sidecar.purges.log.append(purges).catch((error: unknown) => sidecar.onFault(error, x.id));
  x.trace.push('invalidated');
}
