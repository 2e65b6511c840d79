import t from 'tap';
import { OperatorError } from '../../src/errors.ts';
import { createLocalLog } from '../../src/purge/local-log.ts';
import { createPurgeIndex } from '../../src/purge/purge-index.ts';
import type { Purge } from '../../src/purge/selector.ts';
import { running } from './running.ts';

const token = 'purge-me';
const { ledger } = createLocalLog(createPurgeIndex());

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
  t.notOk(log.some((line) => line.msg === 'purge'));
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
    { by: 'deploy', path: '/purge' },
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
    by: 'deploy',
    count: 2,
    purges: ['url /a?token=[redacted] (soft)', 'tag x (soft)'],
    receipt: { kind: 'appended', position: 1 },
  });
});
