import t from 'tap';
import {
  cacheGroups,
  groupTag,
  invalidatedGroups,
  isGroupTag,
  MAX_GROUP_LENGTH,
  MAX_GROUPS,
} from '../../src/policy/cache-groups.ts';
import { decideStorage } from '../../src/policy/storability.ts';
import { expandTags } from '../../src/policy/tags.ts';
import { get, lines, NOW, ok, request, rule } from './given.ts';

const many = (count: number, name = (i: number) => `g${i}`) =>
  Array.from({ length: count }, (_, i) => `"${name(i)}"`).join(', ');

/** Of the field's value; the groups that it names on http://shop.test. */
const ROWS: readonly {
  id: string;
  rfc?: string;
  given: string[];
  expect: readonly string[] | undefined | number;
}[] = [
  { id: 'one', rfc: '9875 §2', given: ['"scripts"'], expect: ['scripts'] },
  { id: 'some', rfc: '9875 §2', given: ['"a", "b","c"'], expect: ['a', 'b', 'c'] },
  { id: 'over lines', rfc: '9651 §4.2', given: ['"a"', '"b"'], expect: ['a', 'b'] },
  { id: 'the same one twice', given: ['"a", "a"'], expect: ['a'] },
  { id: 'case counts', rfc: '9875 §2.1', given: ['"a", "A"'], expect: ['a', 'A'] },
  { id: 'spaces count', rfc: '9875 §2.1', given: ['"a b", " a", ""'], expect: ['a b', ' a', ''] },
  { id: 'escapes', rfc: '9651 §3.3.3', given: ['"a\\"b\\\\"'], expect: ['a"b\\'] },
  { id: 'parameters are ignored', rfc: '9875 §2', given: ['"a";x=1;y, "b"'], expect: ['a', 'b'] },
  { id: 'empty', rfc: '9651 §3.1', given: [''], expect: [] },
  ...['a', '"a", b', '1', '?1', '("a" "b")', ':YQ==:', '@1', '%"a"', '"a", 2.5'].map((value) => ({
    id: `another type: ${value}`,
    rfc: '9651 §4.2',
    given: [value],
    expect: [],
  })),
  ...['"a', '"a",', '"a" "b"', '"caf\u00e9"', '"a\\b"', "'a'", '"a";X=1'].map((value) => ({
    id: `no List: ${value}`,
    rfc: '9651 §4.2',
    given: [value],
    expect: [],
  })),
  { id: 'one bad line spoils all', rfc: '9651 §4.2', given: ['"a"', 'b c'], expect: [] },
  {
    id: '32 groups of 32 characters',
    rfc: '9875 §2',
    given: [many(32, (i) => `${i}`.padEnd(32, 'x'))],
    expect: 32,
  },
  { id: 'as many as there may be', given: [many(MAX_GROUPS)], expect: MAX_GROUPS },
  { id: 'one more', given: [many(MAX_GROUPS), '"more"'], expect: undefined },
  { id: 'as long as one may be', given: [`"${'x'.repeat(MAX_GROUP_LENGTH)}"`], expect: 1 },
  { id: 'one character longer', given: [`"${'x'.repeat(MAX_GROUP_LENGTH + 1)}"`], expect: undefined },
];

const FIELDS = { 'Cache-Groups': cacheGroups, 'Cache-Group-Invalidation': invalidatedGroups };

for (const [name, read] of Object.entries(FIELDS)) {
  t.test(name, async (t) => {
    for (const { id, given, expect } of ROWS) {
      const tags = read(lines(...given.map((value) => `${name}: ${value}`)), request());
      if (typeof expect === 'number') t.equal(tags?.length, expect, id);
      else
        t.strictSame(
          tags,
          expect?.map((group) => groupTag('http', 'shop.test', group)),
          id,
        );
    }
    t.strictSame(read(lines('X-Other: "a"'), request()), [], 'absent');
  });
}

t.test('a group belongs to one origin (9875 §2.1, 9110 §4.3.1)', async (t) => {
  const tag = groupTag('http', 'shop.test', 'a');
  t.equal(groupTag('http', 'shop.test:80', 'a'), tag, 'the same port');
  for (const [scheme, authority, group] of [
    ['https', 'shop.test', 'a'],
    ['http', 'shop.test:81', 'a'],
    ['http', 'www.shop.test', 'a'],
    ['http', 'shop.test', 'A'],
  ] as const) {
    t.not(groupTag(scheme, authority, group), tag, `${scheme} ${authority} ${group}`);
  }
});

t.test('nothing else can carry the tag of a group', async (t) => {
  const tag = groupTag('http', 'shop.test', 'a');
  t.ok(isGroupTag(tag));
  t.notOk(isGroupTag('cache-group'));
  const context = {
    params: { id: tag },
    query: `x=${encodeURIComponent(tag)}`,
    response: lines(`X-Tag: ${tag}, b`),
  };
  const templates = [
    [{ kind: 'param', name: 'id' }],
    [{ kind: 'query', name: 'x' }],
    [{ kind: 'response', name: 'x-tag' }],
    [
      { kind: 'text', text: 'cache-group' },
      { kind: 'query', name: 'y' },
    ],
  ] as const;
  t.strictSame(expandTags(templates, { ...context, query: `${context.query}&y=%20http://shop.test%20a` }), [
    'b',
  ]);
});

t.test('a response in more groups than are told apart is not stored', async (t) => {
  const response = ok('Cache-Control: max-age=60', `Cache-Groups: ${many(MAX_GROUPS + 1)}`);
  const times = { requestTime: NOW, responseTime: NOW, random: 0 };
  t.match(decideStorage(get(), response, rule(), times), { kind: 'pass', detail: 'tag-limit' });
});
