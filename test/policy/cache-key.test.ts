import t from 'tap';
import {
  cacheKey,
  effectiveUrl,
  parseCookies,
  selectQuery,
  splitCacheKey,
} from '../../src/policy/cache-key.ts';
import type { KeyRule } from '../../src/policy/route-rule.ts';
import { digest, get, KEY, lines, request } from './given.ts';

const QUERIES: readonly { id: string; rule: Partial<KeyRule>; given: string; expect: string }[] = [
  { id: 'none given', rule: {}, given: '', expect: '' },
  { id: 'all, as it came', rule: {}, given: 'b=2&&a=1&b=1', expect: 'b=2&&a=1&b=1' },
  { id: 'none counts', rule: { include: 'none' }, given: 'a=1', expect: '' },
  { id: 'include', rule: { include: new Set(['id']) }, given: 'x=1&id=2&ID=3', expect: 'id=2' },
  { id: 'include, spelt otherwise', rule: { include: new Set(['id']) }, given: 'i%64=2', expect: 'i%64=2' },
  {
    id: 'include, a + in the name',
    rule: { include: new Set(['a b']) },
    given: 'a+b=1&a%20b=2',
    expect: 'a+b=1&a%20b=2',
  },
  {
    id: 'include, without a value',
    rule: { include: new Set(['id']) },
    given: 'id&id=&idx',
    expect: 'id&id=',
  },
  {
    id: 'include, a semicolon separates nothing',
    rule: { include: new Set(['a']) },
    given: 'a=1;b=2',
    expect: 'a=1;b=2',
  },
  {
    id: 'exclude',
    rule: { exclude: ['utm_*', 'x'] },
    given: 'utm_source=1&x=2&y=3&utm=4',
    expect: 'y=3&utm=4',
  },
  { id: 'exclude, spelt otherwise', rule: { exclude: ['utm_*'] }, given: '%75tm_a=1&y=3', expect: 'y=3' },
  {
    id: 'exclude, a broken triplet',
    rule: { exclude: ['x'] },
    given: '%zz=1&x=2&%ff=3',
    expect: '%zz=1&%ff=3',
  },
  {
    id: 'sort, order among equals kept',
    rule: { sort: true },
    given: 'b=2&a=9&b=1&a=1',
    expect: 'a=9&a=1&b=2&b=1',
  },
  { id: 'sort, empty ones dropped', rule: { sort: true }, given: '&b=1&&a=1&', expect: 'a=1&b=1' },
  { id: 'an inherited name', rule: { include: new Set(['a']) }, given: '__proto__=1&a=1', expect: 'a=1' },
];

for (const row of QUERIES) {
  t.test(`query: ${row.id}`, (t) => {
    t.equal(selectQuery(row.given, { ...KEY, ...row.rule }), row.expect);
    t.end();
  });
}

t.test('the effective URL', (t) => {
  t.equal(effectiveUrl(request({ query: 'a=1' }), KEY), 'http://shop.test/products/1?a=1');
  t.equal(
    effectiveUrl(request({ query: 'a=1' }), { ...KEY, include: 'none' }),
    'http://shop.test/products/1',
  );
  t.end();
});

const key = (fields: string[], rule: Partial<KeyRule>) =>
  cacheKey('u', get(...fields), { ...KEY, ...rule }, digest);

t.test('the key', (t) => {
  t.equal(key(['X: 1'], {}), 'u', 'the URL alone where no more counts');
  t.equal(key(['X-A: 1', 'x-a: 2'], { headers: ['x-a'] }), 'u x-a=4:1, 2');
  t.equal(key([], { headers: ['x-a'] }), 'u x-a-');
  t.equal(key(['X-A:'], { headers: ['x-a'] }), 'u x-a=0:', 'empty is not absent');
  t.equal(key(['Cookie: s=1'], { cookies: ['s', 't'] }), 'u cookie.s=3:#31 cookie.t-');
  const head = cacheKey('u', request({ method: 'HEAD' }), KEY, digest);
  t.equal(head, cacheKey('u', request(), KEY, digest), 'HEAD has the key of GET');
  t.end();
});

