/** An example of each section of the file, by its name, with all of its keys; a test loads them and looks for each key. */
export const SECTION_EXAMPLES: Readonly<Record<string, string>> = {
  upstream: `upstream:
  url: https://api.internal:8443
  host: upstream                       # the service knows itself by its own name only
  connections: 64
  queue: 1000
  breaker:
    failures: 50%
    at-least: 20
    within: 10s
    open: 1s
    longest: 30s
    statuses: [500, 502, 503, 504]
  connect-timeout: 1s
  head-timeout: 5s
  idle-timeout: 30s                    # the longest pause between two events of a stream
  timeout: 20s
  keep-alive: 4s
  fast-reader: true
  tls:
    ca: internal-ca.pem
    verify: true
`,
  admin: `admin:
  listen: 0.0.0.0:9090
  tokens:
    - name: prometheus
      token: \${PROMETHEUS_TOKEN}
      scopes: [read]
    - name: deploy
      token: \${DEPLOY_TOKEN}
      scopes: [read, purge]
`,
  memory: `memory:
  limit: 512MiB
  sweep: 10s
`,
  redis: `redis:
  url: redis-sentinel://s1:26379,s2:26379,s3:26379/shop
  namespace: shop                      # one for each service that shares this Redis
  connect-timeout: 1s
  command-timeout: 250ms
  max-value: 1MiB
  max-in-flight: 1000
  sentinel-password: \${SENTINEL_PASSWORD}
  hmac-key: ["\${CACHESIDE_HMAC_KEY}", "\${CACHESIDE_OLD_HMAC_KEY}"]
  warm-start:
    keys: 1000
    within: 5s
`,
  clients: `clients:
  head-timeout: 10s
  request-timeout: 30s
  request-progress: 1KiB
  keep-alive: 75s                      # longer than a load balancer in front keeps what it does not use
  stall-timeout: 60s
  max-head: 16KiB
  max-fields: 100
  max-target: 8KiB
  max-connections: 10000
  max-requests: 10000
  trust-forwarded: true                # only behind a proxy that sets these fields itself
`,
  log: `log:
  level: info
  access: true
  hits: 1%                             # of the hits; all else always gets its line
  pretty: false
`,
  coherence: `coherence:
  lease: 5s
  cap: 30s
  history: 7d
  replica: \${HOSTNAME}
`,
};

/** The keys of a route by what they are about, each group with an example. */
export interface RouteGroup {
  readonly title: string;
  readonly keys: readonly string[];
  readonly example: string;
}

export const ROUTE_GROUPS: readonly RouteGroup[] = [
  {
    title: 'Which requests',
    keys: ['name', 'match', 'when', 'cache'],
    example: `routes:
  - name: account
    match: /account/*
    cache: false
  - name: product
    match: GET|HEAD /products/:id
    when:
      host: ["*.shop.example", shop.example]
      query: { preview: false }        # not with ?preview
      headers: { x-api-version: ["2", "3"] }
`,
  },
  {
    title: 'How long it is fresh',
    keys: [
      'ttl',
      'status-ttl',
      'origin',
      'targeted-fields',
      'heuristic',
      'unreadable-age',
      'max-ttl',
      'jitter',
    ],
    example: `routes:
  - match: /products/:id
    ttl: 5m
    status-ttl: { 404: 30s, 5xx: 1s }
    origin: respect
    targeted-fields: [cacheside-cache-control, cdn-cache-control]
    heuristic: 10%
    unreadable-age: ignore
    max-ttl: 1h
    jitter: 10%
`,
  },
  {
    title: 'Past that',
    keys: ['stale-while-revalidate', 'stale-if-error', 'eager-refresh', 'beyond-lease'],
    example: `routes:
  - match: /products/:id
    ttl: 5m
    stale-while-revalidate: 30s
    stale-if-error: 1h
    eager-refresh: 80%
    beyond-lease: cap
`,
  },
  {
    title: 'What makes two requests one',
    keys: ['key', 'vary', 'no-vary-search', 'cookies', 'request-fields', 'request-cache-control'],
    example: `routes:
  - match: /search
    ttl: 30s
    key:
      query: { include: [q, page] }
      sort-query: true
      headers: [accept-language]
      cookies: [currency]
    vary: { limit: 4 }
    no-vary-search: respect
    cookies: strip
    request-fields:
      strip: [x-experiment]
      forward: [x-request-source]
      normalise: [accept-language]
      unknown: bypass
    request-cache-control: ignore
  - match: /pages/*
    ttl: 1m
    key: { query: { exclude: ["utm_*", gclid] } }
`,
  },
  {
    title: 'Tags and invalidation',
    keys: ['tags', 'surrogate-tags', 'purge', 'post'],
    example: `routes:
  - match: /products/:id
    ttl: 5m
    tags: ["product-{id}", "category-{response.x-category}", "page-{query.page}"]
    surrogate-tags:
      fields: [surrogate-key]
      forward: false
    purge: ["product-{id}", products]
    post: false
`,
  },
  {
    title: 'How it is fetched',
    keys: ['collapse', 'collapse-timeout', 'concurrency', 'timeout', 'range', 'max-body', 'max-request-body'],
    example: `routes:
  - match: /reports/:year
    ttl: 5m
    collapse: replicas
    collapse-timeout: 20s
    concurrency:
      limit: 4
      queue: 100
      timeout: 5s
    timeout: 20s
    range: whole
    max-body: 20MiB
    max-request-body: 64KiB
`,
  },
  {
    title: 'What clients get',
    keys: ['compress', 'response'],
    example: `routes:
  - match: /products/:id
    ttl: 5m
    compress: [br, gzip]
    response:
      set: { X-Served-By: cacheside }
      remove: [server, x-powered-by]
      cache-control: public, max-age=30
      cache-status-key: false
`,
  },
  {
    title: 'Against the rules',
    keys: ['unsafe'],
    example: `routes:
  - match: /legacy/*
    ttl: 1m
    unsafe:                            # each is listed by \`cacheside check\` and in the log of each start
      store-private: true
      store-no-store: true
      store-authorized: true
      store-without-set-cookie: true
      store-with-set-cookie: false
      store-unproven-length: true
`,
  },
];

/** The keys that are no sections. */
export const PLAIN_EXAMPLE = `listen: 0.0.0.0:8080
upstream: http://127.0.0.1:3000
memory: 512MiB
redis: \${REDIS_URL:-off}
workers: auto
drain-delay: 5s                        # as long as it takes a load balancer to notice
drain-timeout: 30s
fast-door: true
tracing: true                          # docs/tracing.md says what else it takes
defaults:
  stale-if-error: 10m
routes:
  - match: /products/*
    ttl: 1m
`;
