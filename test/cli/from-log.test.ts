import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { loadConfig } from '../../src/config/load.ts';
import { open, type TerminalOptions } from './terminal.ts';

const folder = t.testdir();

function file(content: string, name: string): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

const run = (args: readonly string[], options: TerminalOptions = {}) => open(args, options).ran;

/** A routes table as `check` prints it, of a text or file that was made. */
const load = (text: string) =>
  loadConfig({
    file: 'made.yaml',
    flags: {},
    env: { CACHESIDE_ADMIN_TOKEN: 'a-token-that-is-long-enough', REDIS_URL: 'redis://127.0.0.1:1' },
    readFile: () => text,
  });

interface Seen {
  readonly at: number;
  readonly request: string;
  readonly status?: number;
  readonly bytes?: number;
  readonly user?: string;
}

/** Combined Log Format; `at` in seconds. */
function line({ at, request, status = 200, bytes = 500, user = '-' }: Seen): string {
  const date = new Date(at * 1_000).toUTCString();
  const [, day, month, year, time] = /^..., (..) (...) (....) (........)/.exec(date) ?? [];
  return `10.0.0.1 - ${user} [${day}/${month}/${year}:${time} +0000] "${request} HTTP/1.1" ${status} ${bytes} "-" "-"`;
}

const START = Date.UTC(2026, 0, 1) / 1_000;

/** What people do in a shop: eight rounds, five minutes each. */
function* visits(): Generator<Seen, void> {
  for (let round = 0; round < 8; round++) {
    const at = (second: number) => START + round * 300 + second;
    for (let id = 1; id <= 30; id++) {
      yield { at: at(id), request: `GET /api/products/${id}?utm_source=mail${round}`, bytes: 500 + id };
      yield { at: at(id), request: `GET /api/products/${id}/reviews`, bytes: 900 + id };
    }
    yield { at: at(40), request: `GET /api/products?page=1&size=20` };
    yield { at: at(41), request: `GET /api/products?size=20&page=1` };
    yield { at: at(45), request: `GET /api/search?q=${round}&size=5` };
    yield { at: at(46), request: `GET /api/search?size=5&q=${round}` };
    yield { at: at(42), request: 'PUT /api/products/3', status: 204, bytes: 0 };
    yield { at: at(42), request: 'POST /api/products/4/publish', status: 202, bytes: 0 };
    yield { at: at(43), request: 'GET /api/products/999999', status: 404, bytes: 9 };
    for (const title of ['red-shoes', 'blue-hat', 'green-tea', 'black-coat', `new-${round}`])
      yield { at: at(50), request: `GET /blog/${title}` };
    yield { at: at(51), request: 'GET /blog/latest' };
    yield { at: at(60), request: 'GET /me', user: 'ada' };
    yield { at: at(60), request: 'GET /report', user: 'ada' };
    yield { at: at(61), request: `GET /download?token=abc${round}` };
    yield { at: at(62), request: 'GET /health' };
    yield { at: at(63), request: `GET /assets/js/app.${round % 2}.js` };
    yield { at: at(63), request: 'GET /assets/logo.png' };
    yield { at: at(64), request: `GET /once/${'abcdefgh'[round]}${round}${round}${round}xyz` };
    for (let second = 0; second < 100; second += 4) {
      yield {
        at: at(200 + second),
        request: 'GET /api/prices',
        bytes: 700 + round * 2 + Math.floor(second / 50),
      };
      yield { at: at(200 + second), request: `GET /ticker`, bytes: 700 + round * 100 + second };
    }
    for (let probe = 0; probe < 20; probe++)
      yield { at: at(70), request: `GET /wp-${round}-${probe}.php`, status: 404 };
  }
}

const LOG = file([...visits()].map(line).join('\n'), 'access.log');

