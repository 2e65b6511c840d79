import { z } from 'zod';
import { fieldNames, fieldValue, token } from './field.ts';
import { parseExcluded, parseIncluded } from './query-name.ts';
import { ROUTE_DEFAULTS } from './route-default.ts';
import { parseHost, parseMatch } from './route-match.ts';
import { parseRouteName } from './route-name.ts';
import { count, lifetime, list, scalar, section, share, size, text, timeout, word, yesNo } from './scalar.ts';
import { parseStatuses } from './status.ts';
import { parseTag } from './tag-template.ts';

const D = ROUTE_DEFAULTS;

/** An optional key: the default stands in the schema, and is filled in after `defaults` and route are merged. */
function setting<T extends z.ZodType>(schema: T, description: string, fallback?: unknown) {
  return schema
    .optional()
    .meta(fallback === undefined ? { description } : { description, default: fallback });
}

const tags = list(
  scalar(parseTag, { examples: ['product-{id}', 'category-{query.category}', '{response.x-tag}'] }),
);

const queryRule = z.union(
  [
    word(['all', 'none']),
    section({
      include: setting(list(scalar(parseIncluded)), 'Only these parameters count.'),
      exclude: setting(
        list(scalar(parseExcluded, { examples: ['utm_*'] })),
        'All but these parameters count; `utm_*` takes every name that begins so.',
      ),
    }).refine((rule) => (rule.include === undefined) !== (rule.exclude === undefined), {
      error: 'takes either `include` or `exclude` – keep one of them',
      when: (payload) => payload.issues.length === 0,
    }),
  ],
  { error: 'expected `all`, `none`, `{include: [name]}` or `{exclude: [name]}` – write one of them' },
);

const condition = z.union([yesNo, text, list(text)], {
  error: 'expected a value, a list of values, true (present) or false (absent) – put numbers in quotes',
});