t.test('secrets are digested', (t) => {
  const secrets = [
    ...[
      'authorization',
      'x-api-key',
      'x-auth',
      'x-access-token',
      'x-session-id',
      'x-client-secret',
      'cookie',
    ],
    ...['x-password', 'x-credential', 'x-jwt-assertion', 'x-csrf', 'x-xsrf', 'x-signature'],
  ];
  for (const name of secrets) {
    t.notMatch(key([`${name}: hunter2`], { headers: [name] }), 'hunter2', name);
  }
  t.notMatch(key(['Cookie: sid=hunter2'], { cookies: ['sid'] }), 'hunter2');
  t.match(key(['Accept-Language: de'], { headers: ['accept-language'] }), 'de');
  t.end();
});

t.test('no value forges another key', (t) => {
  const rule = { headers: ['x-a', 'x-b'], cookies: ['s'] };
  const forgeries: string[][] = [
    ['X-A: 1', 'X-B: 2'],
    ['X-A: 1 x-b=1:2'],
    ['X-A: 1 x-b=1:2 cookie.s-'],
    ['X-A: 1'],
    ['X-B: 1'],
    ['X-A:', 'X-B: 1'],
    ['X-A: -', 'X-B: 1'],
    ['X-A: 1, 2'],
    ['X-A: 1,2'],
    ['X-A: 1', 'Cookie: s=1'],
    ['X-A: 1', 'Cookie: s='],
    ['X-A: 1', 'Cookie: s=1; s=2'],
    ['X-A: 1', 'Cookie: s=2; s=1'],
    ['X-A: 1', 'Cookie: s="1"'],
    ['X-A: 1', 'Cookie: s=1, s=2'],
  ];
  t.equal(new Set(forgeries.map((fields) => key(fields, rule))).size, forgeries.length);
  t.end();
});

const COOKIES: readonly { id: string; rfc?: string; given: string[]; expect: [string, string[]][] }[] = [
  { id: 'none', given: [], expect: [] },
  { id: 'empty', given: [' ; ;'], expect: [] },
  {
    id: 'pairs',
    rfc: '6265 §4.2.1',
    given: ['a=1; b=2'],
    expect: [
      ['a', ['1']],
      ['b', ['2']],
    ],
  },
  {
    id: 'spaces',
    given: [' a = 1 2 ;b=\t3'],
    expect: [
      ['a', ['1 2']],
      ['b', ['3']],
    ],
  },
  {
    id: 'several lines',
    given: ['a=1', 'b=2'],
    expect: [
      ['a', ['1']],
      ['b', ['2']],
    ],
  },
  {
    id: 'a repeated name keeps every value',
    given: ['a=1; b=2; a=3'],
    expect: [
      ['a', ['1', '3']],
      ['b', ['2']],
    ],
  },
  { id: 'a comma separates nothing', given: ['a=1, b=2'], expect: [['a', ['1, b=2']]] },
  { id: '= in a value', given: ['a=b=c'], expect: [['a', ['b=c']]] },
  { id: 'without a name', given: ['a; =b'], expect: [['', ['a', 'b']]] },
  { id: 'without a value', given: ['a='], expect: [['a', ['']]] },
  { id: 'an inherited name', given: ['__proto__=1'], expect: [['__proto__', ['1']]] },
  { id: 'a no-break space is part of the value', given: ['a=1\u00a0'], expect: [['a', ['1\u00a0']]] },
];

for (const row of COOKIES) {
  t.test(`cookies: ${row.id}`, (t) => {
    t.strictSame([...parseCookies(lines(...row.given.map((value) => `Cookie: ${value}`)))], row.expect);
    t.end();
  });
}

const SPLITS = [
  { id: 'no query', given: 'http://a/p', expect: { base: 'http://a/p', query: '' } },
  { id: 'a query', given: 'http://a/p?b=1?c', expect: { base: 'http://a/p', query: 'b=1?c' } },
  { id: 'components', given: 'http://a/p?b x=3:?y z-', expect: { base: 'http://a/p x=3:?y z-', query: 'b' } },
  {
    id: 'a question mark in one',
    given: 'http://a/p x=2:?y',
    expect: { base: 'http://a/p x=2:?y', query: '' },
  },
];

t.test('a cache key without its query', async (t) => {
  for (const { id, given, expect } of SPLITS) t.strictSame(splitCacheKey(given), expect, id);
});
