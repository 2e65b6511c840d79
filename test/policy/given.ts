import type { FieldLines } from '../../src/policy/fields.ts';
import type { RequestHead, ResponseHead } from '../../src/policy/request.ts';
import type { KeyRule, RouteRule } from '../../src/policy/route-rule.ts';
import type { StoredResponse } from '../../src/policy/stored-response.ts';

/** Sun, 06 Nov 1994 08:49:37 GMT, in ms: the time that the policy's tests take for now. */
export const NOW = 784_111_777_000;
export const NOW_DATE = 'Sun, 06 Nov 1994 08:49:37 GMT';

export const SECOND = 1000;

export const KEY: KeyRule = { include: 'all', exclude: [], sort: false, headers: [], cookies: [] };

/** A compiled route as the configuration makes it where the file is silent, `ttl` included. */
export function rule(over: Partial<RouteRule> = {}): RouteRule {
  return {
    name: 'products',
    fingerprint: 'f1',
    match: { methods: [], pattern: '/*', hosts: [], query: [], headers: [] },
    cache: true,
    ttl: undefined,
    statusTtl: new Map(),
    origin: 'respect',
    heuristic: 0,
    targetedFields: [],
    unreadableAge: 'ignore',
    maxTtl: undefined,
    jitter: 0,
    staleWhileRevalidate: undefined,
    staleIfError: undefined,
    eagerRefresh: 0,
    key: KEY,
    noVarySearch: 'ignore',
    varyLimit: 8,
    cookies: 'bypass',
    requestFields: { strip: new Set(), forward: new Set(), normalise: new Set(), unknown: 'bypass' },
    requestDirectives: 'honour',
    tags: [],
    surrogateTags: { fields: [], forward: false },
    purge: [],
    post: false,
    range: 'whole',
    collapse: 'process',
    beyondLease: 'cap',
    collapseTimeout: 10 * SECOND,
    concurrency: undefined,
    compress: [],
    maxBody: 8 * 2 ** 20,
    maxRequestBody: 2 ** 20,
    timeout: undefined,
    response: { set: [], remove: new Set(), clientCacheControl: undefined, cacheStatusKey: false },
    unsafe: {
      storePrivate: false,
      storeNoStore: false,
      storeAuthorized: false,
      storeWithoutSetCookie: false,
      storeWithSetCookie: false,
      storeUnprovenLength: false,
    },
    ...over,
  };
}

/** The one route of a configuration without routes and ttl: the upstream decides. */
export function catchAll(over: Partial<RouteRule> = {}): RouteRule {
  const requestFields = {
    strip: new Set<string>(),
    forward: new Set<string>(),
    normalise: new Set<string>(),
    unknown: 'ignore',
  } as const;
  return rule({ name: 'default', cookies: 'ignore', requestFields, ...over });
}

/** Field lines from `Name: value` lines. */
export function lines(...fields: string[]): FieldLines {
  return fields.flatMap((field) => {
    const colon = field.indexOf(':');
    return [field.slice(0, colon), field.slice(colon + 1).replace(/^ /, '')];
  });
}

/** A GET of `/products/1` with these `Name: value` lines. */
export function get(...fields: string[]): RequestHead {
  return request({ fields: lines(...fields) });
}

export function request(over: Partial<RequestHead> = {}): RequestHead {
  return {
    method: 'GET',
    scheme: 'http',
    authority: 'shop.test',
    path: '/products/1',
    query: '',
    fields: [],
    ...over,
  };
}

/** A 200 with these `Name: value` lines. */
export function ok(...fields: string[]): ResponseHead {
  return answer(200, ...fields);
}

export function answer(status: number, ...fields: string[]): ResponseHead {
  return { status, fields: lines(...fields) };
}

/** A response that `rule()` stored at NOW, fresh for a minute. */
export function stored(over: Partial<StoredResponse> = {}): StoredResponse {
  return {
    key: 'http://shop.test/products/1',
    variant: '',
    search: '',
    url: 'http://shop.test/products/1',
    route: 'products',
    rule: 'f1',
    tags: [],
    status: 200,
    fields: lines('Content-Type: application/json', `Date: ${NOW_DATE}`),
    body: new Uint8Array(0),
    requestTime: NOW,
    responseTime: NOW,
    initialAge: 0,
    lifetime: 60 * SECOND,
    staleWhileRevalidate: 0,
    staleIfError: 0,
    mustRevalidate: false,
    alwaysValidate: false,
    asOf: 0,
    heard: 0,
    ...over,
  };
}

/** Stands for a one-way digest; injective, and recognisable. */
export function digest(secret: string): string {
  return `#${Buffer.from(secret).toString('hex')}`;
}
