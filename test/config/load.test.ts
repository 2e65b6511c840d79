// biome-ignore-all lint/suspicious/noTemplateCurlyInString: they are the configuration's variables.
import t from 'tap';
import type { Config } from '../../src/config/config.ts';
import { loadConfig } from '../../src/config/load.ts';
import { ConfigError } from '../../src/config/problems.ts';
import { load, problemsOf, routes, type Source } from './load.ts';

const URL = 'http://127.0.0.1:3000';

interface Row {
  readonly id: string;
  readonly given: Source;
  readonly read: (config: Config) => unknown;
  readonly expect: unknown;
}

const PRECEDENCE: readonly Row[] = [
  { id: 'the default', given: {}, read: (c) => c.listen, expect: { host: '127.0.0.1', port: 8080 } },
  { id: 'the file', given: { yaml: 'listen: 127.0.0.1:1' }, read: (c) => c.listen.port, expect: 1 },
  {
    id: 'environment over file',
    given: { yaml: 'listen: 127.0.0.1:1', env: { CACHESIDE_LISTEN: '127.0.0.1:2' } },
    read: (c) => c.listen.port,
    expect: 2,
  },
  {
    id: 'flag over environment',
    given: {
      yaml: 'listen: 127.0.0.1:1',
      env: { CACHESIDE_LISTEN: '127.0.0.1:2' },
      flags: { listen: '127.0.0.1:3' },
    },
    read: (c) => c.listen.port,
    expect: 3,
  },
  {
    id: 'an empty variable is unset',
    given: { yaml: 'listen: 127.0.0.1:1', env: { CACHESIDE_LISTEN: '' } },
    read: (c) => c.listen.port,
    expect: 1,
  },
  {
    id: 'upstream keeps its section',
    given: { yaml: `upstream: {url: "${URL}", connections: 5}`, flags: { upstream: 'https://x:1' } },
    read: (c) => [c.upstream.origin, c.upstream.connections],
    expect: ['https://x:1', 5],
  },
  {
    id: 'redis keeps its section',
    given: {
      yaml: 'redis: {url: "redis://a", namespace: n, max-in-flight: 7}',
      env: { CACHESIDE_REDIS: 'redis://b' },
    },
    read: (c) => [c.redis?.url, c.redis?.namespace, c.redis?.maxInFlight],
    expect: ['redis://b', 'n', 7],
  },
  {
    id: 'REDIS_URL behind CACHESIDE_REDIS',
    given: { env: { REDIS_URL: 'redis://a', CACHESIDE_REDIS: 'redis://b' } },
    read: (c) => c.redis?.url,
    expect: 'redis://b',
  },
  {
    id: 'REDIS_URL alone',
    given: { env: { REDIS_URL: 'redis://a' } },
    read: (c) => c.redis?.url,
    expect: 'redis://a',
  },
  {
    id: 'REDIS_URL behind the file, which may mean it otherwise',
    given: { yaml: 'redis: off', env: { REDIS_URL: 'redis://a' } },
    read: (c) => c.redis,
    expect: undefined,
  },
  {
    id: 'redis is off in its section, too',
    given: { yaml: 'redis: {url: "${REDIS_URL:-off}", namespace: n}' },
    read: (c) => c.redis,
    expect: undefined,
  },
  {
    id: 'off by flag',
    given: { yaml: 'redis: redis://a', flags: { redis: 'off' } },
    read: (c) => c.redis,
    expect: undefined,
  },
  {
    id: 'namespace of a short form',
    given: { yaml: 'redis: redis://a', flags: { namespace: 'n' } },
    read: (c) => [c.redis?.url, c.redis?.namespace],
    expect: ['redis://a', 'n'],
  },
  {
    id: 'namespace of a Redis that is off',
    given: { flags: { namespace: 'n', redis: 'off' } },
    read: (c) => c.redis,
    expect: undefined,
  },
  {
    id: 'memory',
    given: { yaml: 'memory: 64MiB', env: { CACHESIDE_MEMORY: '1GiB' } },
    read: (c) => c.memory.limit,
    expect: 2 ** 30,
  },
  {
    id: 'memory off',
    given: { yaml: 'memory: {limit: 64MiB}', flags: { memory: 'off' } },
    read: (c) => c.memory.enabled,
    expect: false,
  },
  {
    id: 'memory on again',
    given: { yaml: 'memory: off', flags: { memory: '8MiB' } },
    read: (c) => [c.memory.enabled, c.memory.limit],
    expect: [true, 8 * 2 ** 20],
  },
  {
    id: 'admin off',
    given: { flags: { adminListen: 'off' } },
    read: (c) => c.admin.listen,
    expect: undefined,
  },
  {
    id: 'admin on again',
    given: { yaml: 'admin: off', flags: { adminListen: '127.0.0.1:7' } },
    read: (c) => c.admin.listen?.port,
    expect: 7,
  },
  {
    id: 'a token replaces those of the file',
    given: { yaml: 'admin: {tokens: [{name: a, token: b}]}', env: { CACHESIDE_ADMIN_TOKEN: 's' } },
    read: (c) => c.admin.tokens,
    expect: [{ name: 'admin', token: 's', scopes: ['read', 'purge'] }],
  },
  {
    id: 'a token for a port that is off',
    given: { yaml: 'admin: off', env: { CACHESIDE_ADMIN_TOKEN: 's' } },
    read: (c) => c.admin,
    expect: { listen: undefined, tokens: [] },
  },
  {
    id: 'a token opens another interface',
    given: { env: { CACHESIDE_ADMIN_LISTEN: '0.0.0.0:9', CACHESIDE_ADMIN_TOKEN: 's' } },
    read: (c) => c.admin.listen?.host,
    expect: '0.0.0.0',
  },
  {
    id: 'log',
    given: { yaml: 'log: {access: false}', env: { CACHESIDE_LOG_LEVEL: 'debug' }, flags: { pretty: true } },
    read: (c) => c.log,
    expect: { level: 'debug', access: false, hits: 1, pretty: true },
  },
  {
    id: 'a share of the hits',
    given: { yaml: 'log: {hits: 1%}' },
    read: (c) => c.log.hits,
    expect: 0.01,
  },
  {
    id: 'ttl fills defaults',
    given: { yaml: 'defaults: {ttl: 1s}\nroutes: [{match: /a}, {match: /b, ttl: 3s}]', flags: { ttl: '2s' } },
    read: (c) => c.routes.map((rule) => rule.ttl),
    expect: [2000, 3000],
  },
  {
    id: 'a quoted number is text',
    given: { yaml: 'clients: {max-fields: "50"}', env: {} },
    read: () => 0,
    expect: /max-fields/,
  },
  {
    id: 'unquoted variables',
    given: { yaml: 'clients:\n  max-fields: ${N}\n  trust-forwarded: ${T:-true}', env: { N: '50' } },
    read: (c) => [c.downstream.maxFields, c.downstream.trustForwarded],
    expect: [50, true],
  },
];

