import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { loadConfig } from '../../src/config/load.ts';
import { createSimulation } from '../../src/traffic/simulation.ts';
import { readTraffic } from '../../src/traffic/traffic.ts';
import { barely, type TrafficRequest } from '../../src/traffic/traffic-request.ts';
import { startOrigin } from '../fixtures/origin.ts';
import { chance, record, type Step, zipf } from './recorded.ts';

function rulesOf(routes: string) {
  const readFile = () => `upstream: http://127.0.0.1:1\n${routes}`;
  return loadConfig({ file: 'rules.yaml', flags: {}, env: {}, readFile }).routes;
}

const MIB = 2 ** 20;
/** Of a run; more of them make the figures meet more closely. */
const { SIMULATED_REQUESTS = '1500' } = process.env;
const REQUESTS = Number(SIMULATED_REQUESTS);

/** Products that are asked for by popularity, now and then with an odd answer, and changed once in a while. */
function* shoppers(seed: number): Generator<Step, void> {
  const random = chance(seed);
  const rank = zipf(700, 0.9, random);
  for (let i = 0; i < REQUESTS; i++) {
    const id = rank();
    const after = random() * 200;
    const kind = random();
    if (kind < 0.005) yield { method: 'PUT', target: `/products/${id}`, after };
    else if (kind < 0.02) yield { method: 'HEAD', target: `/products/${id}`, after };
    else if (kind < 0.04) yield { method: 'GET', target: `/gone/${id % 20}`, after };
    else if (kind < 0.06) yield { method: 'GET', target: '/me', after };
    else if (kind < 0.08) yield { method: 'GET', target: `/products/${id}?utm_source=x${i}`, after };
    else yield { method: 'GET', target: `/products/${id}`, after };
  }
}

const ROUTES = `
routes:
  - { name: me, match: /me, cache: false }
  - name: product
    match: /products/:id
    ttl: 90s
    stale-while-revalidate: 10s
    key: { query: { exclude: [utm_*] } }
    tags: ['product-{id}']
    purge: ['product-{id}']
  - { name: gone, match: '/gone/*', status-ttl: { 404: 20s } }
`;

t.test('what it predicts is what a sidecar did', async (t) => {
  const origin = await startOrigin((req, res) => {
    const { url = '', headers } = req;
    res.sendDate = false;
    const id = Number(/\d+/.exec(url)?.[0] ?? 0);
    res.statusCode = url.startsWith('/gone') ? 404 : req.method === 'PUT' ? 204 : 200;
    if (res.statusCode === 200) res.setHeader('etag', `"${id}-of-the-usual-length"`);
    if (res.statusCode === 200 && headers['if-none-match'] !== undefined) res.statusCode = 304;
    res.setHeader('content-type', 'application/json; charset=utf-8');
    res.setHeader('x-content-type-options', 'nosniff');
    res.setHeader('server', 'upstream');
    res.end(res.statusCode === 200 ? Buffer.alloc(500 + ((id * 7919) % 12_000), 'x') : '');
  });
  t.teardown(() => origin.close());
  for (const { id, limit, seed } of [
    { id: 'where everything fits', limit: 64 * MIB, seed: 1 },
    { id: 'where most is evicted', limit: MIB, seed: 2 },
  ]) {
    const memory = `memory: { limit: ${limit / MIB}MiB, sweep: 100ms }`;
    const log = await record(`upstream: ${origin.url}\n${memory}\n${ROUTES}`, shoppers(seed));
    t.equal(log.length, REQUESTS, id);
    const file = join(t.testdir(), 'access.log');
    writeFileSync(file, log.map((line) => `${JSON.stringify(line)}\n`).join(''));
    const simulation = createSimulation({
      rules: rulesOf(ROUTES),
      limits: [limit],
      sweep: 10_000,
      assume: { ttl: undefined, etag: true },
    });
    for await (const requests of readTraffic([file])) for (const one of requests) simulation.take(one);
    const { memories, routes } = simulation.result();
    const predicted = memories[0];
    const count = (...words: string[]) => log.filter(({ outcome }) => words.includes(String(outcome))).length;
    const hits = count('hit', 'stale', 'collapsed');
    const misses = count('miss', 'expired', 'revalidated');
    const rate = hits / (hits + misses);
    t.comment(
      `${id}: hit rate ${rate.toFixed(4)}, predicted ${predicted?.total.hitRate?.toFixed(4)}, evictions ${predicted?.evictions}`,
    );
    t.ok(Math.abs((predicted?.total.hitRate ?? 0) - rate) < 0.01, `${id}: within a percentage point`);
    t.equal(
      routes.reduce((sum, { passes }) => sum + passes, 0),
      count('pass'),
      'what was not looked up',
    );
    t.equal((predicted?.evictions ?? 0) > 100, limit === MIB, 'evictions');
    // What a validation saves, nobody knows beforehand.
    const fromMemory = log.filter(({ outcome }) => outcome === 'hit' || outcome === 'stale');
    const saved = fromMemory.reduce((sum, { bytes }) => sum + Number(bytes), 0);
    const near = (predicted?.total.bytesSaved ?? 0) / saved;
    t.ok(near > 0.95 && near < 1.05, `bytes saved: ${near}`);
  }
});

