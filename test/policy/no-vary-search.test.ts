import { equal } from 'node:assert/strict';
import fc from 'fast-check';
import t from 'tap';
import {
  canonicalQuery,
  isSignificant,
  parseNoVarySearch,
  readSearchRule,
  ruleOfSearch,
  type SearchRule,
  searchOf,
  storedSearch,
} from '../../src/policy/no-vary-search.ts';
import type { RouteRule } from '../../src/policy/route-rule.ts';
import { lines, rule as routeRule } from './given.ts';

function ruleFor(field: string): SearchRule {
  const found = parseNoVarySearch(lines(`No-Vary-Search: ${field}`));
  if (found === undefined) throw new Error(`${field} is no rule`);
  return found;
}

type Expected = { order: boolean; listed: SearchRule['listed']; names: string[] } | 'default';
const ignored = (names: string[], order = false): Expected => ({ order, listed: 'ignored', names });
const significant = (names: string[], order = false): Expected => ({ order, listed: 'significant', names });

const parsed: { id: string; rfc: string; given: string | string[]; expect: Expected }[] = [
  { id: 'list', rfc: 'NVS §5.2.1', given: 'params=("a")', expect: ignored(['a']) },
  { id: 'lists', rfc: 'NVS §1', given: 'params=("utm_a" "utm_b")', expect: ignored(['utm_a', 'utm_b']) },
  { id: 'all', rfc: 'NVS §5.2.1', given: 'params', expect: significant([]) },
  { id: 'all-but', rfc: 'NVS §5.2.1', given: 'params, except=("x")', expect: significant(['x']) },
  { id: 'all-but-alone', rfc: 'NVS §5.1', given: 'except=("x")', expect: significant(['x']) },
  { id: 'all-but-none', rfc: 'NVS §5.1', given: 'except=()', expect: significant([]) },
  { id: 'all-but-none-of-all', rfc: 'NVS §5.2.1', given: 'params, except=()', expect: significant([]) },
  { id: 'order', rfc: 'NVS §1', given: 'key-order', expect: ignored([], true) },
  { id: 'spelt-out', rfc: 'NVS §5.2.1', given: 'params=?1', expect: significant([]) },
  { id: 'order-spelt-out', rfc: 'NVS §5.2.1', given: 'key-order=?1', expect: ignored([], true) },
  {
    id: 'in-any-order',
    rfc: 'NVS §5.2.1',
    given: 'except=("x"), params, key-order',
    expect: significant(['x'], true),
  },
  {
    id: 'two-lines',
    rfc: 'RFC 9651 §4.2',
    given: ['key-order', 'params=("a")'],
    expect: ignored(['a'], true),
  },
  { id: 'last-counts', rfc: 'RFC 9651 §3.2', given: 'params, params=("a")', expect: ignored(['a']) },
  {
    id: 'parameters',
    rfc: 'RFC 9651 §3.1.2',
    given: 'params=("a";x "b";y=1);z',
    expect: ignored(['a', 'b']),
  },
  { id: 'unknown-too', rfc: 'NVS §3', given: 'later=(1 2), params=("a")', expect: ignored(['a']) },
  { id: 'empty-name', rfc: 'NVS §5.3', given: 'params=("")', expect: ignored(['']) },
  { id: 'twice', rfc: 'NVS §5.3', given: 'params=("a" "%61")', expect: ignored(['a']) },
  { id: 'encoded', rfc: 'NVS §5.3.1', given: 'params=("%C3%A9+%E6%B0%97")', expect: ignored(['é 気']) },
  { id: 'encoded-plus', rfc: 'NVS §5.3', given: 'params=("a%2Bb")', expect: ignored(['a+b']) },
  {
    id: 'separators',
    rfc: 'NVS §5.3',
    given: 'params=("a&b" "c=d" "?e")',
    expect: ignored(['?e', 'a&b', 'c=d']),
  },
  { id: 'no-utf8', rfc: 'NVS §5.3', given: 'params=("%f6")', expect: ignored(['\ufffd']) },
  { id: 'no-triplet', rfc: 'NVS §5.3', given: 'params=("%zz")', expect: ignored(['%zz']) },

  { id: 'absent', rfc: 'NVS §5.1', given: [], expect: 'default' },
  { id: 'empty', rfc: 'NVS §5.1', given: '', expect: 'default' },
  { id: 'unknown', rfc: 'NVS §5.2.1', given: 'unknown-key', expect: 'default' },
  { id: 'order-no-boolean', rfc: 'NVS §5.2.1', given: 'key-order="not a boolean"', expect: 'default' },
  { id: 'order-a-list', rfc: 'NVS §5.1', given: 'key-order=("a")', expect: 'default' },
  {
    id: 'params-a-string',
    rfc: 'NVS §5.2.1',
    given: 'params="not a boolean or inner list"',
    expect: 'default',
  },
  { id: 'params-of-tokens', rfc: 'NVS §5.2.1', given: 'params=(not-a-string)', expect: 'default' },
  { id: 'params-mixed', rfc: 'NVS §5.1', given: 'params=("a" 1)', expect: 'default' },
  { id: 'both-lists', rfc: 'NVS §5.2.1', given: 'params=("a"), except=("x")', expect: 'default' },
  { id: 'both-empty', rfc: 'NVS §5.2.1', given: 'params=(), except=()', expect: 'default' },
  { id: 'except-of-none', rfc: 'NVS §5.2.1', given: 'params=?0, except=("x")', expect: 'default' },
  { id: 'except-of-tokens', rfc: 'NVS §5.2.1', given: 'params, except=(not-a-string)', expect: 'default' },
  {
    id: 'except-a-string',
    rfc: 'NVS §5.2.1',
    given: 'params, except="not an inner list"',
    expect: 'default',
  },
  { id: 'except-a-boolean', rfc: 'NVS §5.2.1', given: 'params, except=?1', expect: 'default' },
  { id: 'except-false', rfc: 'NVS §5.1', given: 'params, except=?0', expect: 'default' },
  { id: 'bad-and-good', rfc: 'NVS §5.1', given: 'key-order, params=1', expect: 'default' },
  { id: 'no-dictionary', rfc: 'RFC 9651 §4.2', given: '"params"', expect: 'default' },
  { id: 'unclosed', rfc: 'RFC 9651 §4.2', given: 'params=("a"', expect: 'default' },
  { id: 'one-bad-line', rfc: 'RFC 9651 §4.2', given: ['params', '!'], expect: 'default' },
  { id: 'says-nothing-1', rfc: 'NVS §5.2.1', given: 'params=?0', expect: 'default' },
  { id: 'says-nothing-2', rfc: 'NVS §5.2.1', given: 'params=()', expect: 'default' },
  { id: 'says-nothing-3', rfc: 'NVS §5.2.1', given: 'key-order=?0', expect: 'default' },
];