t.test('flags, environment, file, defaults', async (t) => {
  for (const { id, given, read, expect } of PRECEDENCE) {
    const source = {
      ...given,
      env: { CACHESIDE_UPSTREAM: given.yaml?.includes('upstream') ? '' : URL, ...given.env },
    };
    if (expect instanceof RegExp) t.match(problemsOf(source)[0]?.path, expect, id);
    else t.same(read(load(source)), expect, id);
  }
});

t.test('without routes one route takes everything', async (t) => {
  const [rule, ...others] = load({ flags: { upstream: URL } }).routes;
  t.same(others, []);
  t.match(rule, {
    name: 'default',
    match: { methods: [], pattern: '*' },
    cookies: 'ignore',
    requestFields: { unknown: 'ignore' },
  });
  t.equal(rule?.ttl, undefined, 'the upstream decides');

  const [ruled] = load({ flags: { upstream: URL, ttl: '30s' } }).routes;
  t.match(ruled, { ttl: 30_000, cookies: 'bypass', requestFields: { unknown: 'bypass' } }, 'caution decides');

  const [own] = load({ yaml: `upstream: ${URL}\ndefaults: {ttl: 1s, cookies: strip}` }).routes;
  t.match(own, { ttl: 1000, cookies: 'strip', requestFields: { unknown: 'bypass' } }, 'what is said holds');
});