/** `METHOD /target`, at this second; status 200 and 1,000 bytes where nothing else is said. */
type Line = readonly [second: number, request: string, more?: Partial<TrafficRequest>];

interface Row {
  readonly id: string;
  readonly routes: string;
  readonly lines: readonly Line[];
  /** ms */
  readonly ttl?: number;
  readonly hits: number;
  readonly upstream: number;
  readonly why?: Readonly<Record<string, number>>;
  readonly passes?: Readonly<Record<string, number>>;
}

const route = (more: string) => `routes:\n  - { name: a, match: '/a/:id', ${more} }\n`;
const given = (fields: readonly string[], responseFields: readonly string[] = []) => ({
  fields,
  responseFields,
});

const ROWS: readonly Row[] = [
  {
    id: 'fresh, then expired',
    routes: route('ttl: 10s'),
    lines: [
      [0, 'GET /a/1'],
      [9, 'GET /a/1'],
      [11, 'GET /a/1'],
      [30, 'GET /a/1'],
    ],
    hits: 1,
    upstream: 3,
    why: { 'uri-miss': 1, stale: 2 },
  },
  {
    id: 'stale while it is renewed, and where the upstream fails',
    routes: route('ttl: 10s, stale-while-revalidate: 5s, stale-if-error: 1m'),
    lines: [
      [0, 'GET /a/1'],
      [12, 'GET /a/1'],
      [20, 'GET /a/1'],
      [50, 'GET /a/1', { status: 503 }],
      [51, 'GET /a/1'],
    ],
    hits: 3,
    upstream: 4,
    why: { 'uri-miss': 1, stale: 1 },
  },
  {
    id: 'eager refresh',
    routes: route('ttl: 10s, eager-refresh: 50%'),
    lines: [
      [0, 'GET /a/1'],
      [6, 'GET /a/1'],
      [12, 'GET /a/1'],
    ],
    hits: 2,
    upstream: 3,
  },
  {
    id: 'a write invalidates its URL and the tags of its route, a failed one nothing',
    routes: `routes:
  - { name: list, match: /a, ttl: 1h, tags: [as] }
  - { name: a, match: '/a/:id', ttl: 1h, purge: [as] }
`,
    lines: [
      [0, 'GET /a'],
      [0, 'GET /a/1'],
      [0, 'GET /a/2'],
      [1, 'PUT /a/1', { status: 409 }],
      [2, 'GET /a'],
      [2, 'GET /a/1'],
      [3, 'PUT /a/1', { status: 204 }],
      [4, 'GET /a'],
      [4, 'GET /a/1'],
      [4, 'GET /a/2'],
    ],
    hits: 3,
    upstream: 7,
    why: { 'uri-miss': 3, purged: 2 },
    passes: { method: 2 },
  },
  {
    id: 'HEAD is answered and stores nothing; 304 and 206 stand for the whole',
    routes: route('ttl: 1h'),
    lines: [
      [0, 'HEAD /a/1'],
      [0, 'GET /a/1', { status: 304, bytes: 0 }],
      [0, 'HEAD /a/1'],
      [0, 'GET /a/2', { status: 206, bytes: 10 }],
      [0, 'GET /a/2'],
    ],
    hits: 2,
    upstream: 3,
  },
  {
    id: 'a part is fetched as such where the rule has it so',
    routes: route('ttl: 1h, range: part'),
    lines: [
      [0, 'GET /a/1', { status: 206 }],
      [0, 'GET /a/1'],
      [0, 'GET /a/1', { status: 206 }],
    ],
    hits: 1,
    upstream: 2,
    why: { range: 1, 'uri-miss': 1 },
  },
  {
    id: 'what the upstream says of freshness is not in a log',
    routes: route('cache: true'),
    lines: [
      [0, 'GET /a/1'],
      [1, 'GET /a/1'],
    ],
    hits: 0,
    upstream: 2,
    why: { 'no-freshness': 2 },
  },
  {
    id: 'unless it is assumed; not of errors',
    routes: route('cache: true'),
    ttl: 5_000,
    lines: [
      [0, 'GET /a/1'],
      [1, 'GET /a/1'],
      [7, 'GET /a/1'],
      [8, 'GET /a/2', { status: 500 }],
      [8, 'GET /a/2', { status: 500 }],
    ],
    hits: 1,
    upstream: 4,
  },
  {
    id: 'statuses and sizes that are not stored',
    routes: route('ttl: 1h, status-ttl: { 404: 10s }, max-body: 2KB'),
    lines: [
      [0, 'GET /a/1', { status: 404 }],
      [1, 'GET /a/1', { status: 404 }],
      [1, 'GET /a/2', { status: 500 }],
      [1, 'GET /a/3', { bytes: 3_000 }],
      [1, 'GET /a/3', { bytes: 3_000 }],
    ],
    hits: 1,
    upstream: 4,
    why: { 'too-large': 2, 'uri-miss': 1, status: 1 },
  },
  {
    id: 'the words for what is not looked up',
    routes: `routes:
  - { name: off, match: /off, cache: false }
  - { name: a, match: '/a/:id', ttl: 1h }
`,
    lines: [
      [0, 'GET /off'],
      [0, 'GET /else'],
      [0, 'POST /a/1', { status: 400 }],
      [0, 'GET /a/1', { hasUser: true }],
      [0, 'GET /a/1', given(['Cookie', 'sid=1'])],
      [0, 'GET /a/1', given(['X-Odd', '1'])],
      [0, 'GET /a/../b'],
    ],
    hits: 0,
    upstream: 6,
    passes: { 'rule-pass': 1, 'no-route': 1, method: 1, authorization: 1, cookie: 1, 'unkeyed-field': 1 },
  },
  {
    id: 'fields that a log has are judged',
    routes: route('cache: true'),
    lines: [
      [0, 'GET /a/1', given([], ['Cache-Control', 'max-age=60'])],
      [1, 'GET /a/1', given([], ['Cache-Control', 'max-age=60'])],
      [1, 'GET /a/2', given([], ['Cache-Control', 'private, max-age=60'])],
      [
        1,
        'GET /a/3',
        given(['Accept-Language', 'de'], ['Cache-Control', 'max-age=60', 'Vary', 'Accept-Language']),
      ],
      [
        2,
        'GET /a/3',
        given(['Accept-Language', 'en'], ['Cache-Control', 'max-age=60', 'Vary', 'Accept-Language']),
      ],
      [
        3,
        'GET /a/3',
        given(['Accept-Language', 'de'], ['Cache-Control', 'max-age=60', 'Vary', 'Accept-Language']),
      ],
    ],
    hits: 2,
    upstream: 4,
    why: { 'response-private': 1, 'uri-miss': 2, 'vary-miss': 1 },
  },
];