t.test('init proposes routes from a log, with what they are worth', async (t) => {
  const made = await run([
    'init',
    '--stdout',
    '--upstream',
    'http://127.0.0.1:3000',
    '--from-access-log',
    LOG,
  ]);
  t.equal(made.code, 0, made.stderr);
  t.match(made.stderr, /^\d+ routes from \d+ requests: a hit ratio of [\d.]+ %, /);
  const routes = new Map(load(made.stdout).routes.map((rule) => [rule.match.pattern, rule]));
  const shown = [...routes].map(([pattern, { name, cache, ttl, key, tags, purge, statusTtl }]) => ({
    pattern,
    name,
    ttl: cache ? ttl : undefined,
    key: { exclude: key.exclude, sort: key.sort },
    tags: tags.map((tag) =>
      tag.map((part) => (part.kind === 'text' ? part.text : `{${'name' in part ? part.name : ''}}`)).join(''),
    ),
    purge: purge.length,
    notFound: statusTtl.get(404),
  }));
  const none = { exclude: [], sort: false };
  t.same(
    new Map(shown.map(({ pattern, ...rest }) => [pattern, rest])),
    new Map(
      Object.entries({
        '/api/products': {
          name: 'products',
          ttl: 3_600_000,
          key: { exclude: [], sort: true },
          tags: ['products'],
          purge: 0,
          notFound: undefined,
        },
        '/api/products/:id': {
          name: 'product',
          ttl: 3_600_000,
          key: { exclude: ['utm_*'], sort: false },
          tags: ['product-{id}'],
          purge: 2,
          notFound: 10_000,
        },
        '/api/products/:id/publish': {
          name: 'product-publish',
          ttl: undefined,
          key: none,
          tags: [],
          purge: 2,
          notFound: undefined,
        },
        '/api/products/:id/reviews': {
          name: 'product-reviews',
          ttl: 3_600_000,
          key: none,
          tags: ['product-{id}-reviews'],
          purge: 0,
          notFound: undefined,
        },
        '/api/prices': {
          name: 'prices',
          ttl: 10_000,
          key: none,
          tags: ['prices'],
          purge: 0,
          notFound: undefined,
        },
        '/api/search': {
          name: 'search',
          ttl: 10_000,
          key: { exclude: [], sort: true },
          tags: ['search'],
          purge: 0,
          notFound: undefined,
        },
        '/assets/*': { name: 'assets', ttl: 3_600_000, key: none, tags: [], purge: 0, notFound: undefined },
        '/blog/:id': {
          name: 'blog',
          ttl: 3_600_000,
          key: none,
          tags: ['blog-{id}'],
          purge: 0,
          notFound: undefined,
        },
        '/blog/latest': {
          name: 'blog-latest',
          ttl: 3_600_000,
          key: none,
          tags: ['blog-latest'],
          purge: 0,
          notFound: undefined,
        },
        '/download': { name: 'download', ttl: undefined, key: none, tags: [], purge: 0, notFound: undefined },
        '/health': { name: 'health', ttl: undefined, key: none, tags: [], purge: 0, notFound: undefined },
        '/me': { name: 'me', ttl: undefined, key: none, tags: [], purge: 0, notFound: undefined },
        '/report': { name: 'report', ttl: undefined, key: none, tags: [], purge: 0, notFound: undefined },
      }),
    ),
  );
  t.match(made.stdout, /# `me` sounds like what is one person’s/);
  t.match(
    made.stdout,
    /# Within an hour [\d.]+ % of what was asked for again had another size: it changes\.\n *- name: prices/,
  );
  t.match(made.stdout, /# {3}\/ticker \(200\): its answers differ in size/);
  t.match(made.stdout, /100 % of its reads named a user/i);
  t.match(made.stdout, /8 of its requests had what looks like a secret/);
  t.match(made.stdout, /# {3}\/once\/:id \(8\): hardly anything was asked for twice/);
  t.match(
    made.stdout,
    /# 256 requests, [\d.]+ % of what is looked up expected from memory\.\n.*\n *- name: product\n/,
  );
});

const UPSTREAM = ['--upstream', 'http://127.0.0.1:3000'];

const BY_FLAGS: readonly {
  id: string;
  flags: readonly string[];
  expect: object;
  said?: RegExp;
  text?: RegExp;
}[] = [
  {
    id: 'the least',
    flags: UPSTREAM,
    expect: {
      upstream: { origin: 'http://127.0.0.1:3000' },
      routes: [{ ttl: undefined, requestFields: { unknown: 'ignore' } }],
    },
  },
  {
    id: 'a ttl',
    flags: [...UPSTREAM, '--ttl', '30s', '--listen', ':8081', '--memory', '64MiB'],
    expect: {
      listen: { port: 8081 },
      memory: { limit: 64 * 2 ** 20 },
      routes: [{ cache: false }, { ttl: 30_000 }],
    },
  },
  {
    id: 'an admin port for others, and a Redis with a password',
    flags: [...UPSTREAM, '--admin-listen', '0.0.0.0:9090', '--redis', 'redis://u:hidden@r:6379'],
    expect: {
      admin: { tokens: [{ token: 'a-token-that-is-long-enough' }] },
      redis: { url: 'redis://127.0.0.1:1' },
    },
    said: /export CACHESIDE_ADMIN_TOKEN=[\w-]{32}\n.*password/,
    text: /^(?![\s\S]*hidden)/,
  },
  {
    id: 'a Redis, a token, and routes of a log with a ttl for the rest',
    flags: [
      ...UPSTREAM,
      '--redis',
      'redis://r:6379',
      '--admin-token',
      '--from-access-log',
      LOG,
      '--ttl',
      '5s',
    ],
    expect: { redis: { url: 'redis://r:6379' }, admin: { tokens: [{}] } },
    text: /\n {2}ttl: 5s /,
  },
];

for (const { id, flags, expect, said, text } of BY_FLAGS) {
  t.test(`init by flags: ${id}`, async (t) => {
    const { code, stdout, stderr } = await run(['init', '--stdout', ...flags]);
    t.equal(code, 0, stderr);
    t.match(load(stdout), expect);
    if (said !== undefined) t.match(stderr, said);
    if (text !== undefined) t.match(stdout, text);
  });
}

t.test('init writes a file once, and what is wrong is said', async (t) => {
  const path = join(folder, 'proxy.yaml');
  const first = await run(['init', path, '--yes', ...UPSTREAM], { size: { columns: 80, rows: 24 } });
  t.match(first, { code: 0, stdout: '', stderr: /wrote .*proxy\.yaml; next: cacheside check/ });
  t.match(await run(['check', path]), { code: 0, stdout: /OK: .*proxy\.yaml: 1 route/ });
  writeFileSync(path, 'kept');
  t.match(await run(['init', path, ...UPSTREAM]), { code: 1, stderr: /is there already .*--force/ });
  const unasked = await run(['init', path], { size: { columns: 80, rows: 24 } });
  t.match(unasked, { code: 1, stderr: /^cacheside: .* is there already/ }, 'before anything is asked');
  t.equal(readFileSync(path, 'utf8'), 'kept');
  t.match(await run(['init', path, '--force', ...UPSTREAM]), { code: 0 });
  t.match(readFileSync(path, 'utf8'), 'upstream:');
  t.match(await run(['init', '--stdout']), { code: 2, stderr: /--upstream http/ });
  t.match(await run(['init', '--stdout', '--upstream', 'nowhere']), { code: 2, stderr: /--upstream/ });
  t.match(await run(['init', '--stdout', ...UPSTREAM, '--ttl', '30']), { code: 2, stderr: /--ttl.*no unit/ });
  t.match(await run(['init', '--stdout', ...UPSTREAM, '--from-access-log', '-']), {
    code: 2,
    stderr: /must be a file/,
  });
  const prose = file('nothing but prose\n', 'prose.log');
  t.match(await run(['init', '--stdout', ...UPSTREAM, '--from-access-log', prose]), {
    code: 1,
    stderr: /could be read/,
  });
});

t.test('init asks where somebody can answer, and checks the answers', async (t) => {
  const path = join(folder, 'asked.yaml');
  const session = open(['init', path, '--redis', 'off'], { size: { columns: 100, rows: 40 } });
  await session.until(/Where is the service behind\?/);
  session.type('nowhere\r');
  await session.until(/not a|write/);
  session.type(`${'\u007f'.repeat(7)}http://127.0.0.1:3100\r`);
  await session.until(/Where do clients connect\?/);
  session.type('\r');
  await session.until(/An access log/);
  session.type('\r');
  await session.until(/How long is a response fresh/);
  session.type('20s\r');
  await session.until(/Should the admin port/);
  session.type('y');
  const { code, stderr } = await session.ran;
  t.equal(code, 0, stderr);
  t.match(load(readFileSync(path, 'utf8')), {
    upstream: { origin: 'http://127.0.0.1:3100' },
    listen: { host: '127.0.0.1', port: 8080 },
    admin: { tokens: [{}] },
    routes: [{}, { ttl: 20_000 }],
  });
  const given = open(['init', join(folder, 'never.yaml')], { size: { columns: 100, rows: 40 } });
  await given.until(/Where is the service behind\?/);
  given.type('\u0003');
  t.match(await given.ran, { code: 1, stderr: /nothing was written/ });
});

const RULES = file(
  `upstream: http://127.0.0.1:1
memory: 64MiB
routes:
  - { name: product, match: '/api/products/:id', ttl: 10m, tags: ['product-{id}'], purge: ['product-{id}'] }
  - { name: silent, match: '/blog/:id' }
  - { name: german, match: /api/products, ttl: 1m, key: { headers: [accept-language] } }
  - { name: idle, match: /idle, ttl: 1m }
`,
  'rules.yaml',
);

t.test('simulate tells by route and by limit, and what it assumed', async (t) => {
  const { code, stdout, stderr } = await run(['simulate', '--log', LOG, LOG, '-c', RULES]);
  t.equal(code, 0, stderr);
  for (const expected of [
    /^2,\d{3} requests, 2026-01-01 00:00:01Z to 2026-01-01 00:\d\d:\d\dZ \(/,
    /\nby route, with 64\.0 MiB of memory\nroute +requests +hit ratio/,
    /\nproduct +512 +\d\d\.\d % /,
    /\nall +2,/,
    /\nnot asked for: idle\n/,
    /\nsilent +\d+ no-freshness\n/,
    /\n\(no route\) +[\d,]+ no-route/,
    /\n +1\.0 MiB +\d\d\.\d % {2}█+░* .*\n *64\.0 MiB .* ← memory\.limit\n *no limit /,
    /at most \d+ KiB were held at once/,
    /silent: nothing is fresh there by a rule/,
    /german: told apart by header or cookie/,
    /[\d,]+ lines more than 5 s older than one before/,
  ])
    t.match(stdout, expected);
  const assumed = await run([
    'simulate',
    '--log',
    LOG,
    '-c',
    RULES,
    '--assume-ttl',
    '10m',
    '--json',
    '--memory',
    '1MiB,2MiB',
  ]);
  const json = JSON.parse(assumed.stdout);
  t.match(json, {
    memoryLimit: 64 * 2 ** 20,
    unreadable: 0,
    memories: [{ limit: 2 ** 20 }, { limit: 2 ** 21 }, { limit: 64 * 2 ** 20 }, { limit: null }],
  });
  t.ok(json.memories[0].routes.silent.hits > 10);
  t.match(json.assumptions, [/max-age of 10m where no rule has a ttl/]);
});

t.test('simulate without rules, of nothing, with a bad limit', async (t) => {
  t.match(await run(['simulate', '--log', LOG, '--ttl', '1m']), {
    code: 0,
    stdout: /by route, with 256 MiB/,
  });
  const prose = file('nothing but prose\n', 'prose.log');
  t.match(await run(['simulate', '--log', prose]), {
    code: 1,
    stderr: /1 line could not be read:[\s\S]*no request in it/,
  });
  t.match(await run(['simulate', '--log', LOG, '--memory', '64']), { code: 2, stderr: /--memory.*no unit/ });
  t.match(await run(['simulate', '--log', LOG, '--memory', '64KiB']), { code: 2, stderr: /at least 1MiB/ });
  t.match(await run(['simulate']), { code: 2, stderr: /--log/ });
  t.match(await run(['simulate', '--log', join(folder, 'none')]), { code: 1, stderr: /there is no file/ });
});