t.test('reading the field', async (t) => {
  for (const { id, rfc, given, expect } of parsed) {
    const values = typeof given === 'string' ? [given] : given;
    const found = parseNoVarySearch(lines(...values.map((value) => `No-Vary-Search: ${value}`)));
    const { ignoresOrder: order = false, listed = 'ignored', names = [] } = found ?? {};
    const seen = found === undefined ? 'default' : { order, listed, names: [...names].sort() };
    t.strictSame(seen, expect, `${id} (${rfc})`);
  }
});

/** Any that is not the default: the queries of the draft's examples are equal under each. */
const ORDER = 'key-order';
const compared: { id: string; rfc: string; given: [field: string, a: string, b: string]; expect: boolean }[] =
  [
    { id: 'percent', rfc: 'NVS §6.1', given: [ORDER, 'a=x', '%61=%78'], expect: true },
    { id: 'invalid-utf8', rfc: 'NVS §6.1', given: [ORDER, 'a=%f6', 'a=%ef%bf%bd'], expect: true },
    { id: 'empty-parameters', rfc: 'NVS §6.1', given: [ORDER, 'a=x&&&&', 'a=x'], expect: true },
    { id: 'no-equals', rfc: 'NVS §6.1', given: [ORDER, 'a=', 'a'], expect: true },
    { id: 'spaces', rfc: 'NVS §6.1', given: [ORDER, 'a=%20', 'a=+'], expect: true },
    { id: 'plus', rfc: 'NVS §6.1', given: [ORDER, 'a=%2B', 'a=+'], expect: false },
    { id: 'question-mark', rfc: 'NVS §6', given: [ORDER, '?a=1', 'a=1'], expect: false },
    { id: 'second-equals', rfc: 'NVS §6', given: [ORDER, 'a=b=c', 'a=b%3Dc'], expect: true },
    { id: 'hidden-separator', rfc: 'NVS §6', given: [ORDER, 'a=1%26b=2', 'a=1&b=2'], expect: false },
    { id: 'hidden-equals', rfc: 'NVS §6', given: [ORDER, 'a%3D=1', 'a==1'], expect: false },
    { id: 'empty-parameter', rfc: 'NVS §6', given: [ORDER, '=', ''], expect: false },
    { id: 'byte-order-mark', rfc: 'NVS §6', given: [ORDER, 'a=%EF%BB%BFx', 'a=x'], expect: false },
    { id: 'case', rfc: 'NVS §6', given: [ORDER, 'A=1', 'a=1'], expect: false },
    { id: 'order', rfc: 'NVS §6', given: [ORDER, 'a=1&b=2', 'b=2&a=1'], expect: true },
    { id: 'order-of-values', rfc: 'NVS §6', given: [ORDER, 'a=1&a=2', 'a=2&a=1'], expect: false },
    { id: 'order-kept-by-name', rfc: 'NVS §6', given: [ORDER, 'a=2&b=0&a=1', 'b=0&a=2&a=1'], expect: true },
    { id: 'repeated', rfc: 'NVS §6', given: [ORDER, 'a=1&a=1', 'a=1'], expect: false },
    { id: 'order-matters', rfc: 'NVS §6', given: ['params=("x")', 'a=1&b=2', 'b=2&a=1'], expect: false },
    { id: 'ignored', rfc: 'NVS §6', given: ['params=("utm")', 'a=1&utm=1', 'utm=2&utm=3&a=1'], expect: true },
    { id: 'not-ignored', rfc: 'NVS §6', given: ['params=("utm")', 'a=1', 'a=2'], expect: false },
    { id: 'ignored-absent', rfc: 'NVS §6', given: ['params=("utm")', '', 'utm'], expect: true },
    {
      id: 'ignored-encoded',
      rfc: 'NVS §5.3.1',
      given: ['params=("%C3%A9+x")', '%C3%A9%20x=1', '%c3%a9+x=2'],
      expect: true,
    },
    { id: 'longer-name', rfc: 'NVS §6', given: ['params=("utm")', 'utm_a=1', 'utm_a=2'], expect: false },
    { id: 'all', rfc: 'NVS §6', given: ['params', 'a=1&b', 'c'], expect: true },
    { id: 'all-but', rfc: 'NVS §6', given: ['params, except=("id")', 'id=1&a=1', 'b=1&id=1'], expect: true },
    { id: 'all-but-differs', rfc: 'NVS §6', given: ['except=("id")', 'id=1&a=1', 'id=2&a=1'], expect: false },
    { id: 'all-but-absent', rfc: 'NVS §6', given: ['except=("id")', 'id=', ''], expect: false },
    { id: 'all-but-order', rfc: 'NVS §6', given: ['except=("a" "b")', 'a=1&b=2', 'b=2&a=1'], expect: false },
    {
      id: 'all-but-any-order',
      rfc: 'NVS §6',
      given: ['key-order, except=("a" "b")', 'a=1&x&b=2', 'b=2&a=1'],
      expect: true,
    },
  ];

