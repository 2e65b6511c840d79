import type { FieldCondition, KeyRule, RouteMatch, RouteRule } from '../policy/route-rule.ts';
import { decodeSection } from './decode.ts';
import { fingerprint } from './fingerprint.ts';
import type { Report } from './problems.ts';
import type { ReadRoute } from './read-route.ts';
import { checkRoute, checkSettings, checkTags } from './route-check.ts';
import { ROUTE_DEFAULTS } from './route-default.ts';
import { inherit } from './route-inheritance.ts';
import { derivedName } from './route-name.ts';
import { checkOrder } from './route-order.ts';
import { defaultsSchema, type RouteInput, type RouteSettings, routeSchema } from './schema-route.ts';

/** The built-in settings, decoded from the same words a file would use. */
const BUILT_IN = decodeSection(defaultsSchema, ROUTE_DEFAULTS, [], (path, message) => {
  throw new Error(`built-in default ${path.join('.')}: ${message}`);
});

/** Of a request on a route that stores; bytes. */
const MOST_REQUEST_BODY = 2 ** 20;

/** Every route of a file; one with a problem is reported and left out. */
export function decodeRoutes(
  values: readonly unknown[],
  defaults: Partial<RouteSettings>,
  report: Report,
): RouteRule[] {
  if (values.length === 0) {
    report(
      ['routes'],
      'the list is empty – describe a route, or remove `routes` and let the upstream decide for every path',
    );
  }
  checkSettings(defaults, catchAllRule(defaults), ['defaults'], report);
  const inherited = inherit(BUILT_IN, defaults);
  const routes: ReadRoute[] = [];
  for (const [index, value] of values.entries()) {
    const own = decodeSection(routeSchema, value, ['routes', index], report);
    if (own.match === undefined) continue;
    const { params, ...match } = own.match;
    const rule = compile(
      own.name ?? derivedName(own.match),
      { ...match, ...conditions(own.when) },
      inherit(inherited, own),
    );
    const route = { rule, params, own, index };
    checkRoute(route, report);
    routes.push(route);
  }
  checkOrder(routes, report);
  return routes.map((route) => route.rule);
}

/** The one route of a configuration without routes: the upstream decides, or a ttl and caution do. */
export function catchAll(defaults: Partial<RouteSettings>, report: Report): RouteRule {
  const rule = catchAllRule(defaults);
  checkTags(rule.tags, ['defaults', 'tags'], { rule, params: [] }, report);
  checkTags(rule.purge, ['defaults', 'purge'], { rule, params: [] }, report);
  checkSettings(defaults, rule, ['defaults'], report);
  return rule;
}

function catchAllRule(defaults: Partial<RouteSettings>): RouteRule {
  const merged = inherit(BUILT_IN, defaults);
  const ruled = merged.ttl !== undefined || (merged['status-ttl']?.size ?? 0) > 0;
  const lenient: Partial<RouteSettings> = ruled
    ? {}
    : { cookies: 'ignore', 'request-fields': { unknown: 'ignore' }, 'max-request-body': 'off' };
  const settings = inherit(inherit(BUILT_IN, lenient), defaults);
  return compile('default', { methods: [], pattern: '*', hosts: [], query: [], headers: [] }, settings);
}