t.test('a route of every setting', async (t) => {
  const yaml = routes(
    '- name: all',
    '  match: GET|HEAD /p/:id',
    '  when: {host: API.example.org, query: {a: x, b: [y, z], c: true}, headers: {X-Kind: false}}',
    '  ttl: 1m',
    '  status-ttl: {404: 10s, 5xx: 1s, 503: 2s}',
    '  origin: ignore',
    '  heuristic: 10%',
    '  targeted-fields: [CDN-Cache-Control]',
    '  unreadable-age: stale',
    '  max-ttl: 1h',
    '  jitter: 10%',
    '  stale-while-revalidate: 30s',
    '  stale-if-error: 1d',
    '  eager-refresh: 80%',
    '  key: {query: {include: [a, b]}, sort-query: true, headers: [Accept-Language], cookies: [Region]}',
    '  no-vary-search: respect',
    '  vary: {limit: 3}',
    '  cookies: strip',
    '  request-fields: {strip: [X-A], forward: [X-B], normalise: [Accept-Language], unknown: ignore}',
    '  request-cache-control: ignore',
    '  tags: ["p-{id}"]',
    '  surrogate-tags: {fields: [X-Tags], forward: true}',
    '  post: false',
    '  range: part',
    '  collapse: off',
    '  collapse-timeout: 1s',
    '  compress: [gzip, br]',
    '  beyond-lease: serve',
    '  concurrency: {limit: 20, queue: 0, timeout: 1s}',
    '  max-body: 1MiB',
    '  max-request-body: 64KB',
    '  timeout: 5s',
    '  response: {set: {X-Served-By: cacheside}, remove: [Server], cache-control: no-cache, cache-status-key: true}',
    '  unsafe: {store-private: true, store-no-store: true, store-authorized: true, store-without-set-cookie: true, store-with-set-cookie: false, store-unproven-length: true}',
  );
  const [rule] = load({ yaml }).routes;
  const { fingerprint, statusTtl, ...rest } = rule ?? (t.fail('a route') as never);
  t.match(fingerprint, /^[\w-]{12}$/);
  t.same(
    [404, 500, 503, 599, 200].map((status) => statusTtl.get(status)),
    [10_000, 1000, 2000, 1000, undefined],
  );
  t.strictSame(rest, {
    name: 'all',
    match: {
      methods: ['GET', 'HEAD'],
      pattern: '/p/:id',
      hosts: ['api.example.org'],
      query: [
        { name: 'a', is: ['x'] },
        { name: 'b', is: ['y', 'z'] },
        { name: 'c', is: true },
      ],
      headers: [{ name: 'x-kind', is: false }],
    },
    cache: true,
    ttl: 60_000,
    origin: 'ignore',
    heuristic: 0.1,
    targetedFields: ['cdn-cache-control'],
    unreadableAge: 'stale',
    maxTtl: 3_600_000,
    jitter: 0.1,
    staleWhileRevalidate: 30_000,
    staleIfError: 86_400_000,
    eagerRefresh: 0.8,
    key: {
      include: new Set(['a', 'b']),
      exclude: [],
      sort: true,
      headers: ['accept-language'],
      cookies: ['Region'],
    },
    noVarySearch: 'respect',
    varyLimit: 3,
    cookies: 'strip',
    requestFields: {
      strip: new Set(['x-a']),
      forward: new Set(['x-b']),
      normalise: new Set(['accept-language']),
      unknown: 'ignore',
    },
    requestDirectives: 'ignore',
    tags: [
      [
        { kind: 'text', text: 'p-' },
        { kind: 'param', name: 'id' },
      ],
    ],
    surrogateTags: { fields: ['x-tags'], forward: true },
    purge: [],
    post: false,
    range: 'part',
    collapse: 'off',
    collapseTimeout: 1000,
    concurrency: { limit: 20, queue: 0, timeout: 1000 },
    beyondLease: 'serve',
    compress: ['gzip', 'br'],
    maxBody: 2 ** 20,
    maxRequestBody: 64_000,
    timeout: 5000,
    response: {
      set: [['X-Served-By', 'cacheside']],
      remove: new Set(['server']),
      clientCacheControl: 'no-cache',
      cacheStatusKey: true,
    },
    unsafe: {
      storePrivate: true,
      storeNoStore: true,
      storeAuthorized: true,
      storeWithoutSetCookie: true,
      storeWithSetCookie: false,
      storeUnprovenLength: true,
    },
  });
});