/** Every setting of a route but what tells routes apart; `defaults` takes the same. */
export const routeSettings = {
  cache: setting(
    yesNo,
    'Whether responses may be stored. `false`: requests are forwarded and nothing is stored.',
    D.cache,
  ),
  ttl: setting(
    lifetime,
    'Freshness lifetime where the upstream states none. Without it, only what the upstream allows is stored.',
  ),
  'status-ttl': setting(
    z
      .record(z.string(), lifetime, {
        error: 'expected statuses and durations – write `{404: 10s, 5xx: 1s}`',
      })
      .transform(parseStatuses),
    'Freshness lifetime by status or class, ahead of `ttl`; a status listed here may be stored. A status wins over its class.',
    D['status-ttl'],
  ),
  origin: setting(
    word(['respect', 'ignore']),
    "Whether the upstream's own freshness counts, or only the rule's. Neither overrides `private`, `no-store`, Set-Cookie or Authorization.",
    D.origin,
  ),
  heuristic: setting(
    share,
    'Share of the time since Last-Modified that counts as freshness lifetime where neither the upstream nor `ttl` states one (RFC 9111 §4.2.2), at most a day; `off`: none is guessed.',
    D.heuristic,
  ),
  'targeted-fields': setting(
    fieldNames,
    'Targeted Cache-Control fields of the upstream (RFC 9213): the first of them that is present and well formed counts in place of Cache-Control and Expires. Add `CDN-Cache-Control` where no other cache it is meant for stands in front.',
    D['targeted-fields'],
  ),
  'unreadable-age': setting(
    word(['ignore', 'stale']),
    'What an upstream Age that is no number of seconds, or more than one, says: nothing (RFC 9111 §5.1; the first of several counts), or that the response is stale.',
    D['unreadable-age'],
  ),
  'max-ttl': setting(lifetime, 'Upper bound of any freshness lifetime, whoever states it.'),
  jitter: setting(
    share,
    'Share of a lifetime by which it is shortened at random, so that what was stored together does not expire together.',
    D.jitter,
  ),
  'stale-while-revalidate': setting(
    lifetime,
    "How long past its lifetime a response is served while it is renewed in the background (RFC 5861). Without it, the upstream's own window counts. Closed by the upstream's `must-revalidate`, `proxy-revalidate`, or an `s-maxage` without a window of its own.",
  ),
  'stale-if-error': setting(
    lifetime,
    "How long past its lifetime a response is served when the upstream fails (RFC 5861). Without it, the upstream's own window counts. Closed as `stale-while-revalidate` is.",
  ),
  'eager-refresh': setting(
    share,
    'Share of the lifetime after which a hit renews the response in the background; `off`: never.',
    D['eager-refresh'],
  ),
  key: setting(
    section({
      query: setting(
        queryRule,
        'Which query parameters count. On a cacheable request only these reach the upstream.',
        D.key.query,
      ),
      'sort-query': setting(
        yesNo,
        'Whether parameters are sorted by name, so that their order does not matter.',
        D.key['sort-query'],
      ),
      headers: setting(fieldNames, 'Request fields whose values are part of the key.', D.key.headers),
      cookies: setting(list(token), 'Cookies whose values are part of the key, digested.', D.key.cookies),
      'accept-encoding': setting(yesNo, 'Whether the normalised Accept-Encoding is part of the key.'),
    }),
    'What makes up the cache key beside scheme, host and path.',
  ),
  vary: setting(
    section({
      limit: setting(
        count(0, 64),
        'How many request fields a Vary may name before the response counts as uncacheable.',
        D.vary.limit,
      ),
    }),
    "Bounds on the upstream's Vary.",
  ),
  'no-vary-search': setting(
    word(['respect', 'ignore']),
    "Whether the upstream's No-Vary-Search counts: a stored response then answers for every query that it calls equal.",
    D['no-vary-search'],
  ),
  cookies: setting(
    word(['bypass', 'strip', 'ignore']),
    'A request with cookies that the key does not name: `bypass` the cache, `strip` them from the upstream request, or `ignore` them as RFC 9111 does. Without routes and ttl the default is `ignore`.',
    D.cookies,
  ),
  'request-fields': setting(
    section({
      strip: setting(
        fieldNames,
        'Request fields removed before the upstream sees them.',
        D['request-fields'].strip,
      ),
      forward: setting(
        fieldNames,
        'Request fields that are forwarded though not in the key: vouch that they never change the response.',
        D['request-fields'].forward,
      ),
      normalise: setting(
        fieldNames,
        'Request fields that are lists in which order, letter case and white space do not matter, such as Accept-Language: brought into one form before they are keyed and sent, so that fewer variants are stored.',
        D['request-fields'].normalise,
      ),
      unknown: setting(
        word(['bypass', 'ignore']),
        'A request with a field that nobody vouched for: `bypass` the cache, or `ignore` it as RFC 9111 does. Without routes and ttl the default is `ignore`.',
        D['request-fields'].unknown,
      ),
    }),
    'Request fields that are not in the key.',
  ),
  'request-cache-control': setting(
    word(['honour', 'ignore']),
    "Whether a client's Cache-Control may ask for more than the stored response.",
    D['request-cache-control'],
  ),
  tags: setting(
    tags,
    'Tags of what is stored here: text with `{param}`, `{query.name}`, `{response.field}`. A tag with an empty variable is left out.',
    D.tags,
  ),
  'surrogate-tags': setting(
    section({
      fields: setting(
        fieldNames,
        'Response fields of the upstream whose members, separated by spaces or commas, are tags; case counts. A response with more than 1,000 of them, or one longer than 1,024 characters, is not stored.',
        D['surrogate-tags'].fields,
      ),
      forward: setting(yesNo, 'Whether clients see these fields.', D['surrogate-tags'].forward),
    }),
    'Tags that the upstream gives.',
  ),
  purge: setting(
    tags,
    'Tags that an unsafe method on this route invalidates once the upstream answered 2xx or 3xx; without an answer they turn stale.',
    D.purge,
  ),
  post: setting(
    yesNo,
    "Whether a POST's response is stored for later GETs where it states how long it is fresh and its Content-Location names the target (RFC 9110 §9.3.3), and a GET with the same fields would not have bypassed the cache. A POST itself always goes to the upstream.",
    D.post,
  ),
  range: setting(
    word(['whole', 'part']),
    'What a Range fetches that nothing stored can answer: the `whole` response, which is stored while the part is sent, or that `part`, of which nothing is stored.',
    D.range,
  ),
  collapse: setting(
    word(['process', 'off', 'replicas']),
    'Whether simultaneous requests for one missing key share one upstream request: those of this process, or, by way of Redis, those of all `replicas`.',
    D.collapse,
  ),
  'collapse-timeout': setting(
    timeout,
    'How long a request waits for the one it shares before it goes to the upstream itself.',
    D['collapse-timeout'],
  ),
  'max-body': setting(size('0B', '1GiB'), 'Larger bodies pass through and are not stored.', D['max-body']),
  timeout: setting(
    timeout,
    "Over an upstream exchange on this route, ahead of the upstream's own `timeout`.",
  ),
  response: setting(
    section({
      set: setting(
        z.record(z.string(), fieldValue, { error: 'expected names and values – write `{X-Name: value}`' }),
        'Response fields set towards clients.',
        D.response.set,
      ),
      remove: setting(fieldNames, 'Response fields removed towards clients.', D.response.remove),
      'cache-control': setting(
        fieldValue,
        "Replaces Cache-Control towards clients. Without it, the upstream's is passed on.",
      ),
      'cache-status-key': setting(
        yesNo,
        'Whether Cache-Status carries the cache key (RFC 9211 §2.7); values that may be secrets stand there digested.',
        D.response['cache-status-key'],
      ),
    }),
    'What clients are told.',
  ),
  unsafe: setting(
    section({
      'store-private': setting(
        yesNo,
        'Store although the response says `private`: one user may get what was meant for another.',
        D.unsafe['store-private'],
      ),
      'store-no-store': setting(
        yesNo,
        'Store although the response says `no-store`.',
        D.unsafe['store-no-store'],
      ),
      'store-authorized': setting(
        yesNo,
        'Store although the request carried Authorization and the response does not permit it (RFC 9111 §3.5).',
        D.unsafe['store-authorized'],
      ),
      'store-without-set-cookie': setting(
        yesNo,
        'Store a response with Set-Cookie, that field removed from the stored copy.',
        D.unsafe['store-without-set-cookie'],
      ),
      'store-with-set-cookie': setting(
        yesNo,
        'Store a response with Set-Cookie as it is: everybody is given the cookie that was meant for one.',
        D.unsafe['store-with-set-cookie'],
      ),
      'store-unproven-length': setting(
        yesNo,
        'Store a body that ends with its connection (HTTP/1.0): one that was cut short is taken for complete.',
        D.unsafe['store-unproven-length'],
      ),
    }),
    'Loud opt-ins to what RFC 9111 or caution forbids.',
  ),
  compress: setting(
    list(word(['br', 'zstd', 'gzip'])),
    'Content codings made once, when a response is stored.',
  ),
  'beyond-lease': setting(
    word(['cap', 'serve', 'bypass']),
    'What a stored response is worth once purges may have been missed for longer than `coherence.lease`: it is trusted up to `coherence.cap` and then validated, served as ever, or the route goes by the cache.',
    D['beyond-lease'],
  ),
  concurrency: setting(
    section({
      limit: setting(count(1, 100_000), 'Requests at the upstream at once.'),
      queue: setting(count(0, 100_000), 'Requests that may wait for their turn; more are answered 503.'),
    }),
    'Bounds on requests of this route at the upstream.',
  ),
};

