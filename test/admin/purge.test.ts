import t from 'tap';
import { systemClock } from '../../src/clock.ts';
import { OperatorError } from '../../src/errors.ts';
import { createLocalLog } from '../../src/purge/local-log.ts';
import { createPurgeIndex } from '../../src/purge/purge-index.ts';
import type { Purge } from '../../src/purge/selector.ts';
import { running } from './running.ts';

const token = 'purge-me';
const { ledger } = createLocalLog(createPurgeIndex(), { name: () => 'local', clock: systemClock });

t.test('selectors, decoded and normalised', async (t) => {
  const { call, appended } = await running(t);
  const rows: readonly { id: string; given: unknown; expect: readonly Purge[] }[] = [
    {
      id: 'path',
      given: { url: '/products/1' },
      expect: [{ selector: { kind: 'url', url: '/products/1' }, soft: false }],
    },
    {
      id: 'path, normalised like a request',
      given: { url: '/products/%7ejoe%2fx?b=1&a=2' },
      expect: [{ selector: { kind: 'url', url: '/products/~joe%2Fx?b=1&a=2' }, soft: false }],
    },
    {
      id: 'absolute',
      given: { url: 'HTTP://Shop.Example:8080' },
      expect: [{ selector: { kind: 'url', url: 'http://shop.example:8080/' }, soft: false }],
    },
    {
      id: 'several, soft',
      given: { urls: ['/a', 'https://h/b'], soft: true },
      expect: [
        { selector: { kind: 'url', url: '/a' }, soft: true },
        { selector: { kind: 'url', url: 'https://h/b' }, soft: true },
      ],
    },
    {
      id: 'tag',
      given: { tag: 'product:1' },
      expect: [{ selector: { kind: 'tag', tag: 'product:1' }, soft: false }],
    },
    {
      id: 'different selectors at once',
      given: { tags: ['a', 'b'], route: 'list', soft: false },
      expect: [
        { selector: { kind: 'tag', tag: 'a' }, soft: false },
        { selector: { kind: 'tag', tag: 'b' }, soft: false },
        { selector: { kind: 'route', route: 'list' }, soft: false },
      ],
    },
    {
      id: 'prefix',
      given: { prefix: '/products' },
      expect: [{ selector: { kind: 'prefix', prefix: '/products' }, soft: false }],
    },
    {
      id: 'prefix into the query',
      given: { prefix: '/products?' },
      expect: [{ selector: { kind: 'prefix', prefix: '/products?' }, soft: false }],
    },
    {
      id: 'prefix of a whole host ends its name',
      given: { prefix: 'http://shop.example' },
      expect: [{ selector: { kind: 'prefix', prefix: 'http://shop.example/' }, soft: false }],
    },
    {
      id: 'glob',
      given: { glob: '/products/*/x' },
      expect: [{ selector: { kind: 'glob', glob: '/products/*/x' }, soft: false }],
    },
    {
      id: 'a cache group',
      given: { group: 'best sellers', origin: 'HTTP://Shop.example:80/' },
      expect: [
        { selector: { kind: 'tag', tag: 'cache-group http://shop.example best sellers' }, soft: false },
      ],
    },
    {
      id: 'a URL with the default port',
      given: { url: 'https://shop.example:443/products/1' },
      expect: [{ selector: { kind: 'url', url: 'https://shop.example/products/1' }, soft: false }],
    },
    { id: 'everything', given: { all: true }, expect: [{ selector: { kind: 'all' }, soft: false }] },
  ];
  let position = 0;
  for (const { id, given, expect } of rows) {
    appended.length = 0;
    const { status, json } = await call('POST', '/purge', { token, body: given });
    position++;
    t.equal(status, 200, id);
    t.match(json, { status: 'applied', position, matched: 3 * expect.length }, id);
    t.same(appended, expect, id);
    t.match(json.purges, { length: expect.length }, id);
  }
  const { json } = await call('POST', '/purge', { token, body: { tags: ['x'], all: true, soft: true } });
  t.same(json.purges, [
    { tag: 'x', soft: true, matched: 3 },
    { all: true, soft: true, matched: 3 },
  ]);
});

