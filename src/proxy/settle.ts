import { cacheKey, effectiveUrl } from '../policy/cache-key.ts';
import { decideLookup, type LookupDecision } from '../policy/lookup.ts';
import { normaliseFields } from '../policy/normalise-fields.ts';
import { alteredRequest, type RequestHead } from '../policy/request.ts';
import type { RouteRule } from '../policy/route-rule.ts';
import type { Digest } from '../policy/secret.ts';
import type { MatchedRoute, RouteTable } from './route-table.ts';

/** What a request comes to by its head alone. */
export type Settled =
  | { readonly kind: 'no-route' }
  | { readonly kind: 'pass'; readonly route: MatchedRoute; readonly decision: Passed }
  | { readonly kind: 'lookup'; readonly route: MatchedRoute; readonly identity: Identity };

type Passed = LookupDecision & { readonly kind: 'pass' };

/** What a request is looked up by. */
export interface Identity {
  readonly url: string;
  readonly key: string;
}

const NO_ROUTE: Settled = { kind: 'no-route' };

/**
 * Matches the route, decides whether to look the request up, and by which key. All GETs of one place come to the
 * same where neither a route's conditions nor its key read a field: that is settled once (`remember`).
 */
export function settle(
  request: RequestHead,
  hasBody: boolean,
  { routes, digest }: { readonly routes: RouteTable; readonly digest: Digest },
): Settled {
  const place = request.method === 'GET' ? request.place : undefined;
  const known = place === undefined ? undefined : routes.settled.get(place);
  if (known !== undefined) return known;
  const route = routes.match(request);
  if (route === undefined) return NO_ROUTE;
  const decision = decideLookup(request, route.rule, hasBody);
  if (decision.kind === 'pass') return { kind: 'pass', route, decision };
  return { kind: 'lookup', route, identity: identify(request, route.rule, digest) };
}

/** A hit: what its request came to is known from now on. A crawl, which hits nothing, makes nothing be remembered. */
export function remember(settled: Settled, request: RequestHead, routes: RouteTable): void {
  if (settled.kind !== 'lookup' || request.place === undefined || request.method !== 'GET') return;
  const { route } = settled;
  if (route.byFields || route.rule.key.headers.length > 0 || routes.settled.has(request.place)) return;
  routes.settled.set(request.place, settled);
}

/** The effective URL and the cache key, by the fields as the rule has them. */
export function identify(request: RequestHead, rule: RouteRule, digest: Digest): Identity {
  const url = effectiveUrl(request, rule.key);
  return { url, key: cacheKey(url, asKeyed(request, rule), rule.key, digest) };
}

/** The request as it is keyed and sent once it is looked up (`request-fields: normalise`). */
export function asKeyed(request: RequestHead, { requestFields: { normalise } }: RouteRule): RequestHead {
  if (normalise.size === 0) return request;
  return alteredRequest(request, { fields: normaliseFields(request.fields, normalise) });
}
