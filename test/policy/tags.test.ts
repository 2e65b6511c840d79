import t from 'tap';
import type { TagTemplate } from '../../src/policy/route-rule.ts';
import { expandTags, mostTags } from '../../src/policy/tags.ts';
import { lines } from './given.ts';

const text = (text: string) => ({ kind: 'text', text }) as const;
const param = (name: string) => ({ kind: 'param', name }) as const;
const query = (name: string) => ({ kind: 'query', name }) as const;
const response = (name: string) => ({ kind: 'response', name }) as const;

const ROWS: readonly {
  id: string;
  given: TagTemplate[];
  query?: string;
  response?: string[];
  expect: string[];
}[] = [
  { id: 'none', given: [], expect: [] },
  { id: 'no parts', given: [[]], expect: [] },
  { id: 'text', given: [[text('products')]], expect: ['products'] },
  { id: 'a parameter of the path', given: [[text('product-'), param('id')]], expect: ['product-7'] },
  { id: 'an unknown parameter', given: [[text('a-'), param('other')]], expect: [] },
  { id: 'an empty parameter', given: [[text('a-'), param('empty'), text('-b')]], expect: [] },
  { id: 'a query parameter, decoded', given: [[query('c')]], query: 'a=1&c=x%20y', expect: ['x y'] },
  { id: 'a repeated query parameter: the first', given: [[query('c')]], query: 'c=1&c=2', expect: ['1'] },
  { id: 'an absent query parameter', given: [[text('c-'), query('c')]], query: 'd=1', expect: [] },
  { id: 'an empty query parameter', given: [[text('c-'), query('c')]], query: 'c=', expect: [] },
  {
    id: 'a response field',
    given: [[text('t-'), response('x-tag')]],
    response: ['X-Tag: a'],
    expect: ['t-a'],
  },
  {
    id: 'a response field that is a list',
    given: [[text('t-'), response('x-tag')]],
    response: ['X-Tag: a, b', 'x-tag: c'],
    expect: ['t-a', 't-b', 't-c'],
  },
  {
    id: 'an empty response field',
    given: [[text('t-'), response('x-tag')]],
    response: ['X-Tag: ,'],
    expect: [],
  },
  { id: 'the others stay where one gives none', given: [[param('other')], [text('a')]], expect: ['a'] },
  { id: 'equal ones once', given: [[text('a')], [text('a')]], expect: ['a'] },
];

for (const row of ROWS) {
  t.test(row.id, (t) => {
    const params: Record<string, string> = Object.assign(Object.create(null), { id: '7', empty: '' });
    const context = { params, query: row.query ?? '', response: lines(...(row.response ?? [])) };
    t.strictSame(expandTags(row.given, context), row.expect);
    t.end();
  });
}

t.test('how many there can be is known before they are made', async (t) => {
  const list = (length: number) => Array.from({ length }, (_, i) => `m${i}`).join(', ');
  const both = [[response('x-a'), text('-'), response('x-b')], [text('all')]];
  const fields = lines(`X-A: ${list(7_000)}`, `X-B: ${list(7_000)}`);
  t.equal(mostTags(both, fields), 49_000_001);
  t.equal(mostTags(both, lines('X-A: 1, 2', 'X-B: 1')), 3);
  t.equal(mostTags(both, []), 1);
});
