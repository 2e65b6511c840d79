import { invalidatedGroups } from '../policy/cache-groups.ts';
import { invalidatedUrls, invalidates } from '../policy/invalidation.ts';
import { originOf } from '../policy/origin.ts';
import type { RequestHead, ResponseHead } from '../policy/request.ts';
import { MAX_TAGS } from '../policy/surrogate-tags.ts';
import { expandTags, mostTags } from '../policy/tags.ts';
import type { Receipt } from '../purge/purge-log.ts';
import type { Selector } from '../purge/selector.ts';
import type { Exchange } from './exchange.ts';
import type { Sidecar } from './sidecar.ts';
import { storedTargets } from './stored-target.ts';

const PENDING: Receipt = { kind: 'pending' };

/**
 * What an unsafe request made invalid goes into the purge log before its answer is passed on: the URLs
 * of RFC 9111 §4.4, the groups of RFC 9875 §3 and the tags of the route's `purge`. Here it holds at once.
 * undefined where nothing is invalid; the receipt never rejects.
 */
export function invalidate(
  x: Exchange,
  sidecar: Sidecar,
  response: ResponseHead,
  soft = false,
): Promise<Receipt> | undefined {
  if (!invalidates(x.request, response)) return undefined;
  const selectors = [...tagSelectors(x, response), ...groupSelectors(x, response)];
  for (const url of urlsToInvalidate(x, sidecar, response)) selectors.push({ kind: 'url', url });
  x.trace.push('invalidated');
  return sidecar.purges.log
    .append(selectors.map((selector) => ({ selector, soft })))
    .catch((error: unknown) => {
      sidecar.onFault(error, x.id);
      return PENDING;
    });
}

function tagSelectors({ request, route }: Exchange, { fields }: ResponseHead): Selector[] {
  if (route === undefined) return [];
  const { rule, params } = route;
  if (mostTags(rule.purge, fields) > MAX_TAGS) return [allOf(request)];
  const tags = expandTags(rule.purge, { params, query: request.query, response: fields });
  return tags.map((tag) => ({ kind: 'tag', tag }));
}

function groupSelectors({ request }: Exchange, { fields }: ResponseHead): Selector[] {
  const groups = invalidatedGroups(fields, request);
  // More than are told apart: all that can be in a group of this origin.
  if (groups === undefined) return [allOf(request)];
  return groups.map((tag) => ({ kind: 'tag', tag }));
}

/** Whatever is stored of this origin. */
function allOf({ scheme, authority }: RequestHead): Selector {
  return { kind: 'prefix', prefix: `${originOf(scheme, authority)}/` };
}

/** As they were named, and as a GET of them would have been stored. */
function urlsToInvalidate({ request }: Exchange, sidecar: Sidecar, response: ResponseHead): Set<string> {
  const origin = originOf(request.scheme, request.authority);
  const urls = new Set<string>();
  for (const url of invalidatedUrls(request, response)) {
    urls.add(url);
    for (const target of storedTargets(sidecar, url.slice(origin.length), request.authority)) {
      urls.add(origin + target);
    }
  }
  return urls;
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
