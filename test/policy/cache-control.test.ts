import t from 'tap';
import { cacheControl, deltaSeconds, directiveTime } from '../../src/policy/cache-control.ts';
import { lines } from './given.ts';

const ROWS: readonly { id: string; rfc?: string; given: string[]; expect: Record<string, string> }[] = [
  { id: 'none', given: [], expect: {} },
  { id: 'an empty field', given: [''], expect: {} },
  {
    id: 'with and without argument',
    rfc: '9111 §5.2',
    given: ['max-age=60, public'],
    expect: { 'max-age': '60', public: '' },
  },
  {
    id: 'any case',
    rfc: '9111 §5.2',
    given: ['Max-Age=60, NO-STORE'],
    expect: { 'max-age': '60', 'no-store': '' },
  },
  {
    id: 'over two lines',
    rfc: '9110 §5.3',
    given: ['max-age=60', 'private'],
    expect: { 'max-age': '60', private: '' },
  },
  { id: 'a quoted number', rfc: '9111 §5.2', given: ['max-age="60"'], expect: { 'max-age': '60' } },
  { id: 'single quotes are no quotes', rfc: '9111 §5.2', given: ["x='a"], expect: { x: "'a" } },
  { id: 'field names', given: ['no-cache="a, b", x'], expect: { 'no-cache': 'a, b', x: '' } },
  { id: 'an escape in quotes', given: ['x="a\\"b"'], expect: { x: 'a"b' } },
  {
    id: 'a comma in quotes hides no directive',
    given: ['x="a, private", y'],
    expect: { x: 'a, private', y: '' },
  },
  {
    id: 'an open quote hides nothing',
    given: ['max-age=60, x="a, private'],
    expect: { 'max-age': '60', x: '="a', private: '' },
  },
  {
    id: 'a quote across lines hides nothing',
    given: ['x="a', 'private, y="'],
    expect: { x: '="a', private: '', y: '="' },
  },
  { id: 'a backslash at the end', given: ['no-store="\\'], expect: { 'no-store': '' } },
  {
    id: 'twice: the smaller',
    rfc: '9111 §4.2.1',
    given: ['max-age=60, max-age=10'],
    expect: { 'max-age': '10' },
  },
  { id: 'twice, the smaller first', given: ['max-age=10, max-age=60'], expect: { 'max-age': '10' } },
  { id: 'a number and none', given: ['max-age=60, max-age'], expect: { 'max-age': '' } },
  { id: 'a number and nonsense', given: ['max-age=x, max-age=60'], expect: { 'max-age': 'x,60' } },
  {
    id: 'all beats some fields',
    rfc: '9111 §5.2.2.4',
    given: ['no-cache="a", no-cache'],
    expect: { 'no-cache': '' },
  },
  {
    id: 'all beats some fields, the other way',
    given: ['no-cache, no-cache="a"'],
    expect: { 'no-cache': '' },
  },
  { id: 'some and other fields', given: ['no-cache="a", no-cache="b"'], expect: { 'no-cache': 'a,b' } },
  {
    id: 'semicolons still forbid',
    given: ['max-age=60; private'],
    expect: { 'max-age': '=60; private', private: '' },
  },
  { id: 'semicolons permit nothing', given: ['public; max-age=60'], expect: {} },
  { id: 'spaces still forbid', given: ['foo no-store'], expect: { foo: ' no-store', 'no-store': '' } },
  {
    id: 'space around =',
    given: ['max-age = 60, private ="x"'],
    expect: { 'max-age': ' = 60', private: '' },
  },
  { id: '= without argument', given: ['max-age=, no-cache='], expect: { 'max-age': '=', 'no-cache': '' } },
  { id: 'no name', given: ['=60, "private"'], expect: { private: '' } },
  {
    id: 'a longer word forbids nothing',
    given: ['x y-no-store; no-storeroom'],
    expect: { x: ' y-no-store; no-storeroom' },
  },
  { id: 'an inherited name', given: ['__proto__=1'], expect: { ['__proto__']: '1' } },
];

for (const row of ROWS) {
  t.test(row.id, (t) => {
    const fields = lines(...row.given.map((value) => `Cache-Control: ${value}`));
    t.same([...cacheControl(fields)], Object.entries(row.expect));
    t.end();
  });
}

t.test('other fields are not read', (t) => {
  t.equal(cacheControl(lines('Cache-Control2: private', 'Pragma: no-cache')).size, 0);
  t.end();
});

t.test('seconds', (t) => {
  const cases: [string | undefined, number | undefined][] = [
    ['0', 0],
    ['60', 60],
    ['007', 7],
    ['99999999999999999999', 2 ** 31],
    [undefined, undefined],
    ['', undefined],
    ['-1', undefined],
    ['+1', undefined],
    ['1.5', undefined],
    ['1e3', undefined],
    ['0x10', undefined],
    [' 60', undefined],
    ['60s', undefined],
  ];
  for (const [given, expect] of cases) t.equal(deltaSeconds(given), expect, `${given}`);
  t.end();
});

t.test('directive times are ms; what cannot be read is 0 (RFC 9111 §4.2.1)', (t) => {
  const directives = cacheControl(lines('Cache-Control: max-age=60, s-maxage=x, stale-if-error'));
  t.equal(directiveTime(directives, 'max-age'), 60_000);
  t.equal(directiveTime(directives, 's-maxage'), 0);
  t.equal(directiveTime(directives, 'stale-if-error'), 0);
  t.equal(directiveTime(directives, 'min-fresh'), undefined);
  t.end();
});