t.test('defaults are inherited, sections key by key', async (t) => {
  const yaml = `defaults:
  ttl: 1m
  tags: [everything]
  key: {query: {exclude: [utm_*]}, headers: [accept-language]}
  request-fields: {forward: [x-a]}
${routes('- {match: /a, ttl: 2m, key: {headers: [x-b]}, request-fields: {unknown: ignore}, tags: []}', '- match: /b')}`;
  const [a, b] = load({ yaml }).routes;
  t.match(a, { name: 'a', ttl: 120_000, tags: [], key: { exclude: ['utm_*'], headers: ['x-b'] } });
  t.same([a?.requestFields.forward, a?.requestFields.unknown], [new Set(['x-a']), 'ignore']);
  t.match(b, {
    name: 'b',
    ttl: 60_000,
    key: { exclude: ['utm_*'], headers: ['accept-language'] },
    cookies: 'bypass',
  });
});

t.test('derived names', async (t) => {
  const names = load({
    yaml: routes('- match: /', '- match: GET /p/:id', '- match: POST,PUT /p/*', '- match: /*'),
  }).routes;
  t.same(
    names.map((rule) => rule.name),
    ['root', 'get-p-id', 'post-put-p-any', 'any'],
  );
});

t.test('the fingerprint follows what decides what is stored', async (t) => {
  const of = (route: string) => load({ yaml: routes(route) }).routes[0]?.fingerprint;
  const plain = of('- {name: a, match: /a, ttl: 1m}');
  t.equal(
    of('- {ttl: 60s, name: a, match: /a, cookies: bypass, key: {query: all}}'),
    plain,
    'the same in other words',
  );
  for (const same of [
    'collapse: off',
    'timeout: 3s',
    'eager-refresh: 80%',
    'purge: [x]',
    'request-cache-control: ignore',
  ]) {
    t.equal(of(`- {name: a, match: /a, ttl: 1m, ${same}}`), plain, same);
  }
  for (const other of [
    'max-ttl: 1h',
    'tags: [x]',
    'key: {query: none}',
    'key: {query: {exclude: [a]}}',
    'key: {headers: [x-a]}',
    'cookies: strip',
    'request-fields: {forward: [x]}',
    'status-ttl: {404: 1s}',
    'unsafe: {store-private: true}',
    'stale-if-error: 1s',
    'vary: {limit: 1}',
    'compress: [br]',
  ]) {
    t.not(of(`- {name: a, match: /a, ttl: 1m, ${other}}`), plain, other);
  }
});

t.test('frozen, and honest about where it came from', async (t) => {
  const config = load({ yaml: `upstream: ${URL}` });
  t.equal(config.file, 'proxy.yaml');
  t.ok(Object.isFrozen(config) && Object.isFrozen(config.upstream) && Object.isFrozen(config.routes[0]?.key));
  t.equal(load({ flags: { upstream: URL } }).file, undefined);
});