t.test('comparing queries', async (t) => {
  for (const { id, rfc, given, expect } of compared) {
    const [field, a, b] = given;
    const found = canonicalQuery(a, ruleFor(field)) === canonicalQuery(b, ruleFor(field));
    t.equal(found, expect, `${id} (${rfc})`);
  }
});

/** Few letters in many spellings, so that equal pairs are common. */
const piece = fc.constantFrom(
  ...['a', '%61', 'b', 'B', '+', '%20', '%2B', '%26', '%3D', '%', '%f6', '%C3%A9', ''],
);
const word = fc.array(piece, { maxLength: 2 }).map((pieces) => pieces.join(''));
const parameter = fc
  .tuple(word, fc.constantFrom('', '=', '=='), word)
  .map(([name, equals, value]) => (equals === '' ? name : name + equals + value));
const query = fc.array(parameter, { maxLength: 4 }).map((parameters) => parameters.join('&'));
const names = fc.uniqueArray(fc.constantFrom('a', 'b', ' ', '+', '&', '=', 'é', '%', ''), { maxLength: 3 });
const searchRule = fc
  .tuple(fc.boolean(), fc.constantFrom('params', 'except'), names)
  .map(([order, member, listed]) => {
    const strings = listed.map((name) => `"${encodeURIComponent(name)}"`).join(' ');
    return `${order ? 'key-order, ' : ''}${member}=(${strings})`;
  })
  .filter((field) => field !== 'params=()')
  .map(ruleFor);

/** Draft §6 step by step, on bytes, with nothing of the URL standard's but what stands here. */
function isEquivalent(a: string, b: string, rule: SearchRule): boolean {
  const [x, y] = [a, b].map((text) => {
    const pairs = text
      .split('&')
      .filter((sequence) => sequence !== '')
      .map((sequence) => {
        const [name = '', ...rest] = sequence.split('=');
        return [decode(name), decode(rest.join('='))] as const;
      })
      .filter(([name]) => (rule.listed === 'ignored' ? !rule.names.has(name) : rule.names.has(name)));
    return rule.ignoresOrder ? sortedByName(pairs) : pairs;
  });
  return JSON.stringify(x) === JSON.stringify(y);
}

function decode(text: string): string {
  const bytes: number[] = [];
  for (let i = 0; i < text.length; i++) {
    const triplet = /^%([0-9a-f]{2})/i.exec(text.slice(i, i + 3));
    if (triplet) i += 2;
    bytes.push(triplet ? Number.parseInt(triplet[1] ?? '', 16) : text[i] === '+' ? 0x20 : text.charCodeAt(i));
  }
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(Uint8Array.from(bytes));
}