t.test('mistakes are named, and nothing is purged', async (t) => {
  const { call, appended } = await running(t);
  const rows: readonly { id: string; given: unknown; expect: [number, RegExp] }[] = [
    { id: 'empty body', given: '', expect: [400, /empty/] },
    { id: 'no JSON', given: '{"url": "/a"', expect: [400, /not JSON/] },
    { id: 'not UTF-8', given: Buffer.from([0x22, 0xff, 0x22]), expect: [400, /UTF-8/] },
    { id: 'not an object', given: '["/a"]', expect: [400, /JSON object/] },
    { id: 'null', given: 'null', expect: [400, /JSON object/] },
    { id: 'nothing named', given: {}, expect: [400, /Nothing is named/] },
    { id: 'all: false is not everything', given: { all: false }, expect: [400, /Nothing is named/] },
    { id: 'all as text', given: { all: 'true' }, expect: [400, /"all" must be true or false/] },
    { id: 'misspelt', given: { prefx: '/a' }, expect: [400, /"prefx" – did you mean `prefix`/] },
    {
      id: 'two unknown',
      given: { url: '/a', hard: true, sofd: true },
      expect: [400, /"hard".*"sofd" – did you mean `soft`/],
    },
    { id: 'prototype member', given: '{"__proto__": 1, "url": "/a"}', expect: [400, /"__proto__"/] },
    { id: 'relative', given: { url: 'products/1' }, expect: [400, /must begin with \//] },
    { id: 'other scheme', given: { url: 'ftp://h/x' }, expect: [400, /must begin with \//] },
    { id: 'no host', given: { url: 'http:///x' }, expect: [400, /no valid host/] },
    { id: 'user information', given: { url: 'http://u:p@h/x' }, expect: [400, /no valid host/] },
    { id: 'dot segments', given: { url: '/a/../b' }, expect: [400, /not a target/] },
    { id: 'fragment', given: { url: '/a#b' }, expect: [400, /not a target/] },
    { id: 'one of several', given: { urls: ['/a', 'b'] }, expect: [400, /"urls\[1\]"/] },
    { id: 'empty list', given: { tags: [] }, expect: [400, /"tags" must be a list/] },
    { id: 'a number as tag', given: { tag: 1 }, expect: [400, /"tag" must be a string/] },
    { id: 'empty tag', given: { tag: '' }, expect: [400, /"tag" is empty/] },
    { id: 'control character', given: { tag: 'a\nb' }, expect: [400, /control characters/] },
    { id: 'unknown route', given: { route: 'prodct' }, expect: [400, /did you mean `product`/] },
    { id: 'no route alike', given: { route: 'zzz' }, expect: [400, /known here: product, list/] },
    { id: 'group without origin', given: { group: 'a' }, expect: [400, /belongs to one origin/] },
    { id: 'origin without group', given: { origin: 'http://a' }, expect: [400, /belongs to a "group"/] },
    {
      id: 'origin with a path',
      given: { group: 'a', origin: 'http://a/b' },
      expect: [400, /a scheme and a host/],
    },
    { id: 'origin without scheme', given: { group: 'a', origin: '/' }, expect: [400, /a scheme and a host/] },
    { id: 'prefix of everything', given: { prefix: '/' }, expect: [400, /matches everything/] },
    { id: 'glob of everything', given: { glob: '/**' }, expect: [400, /matches everything/] },
    { id: 'prefix up a level', given: { prefix: '/a/..' }, expect: [400, /not a target/] },
    { id: 'bad glob query', given: { glob: '/a?b#c' }, expect: [400, /not a target/] },
    { id: 'an empty list of purges', given: { purges: [] }, expect: [400, /"purges" must be a list/] },
    { id: 'no list of purges', given: { purges: { tag: 'a' } }, expect: [400, /"purges" must be a list/] },
    {
      id: 'nothing named in one of several',
      given: { purges: [{ tag: 'a' }, { soft: true }] },
      expect: [400, /In "purges\[1\]" nothing is named/],
    },
    {
      id: 'a mistake in one of several',
      given: { purges: [{ tag: 'a' }, { prefix: 'x' }] },
      expect: [400, /"purges\[1\]\.prefix" must begin/],
    },
    {
      id: 'a mistake in a list of one of several',
      given: { purges: [{ urls: ['/a', 'b'] }] },
      expect: [400, /"purges\[0\]\.urls\[1\]" must begin/],
    },
    {
      id: 'unknown in one of several',
      given: { purges: [{ tga: 'a' }] },
      expect: [400, /"purges\[0\]" has unknown members: "tga" – did you mean `tag`/],
    },
    {
      id: 'soft of one of several',
      given: { purges: [{ all: true, soft: 1 }] },
      expect: [400, /"purges\[0\]\.soft"/],
    },
    {
      id: 'selectors beside a list',
      given: { purges: [{ tag: 'a' }], tag: 'b' },
      expect: [400, /unknown members: "tag"/],
    },
    {
      id: 'too many purges',
      given: { purges: Array.from({ length: 1_001 }, (_, i) => ({ tag: `${i}` })) },
      expect: [400, /more than 1000/],
    },
    { id: 'waiting for ever', given: { tag: 'a', wait: '31s' }, expect: [400, /"wait".*at most 30s/] },
    { id: 'waiting backwards', given: { tag: 'a', wait: -1 }, expect: [400, /"wait"/] },
    { id: 'waiting for no unit', given: { tag: 'a', wait: '5' }, expect: [400, /"wait"/] },
    { id: 'waiting for a list', given: { tag: 'a', wait: [] }, expect: [400, /"wait"/] },
    { id: 'oversize', given: { tag: 'x'.repeat(70_000) }, expect: [413, /65536 bytes/] },
    { id: 'far oversize', given: { tag: 'x'.repeat(900_000) }, expect: [413, /65536 bytes/] },
  ];
  for (const { id, given, expect } of rows) {
    const { status, json, headers } = await call('POST', '/purge', { token, body: given });
    t.equal(status, expect[0], id);
    t.match(json.detail ?? '', expect[1], id);
    t.equal(headers['content-type'], 'application/problem+json', id);
  }
  t.equal(
    (await call('POST', '/purge', { token, body: '{}', headers: { 'content-encoding': 'gzip' } })).status,
    415,
  );
  t.same(appended, []);
});

t.test('a body just within the limit passes', async (t) => {
  const { call, appended } = await running(t);
  const urls = Array.from({ length: 2500 }, (_, i) => `/products/number-${i}`);
  const { status, json } = await call('POST', '/purge', { token, body: { urls } });
  t.equal(status, 200);
  t.equal(appended.length, 2500);
  t.equal(json.matched, null, 'so many are not counted first');
});

t.test('a dry run counts and purges nothing', async (t) => {
  const asked: Purge[] = [];
  const { call, appended, log } = await running(t, {
    matching(purge) {
      asked.push(purge);
      return asked.length;
    },
  });
  const body = { tag: 'a', prefix: '/p', 'dry-run': true };
  const { status, json } = await call('POST', '/purge', { token, body });
  t.equal(status, 200);
  t.same(json, {
    status: 'dry-run',
    purges: [
      { tag: 'a', soft: false, matched: 1 },
      { prefix: '/p', soft: false, matched: 2 },
    ],
    matched: 3,
  });
  t.same(appended, []);
  t.match(
    log.find((line) => line.msg === 'purge'),
    { audit: { target: 'tag a, prefix /p', result: 'dry-run', details: { count: 2, matched: 3 } } },
  );
  t.equal((await call('POST', '/purge', { token, body: { 'dry-run': true } })).status, 400);
});

t.test('the count is taken before the purge', async (t) => {
  const order: string[] = [];
  const { call } = await running(t, {
    matching: () => order.push('matching'),
    purges: {
      async append() {
        order.push('append');
        return { kind: 'appended', position: 77 };
      },
      ledger,
    },
  });
  t.match((await call('POST', '/purge', { token, body: { tag: 'a' } })).json, { position: 77, matched: 1 });
  t.same(order, ['matching', 'append']);
});

for (const { redis, why } of [
  { redis: 'down', why: /^Redis is down: the purge is applied/ },
  { redis: 'ready', why: /^Redis has not confirmed it: the purge is applied/ },
] as const) {
  t.test(`what Redis has not taken is pending, and never 200: it is ${redis}`, async (t) => {
    const { call } = await running(t, {
      purges: { append: async () => ({ kind: 'pending' }), ledger },
      readiness: () => ({
        ready: true,
        draining: false,
        cache: null,
        redis,
        purges: { trusted: false, beyondLease: true },
      }),
    });
    const { status, json } = await call('POST', '/purge', { token, body: { all: true } });
    t.equal(status, 202);
    t.match(json, { status: 'pending', purges: [{ all: true }], why });
    t.notOk('position' in json);
  });
}

t.test('a log that fails acknowledges nothing', async (t) => {
  const append = async () => {
    throw new OperatorError('no room: redis://:s3cret@h');
  };
  const { call, log } = await running(t, { purges: { append, ledger } });
  const { status, text } = await call('POST', '/purge', { token, body: { all: true } });
  t.equal(status, 500);
  t.notMatch(text, 's3cret');
  t.match(
    log.find((line) => line.msg === 'admin request failed'),
    { by: 'deploy', target: 'POST /purge', from: '127.0.0.1' },
  );
});

t.test('without a memory tier nothing is counted', async (t) => {
  const bare = await running(t, {}, undefined, ['matching']);
  t.equal(
    (await bare.call('POST', '/purge', { token, body: { tag: 'a', 'dry-run': true } })).json.matched,
    null,
  );
});

t.test('a purge is logged with the name of its token, secrets redacted', async (t) => {
  const { call, log } = await running(t);
  await call('POST', '/purge', { token, body: { url: '/a?token=s3cret', tag: 'x', soft: true } });
  const line = log.find((line) => line.msg === 'purge');
  t.match(line, {
    audit: {
      action: 'purge',
      by: 'deploy',
      target: 'url /a?token=[redacted] (soft), tag x (soft)',
      result: 'done',
      details: { count: 2, position: 1, order: String },
    },
  });
});

t.test('several purges are one append, and what is named twice is purged once', async (t) => {
  let appends = 0;
  const { call, appended } = await running(t, {
    purges: {
      async append(taken) {
        appends++;
        appended.push(...taken);
        return { kind: 'appended', position: 1 };
      },
      ledger,
    },
  });
  const purges = [{ tag: 'a' }, { prefix: '/x', soft: true }, { tags: ['a', 'b'] }];
  const { status } = await call('POST', '/purge', { token, body: { purges } });
  t.equal(status, 200);
  t.equal(appends, 1);
  t.match(appended, [
    { selector: { tag: 'a' }, soft: false, orders: [{ by: 'deploy' }] },
    { selector: { prefix: '/x' }, soft: true },
    { selector: { tag: 'b' } },
  ]);
  t.equal(appended.length, 3);
});

t.test('a purge by URL names every form that a route may have stored', async (t) => {
  const storedTargets = () => ['/a', '/a?b=1'];
  const { call, appended } = await running(t, { storedTargets });
  await call('POST', '/purge', { token, body: { url: 'http://h/a?b=1&c' } });
  t.same(
    appended.map(({ selector }) => selector),
    [
      { kind: 'url', url: 'http://h/a' },
      { kind: 'url', url: 'http://h/a?b=1' },
    ],
  );
});

t.test('how long is waited', async (t) => {
  const waited: number[] = [];
  const replicas = { all: true, applied: ['a'], waiting: [], silent: [] };
  const asking: boolean[] = [];
  const { call } = await running(t, {
    purges: {
      async append(_taken, { ack }) {
        asking.push(ack);
        return { kind: 'appended', position: 1 };
      },
      ledger: {
        ...ledger,
        async applied(_order, within) {
          waited.push(within);
          return replicas;
        },
      },
    },
  });
  for (const wait of [true, '2s', '1.5s', '500ms', 250, false]) {
    const { json } = await call('POST', '/purge', { token, body: { tag: 'a', wait } });
    t.same(json.replicas, wait === false ? undefined : replicas, String(wait));
  }
  t.same(waited, [5_000, 2_000, 1_500, 500, 250]);
  t.same(asking, [true, true, true, true, true, false], 'who waits has everybody say so at once');
});

t.test('an idempotency key', async (t) => {
  let finish = () => {};
  const held = new Promise<void>((resolve) => {
    finish = resolve;
  });
  const log = createLocalLog(createPurgeIndex(), { name: () => 'local', clock: systemClock });
  let appends = 0;
  const { call } = await running(t, {
    purges: {
      async append(taken) {
        appends++;
        await held;
        return log.append(taken);
      },
      ledger: log.ledger,
    },
  });
  const ask = (key: string | string[], body: unknown, by: string = token) =>
    call('POST', '/purge', { token: by, body, headers: { 'idempotency-key': key } });
  const first = ask('k', { tag: 'a' });
  while (appends === 0) await new Promise((next) => setImmediate(next));
  t.equal((await ask('k', { tag: 'a' })).status, 409, 'under way');
  finish();
  const { json } = await first;
  t.match((await ask('k', { tag: 'a' })).json, { order: json.order, position: 1, repeated: true });
  t.equal((await ask('k', { tag: 'b' })).status, 422);
  t.match((await ask('k', { tag: 'b', 'dry-run': true })).json, { status: 'dry-run' }, 'changes nothing');
  t.equal((await ask('k2', { tag: 'b' })).json.repeated, undefined);
  t.equal(appends, 2);
  for (const bad of ['', 'a b', 'x'.repeat(256), ['a', 'b']]) {
    t.equal((await ask(bad, { tag: 'a' })).status, 400, String(bad).slice(0, 9));
  }
  t.equal(appends, 2);
});

t.test('the history, newest first', async (t) => {
  const { call } = await running(t);
  for (const name of ['a', 'b', 'c'])
    await call('POST', '/purge', { token, body: { tag: name, soft: true } });
  const { status, json } = await call('GET', '/purges', { token });
  t.equal(status, 200);
  const entry = (tag: string, position: number) => ({
    order: String,
    by: 'deploy',
    at: Number,
    status: 'applied',
    position,
    purges: [{ tag, soft: true }],
    replicas: ['local'],
  });
  t.match(json, { purges: [entry('c', 3), entry('b', 2), entry('a', 1)], current: true });
  t.match((await call('GET', '/purges?limit=1', { token })).json.purges, { length: 1 });
  for (const limit of ['0', '501', 'x', '-1', '']) {
    t.equal((await call('GET', `/purges?limit=${limit}`, { token })).status, 400, limit);
  }
  t.equal((await call('GET', '/purges')).status, 401);
});

t.test('when it was ordered is told by the clock that is given', async (t) => {
  let monotonic = 0;
  const clock = { now: () => 1_234, monotonic: () => (monotonic += 500) };
  const { call } = await running(t, { clock });
  await call('POST', '/purge', { token, body: { tag: 'a' } });
  t.match((await call('GET', '/purges', { token })).json, { purges: [{ at: 1_234 }] });
  t.match((await call('POST', '/warm', { token, body: { paths: ['/a'] } })).json, { duration: 500 });
});