const START = Date.UTC(2026, 0, 1);

function simulate(routes: string, lines: readonly Line[], limits: readonly number[] = [], ttl?: number) {
  const simulation = createSimulation({
    rules: rulesOf(routes),
    limits,
    sweep: 10_000,
    assume: { ttl, etag: true },
  });
  for (const [second, request, more = {}] of lines) {
    const [method = '', target = ''] = request.split(' ');
    const time = START + second * 1_000;
    simulation.take(barely({ method, target, authority: 'h', time, status: 200, bytes: 1_000, ...more }));
  }
  return simulation.result();
}

for (const { id, routes, lines, ttl, hits, upstream, why, passes } of ROWS) {
  t.test(id, async (t) => {
    const { memories, routes: byRoute, requests } = simulate(routes, lines, [], ttl);
    const total = memories[0]?.total;
    t.equal(requests, lines.length);
    t.match(total, { hits, upstreamRequests: upstream });
    if (why !== undefined) t.same(total?.why, why);
    const counted: Record<string, number> = {};
    for (const { why: words } of byRoute)
      for (const [word, count] of Object.entries(words)) counted[word] = (counted[word] ?? 0) + count;
    if (passes !== undefined) t.same(counted, passes);
  });
}

t.test('sizes are counted without bodies, memory by what is held at once', async (t) => {
  const many = (count: number, from: number, second: number): Line[] =>
    Array.from({ length: count }, (_, i) => [second, `GET /a/${from + i}`, { bytes: 1_000_000 }]);
  const { rss } = process.memoryUsage();
  const lines = [
    ...many(200, 0, 0),
    ...many(200, 0, 1),
    ...many(100, 1_000, 3_000),
    ...many(100, 1_000, 3_001),
  ];
  const result = simulate(route('ttl: 10s'), lines, [64 * MIB, 1024 * MIB]);
  t.ok(process.memoryUsage().rss - rss < 100 * MIB, 'no bodies are made');
  const [small, large, all] = result.memories;
  t.match(all, { limit: null, evictions: 0, total: { hits: 300, bytesSaved: 300e6 } });
  t.match(large, { limit: 1024 * MIB, evictions: 0, total: { hits: 300 } });
  t.ok(
    (small?.evictions ?? 0) > 0 && (small?.total.hits ?? 300) < 100,
    'evicted before they are asked for again',
  );
  const needed = (result.neededMemory ?? 0) / (200 * 1_000_000 * (1 + 1 / 16));
  t.ok(needed > 1 && needed < 1.05, `the first ones had expired: ${needed}`);
  const [a] = result.routes;
  t.match(a, { route: 'a', urls: 300 });
  t.ok(Math.abs((a?.neededMemory ?? 0) / (result.neededMemory ?? 1) - 1) < 0.06);
});

t.test('a log that is out of order, has no times or no sizes says so', async (t) => {
  const result = simulate(route('ttl: 10s'), [
    [60, 'GET /a/1'],
    [0, 'GET /a/1'],
    [0, 'GET /a/1', { time: undefined, bytes: undefined }],
  ]);
  t.match(result, { late: 1, untimed: 1, unsized: 1, from: START, until: START + 60_000 });
  t.match(result.memories[0]?.total, { hits: 2 });
});

t.test('more responses than can be followed are not, and it says so', async (t) => {
  const simulation = createSimulation({
    rules: rulesOf(route('ttl: 1h')),
    limits: [MIB],
    sweep: 10_000,
    assume: { ttl: undefined, etag: true },
    mostHeld: 100,
  });
  for (let i = 0; i < 200; i++)
    simulation.take(barely({ method: 'GET', target: `/a/${i % 150}`, authority: 'h', time: START + i }));
  const { memories, neededMemory, routes } = simulation.result();
  t.match(memories, [{ limit: MIB, total: { hits: 50 } }]);
  t.equal(memories.length, 1);
  t.equal(neededMemory, null);
  t.equal(routes[0]?.neededMemory, null);
});