function sortedByName<T extends readonly [string, string]>(pairs: readonly T[]): T[] {
  const sorted: T[] = [];
  for (const pair of pairs) {
    const later = sorted.findIndex(([name]) => name > pair[0]);
    sorted.splice(later < 0 ? sorted.length : later, 0, pair);
  }
  return sorted;
}

t.test('canonical queries are equal iff the queries are equivalent', async () => {
  let equivalent = 0;
  fc.assert(
    fc.property(searchRule, query, query, (rule, a, b) => {
      const expected = isEquivalent(a, b, rule);
      if (expected && a !== b) equivalent++;
      equal(canonicalQuery(a, rule) === canonicalQuery(b, rule), expected);
    }),
    { numRuns: 5_000 },
  );
  equal(equivalent > 500, true, 'both outcomes were seen');
});

t.test('equivalence is one: reflexive, symmetric, transitive', async () => {
  fc.assert(
    fc.property(searchRule, query, query, query, (rule, a, b, c) => {
      equal(isEquivalent(a, a, rule), true);
      equal(isEquivalent(a, b, rule), isEquivalent(b, a, rule));
      const [same, ab, bc] = [canonicalQuery(a, rule), isEquivalent(a, b, rule), isEquivalent(b, c, rule)];
      if (ab && bc) equal(canonicalQuery(c, rule), same);
      // What is canonical is equivalent to what it stands for, and canonical itself.
      equal(isEquivalent(a, same, rule), true);
      equal(canonicalQuery(same, rule), same);
    }),
    { numRuns: 2_000 },
  );
});

t.test('a rule is told by its text, and nothing else is', async (t) => {
  fc.assert(
    fc.property(searchRule, searchRule, query, query, (rule, other, a, b) => {
      const read = readSearchRule(rule.text);
      equal(JSON.stringify(read && [...read.names].sort()), JSON.stringify([...rule.names].sort()));
      equal(read?.ignoresOrder, rule.ignoresOrder);
      equal(read?.listed, rule.listed);
      equal(ruleOfSearch(searchOf(a, rule))?.text, rule.text);
      const isSame =
        rule.ignoresOrder === other.ignoresOrder &&
        rule.listed === other.listed &&
        rule.names.size === other.names.size &&
        [...rule.names].every((name) => other.names.has(name));
      equal(rule.text === other.text, isSame);
      equal(searchOf(a, rule) === searchOf(b, other), isSame && isEquivalent(a, b, rule));
    }),
  );
  for (const text of ['', '~', 'a;', '-a', '-', '*a;']) t.equal(readSearchRule(text), undefined, text);
});

t.test('which parameters matter', async (t) => {
  t.equal(isSignificant(ruleFor('params=("a")'), 'a'), false);
  t.equal(isSignificant(ruleFor('params=("a")'), 'b'), true);
  t.equal(isSignificant(ruleFor('except=("a")'), 'a'), true);
  t.equal(isSignificant(ruleFor('except=("a")'), 'b'), false);
  t.equal(isSignificant(ruleFor('key-order'), 'a'), true);
});

const KEY = 'http://shop.test/p?b=1&a=2&utm=3 accept=3:?x=';
const tagged = (name: string): Partial<RouteRule> => ({
  tags: [
    [
      { kind: 'text', text: 'p-' },
      { kind: 'query', name },
    ],
  ],
});
const stores: { id: string; given: [field: string, over: Partial<RouteRule>]; expect: string }[] = [
  { id: 'respected', given: ['key-order, params=("utm")', {}], expect: '~-utm;\u0000a=2&b=1' },
  { id: 'ignored', given: ['key-order, params=("utm")', { noVarySearch: 'ignore' }], expect: '' },
  { id: 'malformed', given: ['params=utm', {}], expect: '' },
  { id: 'tag-that-matters', given: ['params=("utm")', tagged('a')], expect: '-utm;\u0000b=1&a=2' },
  { id: 'tag-that-does-not', given: ['params=("utm")', tagged('utm')], expect: '' },
];

t.test('what a response is stored for', async (t) => {
  for (const { id, given, expect } of stores) {
    const [field, over] = given;
    const rule = routeRule({ noVarySearch: 'respect', ...over });
    t.equal(storedSearch(lines(`No-Vary-Search: ${field}`), KEY, rule), expect, id);
  }
  const plain = 'http://shop.test/p accept=3:?x=';
  t.equal(
    storedSearch(lines('No-Vary-Search: params'), plain, routeRule({ noVarySearch: 'respect' })),
    '+\u0000',
  );
});