const hosts = scalar(parseHost, { examples: ['api.example.org', '*.example.org'] });

export const routeSchema = section({
  name: setting(
    scalar(parseRouteName, { examples: ['product'] }),
    'Unique; appears in logs, metrics, purges and stats. Without it, made from `match`.',
  ),
  match: scalar(parseMatch, { examples: ['GET|HEAD /products/:id', '/assets/*', '*'] }).meta({
    description:
      '`[METHODS] PATTERN`: methods joined by `|`, every method where none is named; `:param` takes one path segment, a last segment `*` any rest, `*` elsewhere a part of its segment; `*` alone takes every path.',
  }),
  when: setting(
    section({
      host: setting(
        z.union([hosts, list(hosts)], {
          error: 'expected a host name or a list of them – write `api.example.org`',
        }),
        'Host names without port; `*.example.org` takes every subdomain.',
      ),
      query: setting(
        z.record(z.string(), condition, { error: 'expected names and values – write `{name: value}`' }),
        'Parameters with one of these values; `true`: present, `false`: absent.',
      ),
      headers: setting(
        z.record(z.string(), condition, { error: 'expected names and values – write `{name: value}`' }),
        'Request fields with one of these values; `true`: present, `false`: absent.',
      ),
    }),
    'Further conditions, all of which must hold.',
  ),
  ...routeSettings,
});

export const defaultsSchema = section(routeSettings);

/** The settings of a route or of `defaults`, decoded. */
export type RouteSettings = z.output<typeof defaultsSchema>;
export type RouteInput = z.output<typeof routeSchema>;
