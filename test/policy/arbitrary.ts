import fc from 'fast-check';
import type { FieldLines } from '../../src/policy/fields.ts';
import type { RequestHead, ResponseHead } from '../../src/policy/request.ts';
import type { RouteRule } from '../../src/policy/route-rule.ts';
import type { StorageTerms } from '../../src/policy/storability.ts';
import type { StoredResponse } from '../../src/policy/stored-response.ts';
import { catchAll, KEY, NOW, NOW_DATE, request, rule, SECOND, stored } from './given.ts';

/* Random requests, responses and rules, made of what decisions turn on. */

const HOUR_BEFORE = 'Sun, 06 Nov 1994 07:49:37 GMT';
const seconds = fc.constantFrom('0', '1', '5', '60', '-1', 'x', '"5"', '99999999999999999999');
const directive = fc.oneof(
  fc.constantFrom(
    'no-cache',
    'private',
    'no-store',
    'public',
    'must-revalidate',
    'proxy-revalidate',
    'no-cache="x"',
    'must-understand',
    'immutable',
  ),
  fc
    .constantFrom('max-age', 's-maxage', 'stale-while-revalidate', 'stale-if-error')
    .chain((name) => seconds.map((value) => `${name}=${value}`)),
  fc.constantFrom('max-age=60; private', 'x="', 'private="a', ',', 'max-age=5', 's-maxage=5', 'max-age=9'),
);
export const controls = fc.array(directive, { maxLength: 4 }).map((members) => members.join(', '));

const line = (name: string, value: fc.Arbitrary<string>) => value.map((text): FieldLines => [name, text]);
const responseLine = fc.oneof(
  { arbitrary: line('Cache-Control', controls), weight: 4 },
  line(
    'Expires',
    fc.constantFrom('0', NOW_DATE, 'Sun, 06 Nov 1994 08:50:37 GMT', 'Sunday, 06-Nov-94 08:59:37 GMT'),
  ),
  line('Date', fc.constantFrom(NOW_DATE, 'Sun, 06 Nov 1994 08:49:00 GMT', 'x')),
  line('CDN-Cache-Control', controls),
  line('Age', fc.constantFrom('0', '3', '100', '-1', '5, 9')),
  line('ETag', fc.constantFrom('"1"', 'W/"1"', '')),
  { arbitrary: line('Last-Modified', fc.constantFrom(NOW_DATE, HOUR_BEFORE, '0')), weight: 2 },
  line('Vary', fc.constantFrom('Accept', 'Cookie, Origin', '*', 'a b', 'X-Forwarded-For')),
  line('Set-Cookie', fc.constant('a=1')),
);
export const response: fc.Arbitrary<ResponseHead> = fc.record({
  status: fc.oneof(
    { arbitrary: fc.constant(200), weight: 4 },
    fc.constantFrom(204, 206, 299, 301, 302, 304, 404, 410, 416, 429, 500, 503, 599),
  ),
  fields: fc.array(responseLine, { maxLength: 6 }).map((all) => all.flat()),
});

const wish = fc.constantFrom(
  'no-cache',
  'no-store',
  'max-age=0',
  'max-age=30',
  'min-fresh=5',
  'max-stale',
  'max-stale=9',
);
export const client: fc.Arbitrary<RequestHead> = fc
  .array(
    fc.oneof(
      line('Cache-Control', wish),
      line('Authorization', fc.constant('Bearer x')),
      line('Cookie', fc.constantFrom('a=1', 'b=2; a=1', 'x')),
      line('Accept', fc.constantFrom('a/b', 'a/b , c/d')),
      line('X-Unknown', fc.constant('1')),
    ),
    { maxLength: 3 },
  )
  .map((all) => request({ fields: all.flat() }));

const window = fc.constantFrom(undefined, 0, 5 * SECOND, 60 * SECOND);
export const flag = fc.boolean();
export const routeRule: fc.Arbitrary<RouteRule> = fc
  .record({
    base: fc.constantFrom(rule(), catchAll()),
    ttl: fc.constantFrom(undefined, 0, 10 * SECOND),
    statusTtl: fc.constantFrom(
      new Map(),
      new Map([
        [404, SECOND],
        [429, SECOND],
        [500, SECOND],
      ]),
    ),
    origin: fc.constantFrom('respect' as const, 'respect' as const, 'ignore' as const),
    heuristic: fc.constantFrom(0, 0.1),
    targetedFields: fc.constantFrom([], ['cdn-cache-control']),
    unreadableAge: fc.constantFrom('ignore' as const, 'ignore' as const, 'stale' as const),
    maxTtl: fc.constantFrom(undefined, 3 * SECOND),
    jitter: fc.constantFrom(0, 0.5),
    staleWhileRevalidate: window,
    staleIfError: window,
    eagerRefresh: fc.constantFrom(0, 0.5),
    cookies: fc.constantFrom('bypass' as const, 'strip' as const, 'ignore' as const),
    requestDirectives: fc.constantFrom('honour' as const, 'ignore' as const),
    key: fc.constantFrom(KEY, { ...KEY, headers: ['authorization'], cookies: ['a'] }),
    unsafe: fc.record({
      storePrivate: flag,
      storeNoStore: flag,
      storeAuthorized: flag,
      storeWithoutSetCookie: flag,
      storeWithSetCookie: flag,
      storeUnprovenLength: flag,
    }),
    isUnsafe: fc.constantFrom(false, false, false, true),
  })
  .map(({ base, unsafe, isUnsafe, ...over }) => ({
    ...base,
    ...over,
    unsafe: isUnsafe ? unsafe : base.unsafe,
  }));

export const times = fc
  .record({ took: fc.constantFrom(0, 500, -3600 * SECOND), random: fc.constantFrom(0, 0.5, 0.99) })
  .map(({ took, random }) => ({ requestTime: NOW - took, responseTime: NOW, random }));

/** What the proxy makes of the terms. */
export function kept({ vary: _, ...terms }: StorageTerms, of: RouteRule): StoredResponse {
  return { ...stored({ rule: of.fingerprint }), ...terms };
}

/** Around the edges of its windows; ms since the epoch. */
export const instants = (response: StoredResponse) => {
  const stale = NOW + Math.max(0, response.lifetime - response.initialAge);
  const { staleWhileRevalidate, staleIfError } = response;
  const edges = [NOW, stale, stale + staleWhileRevalidate, stale + staleIfError];
  return edges.flatMap((edge) => [edge - 1, edge, edge + 1]).filter((instant) => instant >= NOW);
};