t.test('files that can not be read, and the variable that names one', async (t) => {
  const file = t.testdir({
    'proxy.yaml': `upstream: ${URL}\nlisten: 127.0.0.1:\${PORT}\n`,
    'ca.pem': 'PEM',
    'tls.yaml': 'upstream: {url: "https://x", tls: {ca: ca.pem, verify: false}}',
  });
  const message = (options: Parameters<typeof loadConfig>[0]) => {
    try {
      return JSON.stringify(loadConfig(options).listen);
    } catch (error) {
      return error instanceof ConfigError ? error.message : String(error);
    }
  };
  t.match(message({ file: `${file}/absent.yaml`, flags: {}, env: {} }), /there is no file .*absent\.yaml/);
  t.match(message({ file, flags: {}, env: {} }), /is a folder/);
  t.match(message({ flags: {}, env: { CACHESIDE_CONFIG: `${file}/proxy.yaml`, PORT: '81' } }), /"port":81/);
  t.match(
    message({ file: `${file}/proxy.yaml`, flags: {}, env: {} }),
    /proxy\.yaml:2:9 listen: the variable PORT is not set/,
  );
  t.match(
    message({ flags: { upstream: URL, namespace: 'n' }, env: {} }),
    /^--namespace: has no effect without Redis – name one with --redis/,
  );
  t.match(
    message({ flags: { upstream: URL }, env: { CACHESIDE_NAMESPACE: 'n' } }),
    /^CACHESIDE_NAMESPACE: has no effect without Redis – /,
  );
  t.match(
    message({ flags: { upstream: URL, ttl: '5' }, env: { CACHESIDE_MEMORY: 'x' } }),
    /^CACHESIDE_MEMORY: `x` is not a size.*\n--ttl: `5` has no unit/m,
  );
  const { upstream } = loadConfig({ file: `${file}/tls.yaml`, flags: {}, env: {} });
  t.match(upstream, { ca: 'PEM', verify: false }, 'the authority lies beside the file');
});

t.test('secrets from files', async (t) => {
  const folder = t.testdir({
    token: 'secret\n',
    url: 'redis://:p@h:1',
    key: `${'k'.repeat(20)}\r\n`,
    spaced: 'a b',
    empty: '',
    blank: ' \n',
    'proxy.yaml': 'redis: {url: "${REDIS_URL}", hmac-key: "${CACHESIDE_KEY}"}',
  });
  const given = (variables: Readonly<Record<string, string>>) => ({
    file: `${folder}/proxy.yaml`,
    flags: { upstream: URL },
    env: Object.fromEntries(
      Object.entries(variables).map(([name, file]) => [name, file && `${folder}/${file}`]),
    ),
  });
  const files = { REDIS_URL_FILE: 'url', CACHESIDE_KEY_FILE: 'key', CACHESIDE_ADMIN_TOKEN_FILE: 'token' };
  const { redis, admin } = loadConfig(given({ ...files, REDIS_URL: '', SSL_CERT_FILE: 'absent' }));
  t.match(redis, { url: 'redis://:p@h:1', hmacKeys: ['k'.repeat(20)] });
  t.match(admin.tokens, [{ token: 'secret' }]);
  const refused: readonly [Readonly<Record<string, string>>, RegExp][] = [
    [{ CACHESIDE_KEY_FILE: 'absent' }, /^CACHESIDE_KEY_FILE: there is no file .*absent – check the path/m],
    [{ CACHESIDE_KEY: 'x' }, /^CACHESIDE_KEY_FILE: CACHESIDE_KEY is set as well – keep one of them/m],
    [{ CACHESIDE_ADMIN_TOKEN_FILE: 'spaced' }, /^CACHESIDE_ADMIN_TOKEN: a token has no spaces/m],
    // Without a token the admin port would be open.
    [{ CACHESIDE_ADMIN_TOKEN_FILE: 'empty' }, /^CACHESIDE_ADMIN_TOKEN_FILE: .*empty holds nothing/m],
    [{ REDIS_URL_FILE: 'blank' }, /^REDIS_URL_FILE: .*blank holds nothing/m],
    [{ CACHESIDE_CONFIG_FILE: 'proxy.yaml' }, /^CACHESIDE_CONFIG_FILE: .*named in CACHESIDE_CONFIG$/m],
  ];
  for (const [more, message] of refused) {
    t.throws(() => loadConfig(given({ ...files, ...more })), { message });
  }
  t.equal(
    loadConfig(given({ ...files, CACHESIDE_KEY_FILE: 'key', CACHESIDE_UNUSED_FILE: '' })).file,
    `${folder}/proxy.yaml`,
  );
});
