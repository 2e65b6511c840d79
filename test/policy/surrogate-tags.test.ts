import t from 'tap';
import { decideStorage } from '../../src/policy/storability.ts';
import { MAX_TAG_LENGTH, MAX_TAGS, surrogateTags } from '../../src/policy/surrogate-tags.ts';
import { freshen } from '../../src/policy/validation.ts';
import { answer, get, lines, NOW, ok, rule, stored } from './given.ts';

const NAMES = ['surrogate-key', 'cache-tag', 'xkey'];
const latin1 = (text: string) => Buffer.from(text).toString('latin1');
const many = (count: number) => Array.from({ length: count }, (_, i) => `t${i}`).join(' ');
const long = 'x'.repeat(MAX_TAG_LENGTH);

const ROWS: readonly {
  id: string;
  given: string[];
  names?: string[];
  expect: readonly string[] | undefined | number;
}[] = [
  { id: 'none', given: ['Content-Type: text/plain'], expect: [] },
  {
    id: 'spaces, as in Surrogate-Key',
    given: ['Surrogate-Key: all  product:1 x'],
    expect: ['all', 'product:1', 'x'],
  },
  {
    id: 'commas, as in Cache-Tag',
    given: ['Cache-Tag: all,product:1, x ,'],
    expect: ['all', 'product:1', 'x'],
  },
  { id: 'both, and tabs', given: ['xkey: a\tb , c,,d'], expect: ['a', 'b', 'c', 'd'] },
  {
    id: 'every line of every field, each once',
    given: ['Xkey: a b', 'X-Other: no', 'cache-tag: b,c', 'XKEY: d'],
    expect: ['a', 'b', 'c', 'd'],
  },
  {
    id: 'only the fields that are named',
    given: ['Surrogate-Key: a', 'X-Tags: b'],
    names: ['x-tags'],
    expect: ['b'],
  },
  { id: 'no field is named', given: ['Surrogate-Key: a'], names: [], expect: [] },
  { id: 'case counts', given: ['Surrogate-Key: a A'], expect: ['a', 'A'] },
  { id: 'quotes and all else are part of a tag', given: ['Cache-Tag: "a";b=c, *'], expect: ['"a";b=c', '*'] },
  { id: 'empty', given: ['Cache-Tag: ', 'xkey: , ,'], expect: [] },
  {
    id: 'UTF-8, its byte 0xA0 too',
    given: [`xkey: ${latin1('caf\u00e9 \u00e0')}`],
    expect: ['caf\u00e9', '\u00e0'],
  },
  { id: 'bytes that are no UTF-8', given: ['xkey: caf\u00e9'], expect: ['caf\u00e9'] },
  { id: 'as many as there may be', given: [`xkey: ${many(MAX_TAGS)}`], expect: MAX_TAGS },
  { id: 'the same one more often', given: [`xkey: ${many(MAX_TAGS)} t1 t2`], expect: MAX_TAGS },
  { id: 'one more', given: [`xkey: ${many(MAX_TAGS)}`, 'cache-tag: more'], expect: undefined },
  { id: 'as long as one may be', given: [`xkey: ${long}`], expect: [long] },
  { id: 'one character longer', given: [`xkey: a ${long}x`], expect: undefined },
];

for (const { id, given, names = NAMES, expect } of ROWS) {
  t.test(id, (t) => {
    const tags = surrogateTags(lines(...given), names);
    t.strictSame(typeof expect === 'number' ? tags?.length : tags, expect);
    t.end();
  });
}

const tagged = rule({ surrogateTags: { fields: NAMES, forward: false } });
const times = { requestTime: NOW, responseTime: NOW, random: 0 };

t.test('a response with more than are told apart is not stored', (t) => {
  const response = ok('Cache-Control: max-age=60', `Surrogate-Key: ${long}x`);
  t.match(decideStorage(get(), response, tagged, times), { kind: 'pass', detail: 'tag-limit' });
  const deaf = rule({ surrogateTags: { fields: [], forward: false } });
  t.match(decideStorage(get(), response, deaf, times), { kind: 'store' }, 'where nobody reads them');
  t.end();
});

t.test('nor is one kept that a 304 gives them', (t) => {
  const before = stored({ fields: lines('ETag: "e"', 'Cache-Control: max-age=60', 'xkey: old') });
  const result = freshen(get(), before, answer(304, 'ETag: "e"', `xkey: ${long}x`), tagged, times);
  t.match(result, { kind: 'no-longer-storable', detail: 'tag-limit' });
  t.end();
});

t.test('they stay in the stored copy, whatever the response says of their fields', (t) => {
  const says = ['Cache-Control: max-age=60, no-cache="xkey, cache-groups, x-gone"', 'ETag: "e"'];
  const response = ok(...says, 'xkey: a', 'Cache-Groups: "b"', 'X-Gone: c');
  const storage = decideStorage(get(), response, tagged, times);
  if (storage.kind !== 'store') return t.end();
  t.ok(storage.terms.fields.includes('xkey'));
  t.ok(storage.terms.fields.includes('Cache-Groups'));
  t.notOk(storage.terms.fields.includes('X-Gone'));
  t.end();
});
