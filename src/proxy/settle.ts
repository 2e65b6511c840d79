import { cacheKey, component, effectiveUrl } from '../policy/cache-key.ts';
import { fieldValue } from '../policy/fields.ts';
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

/** What requests are identified with. */
export interface Identifying {
  readonly digest: Digest;
  /** Whether the client's word on the host and the scheme reaches the upstream. */
  readonly trustForwarded: boolean;
}

const NO_ROUTE: Settled = { kind: 'no-route' };

/**
 * Matches the route, decides whether to look the request up, and by which key. All GETs of one place come to the
 * same where neither a route's conditions nor its key read a field: that is settled once (`remember`).
 */
export function settle(
  request: RequestHead,
  hasBody: boolean,
  sidecar: Identifying & { readonly routes: RouteTable },
): Settled {
  const { routes, trustForwarded } = sidecar;
  // Requests of one place may be told apart by what is trusted.
  const place = request.method === 'GET' && !trustForwarded ? request.place : undefined;
  const known = place === undefined ? undefined : routes.settled.get(place);
  if (known !== undefined) return known;
  const route = routes.match(request);
  if (route === undefined) return NO_ROUTE;
  const decision = decideLookup(request, route.rule, hasBody);
  if (decision.kind === 'pass') return { kind: 'pass', route, decision };
  return { kind: 'lookup', route, identity: identify(request, route.rule, sidecar) };
}

/** A hit: what its request came to is known from now on. A crawl, which hits nothing, makes nothing be remembered. */
export function remember(settled: Settled, request: RequestHead, routes: RouteTable): void {
  if (settled.kind !== 'lookup' || request.place === undefined || request.method !== 'GET') return;
  const { route } = settled;
  if (route.byFields || route.rule.key.headers.length > 0 || routes.settled.has(request.place)) return;
  routes.settled.set(request.place, settled);
}

/** The effective URL and the cache key, by the fields as the rule has them, and by what the upstream is told of host and scheme. */
export function identify(
  request: RequestHead,
  rule: RouteRule,
  { digest, trustForwarded }: Identifying,
): Identity {
  const url = effectiveUrl(request, rule.key);
  const key = cacheKey(url, asKeyed(request, rule), rule.key, digest);
  return { url, key: trustForwarded ? key + told(request, rule) : key };
}

/** Where another host or scheme is named than the request's own, and passed on, its answer is another. */
function told({ fields, authority, scheme }: RequestHead, { key: { headers } }: RouteRule): string {
  let out = '';
  for (const [name, own] of [
    ['x-forwarded-host', authority],
    ['x-forwarded-proto', scheme],
  ] as const) {
    const value = fieldValue(fields, name);
    if (value !== undefined && value !== own && !headers.includes(name)) out += component(name, value);
  }
  return out;
}

/** The request as it is keyed and sent once it is looked up (`request-fields: normalise`). */
export function asKeyed(request: RequestHead, { requestFields: { normalise } }: RouteRule): RequestHead {
  if (normalise.size === 0) return request;
  return alteredRequest(request, { fields: normaliseFields(request.fields, normalise) });
}