function compile(name: string, match: RouteMatch, settings: Partial<RouteSettings>): RouteRule {
  const fields = settings['request-fields'];
  const surrogate = settings['surrogate-tags'];
  const response = settings.response;
  const unsafe = settings.unsafe;
  const rule: Omit<RouteRule, 'fingerprint'> = {
    name,
    match,
    cache: settings.cache ?? true,
    ttl: settings.ttl,
    statusTtl: settings['status-ttl'] ?? new Map(),
    origin: settings.origin ?? 'respect',
    heuristic: settings.heuristic ?? 0,
    targetedFields: settings['targeted-fields'] ?? [],
    unreadableAge: settings['unreadable-age'] ?? 'ignore',
    maxTtl: settings['max-ttl'],
    jitter: settings.jitter ?? 0,
    staleWhileRevalidate: settings['stale-while-revalidate'],
    staleIfError: settings['stale-if-error'],
    eagerRefresh: settings['eager-refresh'] ?? 0,
    key: keyRule(settings.key),
    noVarySearch: settings['no-vary-search'] ?? 'ignore',
    varyLimit: settings.vary?.limit ?? 8,
    cookies: settings.cookies ?? 'bypass',
    requestFields: {
      strip: new Set(fields?.strip),
      forward: new Set(fields?.forward),
      normalise: new Set(fields?.normalise),
      unknown: fields?.unknown ?? 'bypass',
    },
    requestDirectives: settings['request-cache-control'] ?? 'honour',
    tags: settings.tags ?? [],
    surrogateTags: { fields: surrogate?.fields ?? [], forward: surrogate?.forward ?? false },
    purge: settings.purge ?? [],
    post: settings.post ?? false,
    range: settings.range ?? 'whole',
    collapse: settings.collapse ?? 'process',
    beyondLease: settings['beyond-lease'] ?? 'cap',
    concurrency: settings.concurrency === 'off' ? undefined : settings.concurrency,
    collapseTimeout: settings['collapse-timeout'] ?? 10_000,
    compress: settings.compress ?? [],
    maxBody: settings['max-body'] ?? 8 * 2 ** 20,
    maxRequestBody: requestBodyLimit(settings),
    timeout: settings.timeout,
    response: {
      set: Object.entries(response?.set ?? {}),
      remove: new Set(response?.remove),
      clientCacheControl: response?.['cache-control'],
      cacheStatusKey: response?.['cache-status-key'] ?? false,
    },
    unsafe: {
      storePrivate: unsafe?.['store-private'] ?? false,
      storeNoStore: unsafe?.['store-no-store'] ?? false,
      storeAuthorized: unsafe?.['store-authorized'] ?? false,
      storeWithoutSetCookie: unsafe?.['store-without-set-cookie'] ?? false,
      storeWithSetCookie: unsafe?.['store-with-set-cookie'] ?? false,
      storeUnprovenLength: unsafe?.['store-unproven-length'] ?? false,
    },
  };
  return { ...rule, fingerprint: fingerprint(rule) };
}

/** Where nothing is stored, and where nobody said what is, uploads are none of our business. */
function requestBodyLimit({ cache, 'max-request-body': limit }: Partial<RouteSettings>): number | undefined {
  if (limit === undefined) return cache === false ? undefined : MOST_REQUEST_BODY;
  return limit === 'off' ? undefined : limit;
}

function keyRule(key: RouteSettings['key']): KeyRule {
  const query = key?.query ?? 'all';
  const include =
    typeof query === 'string' ? query : query.include === undefined ? 'all' : new Set(query.include);
  return {
    include,
    exclude: typeof query === 'string' ? [] : (query.exclude ?? []),
    sort: key?.['sort-query'] ?? false,
    headers: [...new Set(key?.headers)].sort(),
    cookies: [...new Set(key?.cookies)].sort(),
  };
}

function conditions(when: RouteInput['when']): Pick<RouteMatch, 'hosts' | 'query' | 'headers'> {
  const hosts = when?.host ?? [];
  const lowerCase = (condition: FieldCondition) => ({ ...condition, name: condition.name.toLowerCase() });
  return {
    hosts: typeof hosts === 'string' ? [hosts] : hosts,
    query: fieldConditions(when?.query ?? {}),
    headers: fieldConditions(when?.headers ?? {}).map(lowerCase),
  };
}

function fieldConditions(
  conditions: Readonly<Record<string, string | readonly string[] | boolean>>,
): FieldCondition[] {
  return Object.entries(conditions).map(([name, is]) => ({ name, is: typeof is === 'string' ? [is] : is }));
}
