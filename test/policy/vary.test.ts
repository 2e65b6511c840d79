import t from 'tap';
import { parseVary, type Vary, variantKey } from '../../src/policy/vary.ts';
import { digest, lines } from './given.ts';

const STAR: Vary = { kind: 'star' };
const fields = (...names: string[]): Vary => ({ kind: 'fields', names });

const PARSED: readonly { id: string; rfc?: string; given: string[]; expect: Vary }[] = [
  { id: 'absent', given: [], expect: { kind: 'none' } },
  { id: 'empty', given: ['', ' , '], expect: { kind: 'none' } },
  {
    id: 'names: lower case, sorted, once',
    rfc: '9110 §12.5.5',
    given: ['Origin, ACCEPT', 'accept'],
    expect: fields('accept', 'origin'),
  },
  { id: 'star', rfc: '9111 §4.1', given: ['*'], expect: STAR },
  { id: 'star within the list', rfc: '9111 §4.1', given: ['Accept, *'], expect: STAR },
  { id: 'star on another line', rfc: '9111 §4.1', given: ['Accept', ' * '], expect: STAR },
  { id: 'star between quotes that hide nothing', given: ['"a, *, b"'], expect: STAR },
  { id: 'no field name', given: ['Accept Encoding'], expect: STAR },
  { id: 'a byte beyond ASCII', given: ['Accept\u00a0'], expect: STAR },
  { id: 'a field set anew for each request', given: ['X-Forwarded-For'], expect: STAR },
  { id: 'a request id', given: ['Accept, X-Request-ID'], expect: STAR },
];

for (const row of PARSED) {
  t.test(`parse: ${row.id}`, (t) => {
    t.strictSame(parseVary(lines(...row.given.map((value) => `Vary: ${value}`))), row.expect);
    t.end();
  });
}

const SAME: readonly { id: string; rfc: string; vary: string[]; a: string[]; b: string[]; same: boolean }[] =
  [
    { id: 'both absent', rfc: '9111 §4.1', vary: ['x'], a: [], b: ['Y: 1'], same: true },
    { id: 'absent and empty', rfc: '9111 §4.1', vary: ['x'], a: [], b: ['X:'], same: false },
    { id: 'another value', rfc: '9111 §4.1', vary: ['x'], a: ['X: 1'], b: ['X: 2'], same: false },
    { id: 'case of a value', rfc: '9111 §4.1', vary: ['x'], a: ['X: a'], b: ['X: A'], same: false },
    { id: 'combined lines', rfc: '9111 §4.1', vary: ['x'], a: ['X: 1', 'x: 2'], b: ['X: 1, 2'], same: true },
    { id: 'a no-break space', rfc: '9111 §4.1', vary: ['x'], a: ['X: a'], b: ['X: a\u00a0'], same: false },
    {
      id: 'white space of an unknown field',
      rfc: '9111 §4.1',
      vary: ['x'],
      a: ['X: (a, b)'],
      b: ['X: (a,b)'],
      same: false,
    },
    {
      id: 'white space of Accept',
      rfc: '9111 §4.1',
      vary: ['accept'],
      a: ['Accept: a/b ; q=1 , c/d'],
      b: ['Accept: a/b;q=1,c/d'],
      same: true,
    },
    {
      id: 'order in Accept',
      rfc: '9111 §4.1',
      vary: ['accept'],
      a: ['Accept: a/b, c/d'],
      b: ['Accept: c/d, a/b'],
      same: false,
    },
    {
      id: 'white space in quotes',
      rfc: '9111 §4.1',
      vary: ['accept'],
      a: ['Accept: a/b;p="x ; y"'],
      b: ['Accept: a/b;p="x;y"'],
      same: false,
    },
    {
      id: 'a space within a language',
      rfc: '9111 §4.1',
      vary: ['accept-language'],
      a: ['Accept-Language: d e'],
      b: ['Accept-Language: de'],
      same: false,
    },
    {
      id: 'case of a language',
      rfc: '9111 §4.1',
      vary: ['accept-language'],
      a: ['Accept-Language: DE'],
      b: ['Accept-Language: de'],
      same: false,
    },
    {
      id: 'order and case in Accept-Encoding',
      rfc: '9110 §8.4.1',
      vary: ['accept-encoding'],
      a: ['Accept-Encoding: br, GZIP'],
      b: ['Accept-Encoding: gzip,br'],
      same: true,
    },
    {
      id: 'weights in Accept-Encoding',
      rfc: '9110 §12.5.3',
      vary: ['accept-encoding'],
      a: ['Accept-Encoding: gzip;q=0'],
      b: ['Accept-Encoding: gzip'],
      same: false,
    },
    {
      id: 'a value that forges the next field',
      rfc: '9111 §4.1',
      vary: ['x', 'y'],
      a: ['X: 1;y=1:2'],
      b: ['X: 1', 'Y: 2'],
      same: false,
    },
    {
      id: 'a value that forges absence',
      rfc: '9111 §4.1',
      vary: ['x', 'y'],
      a: ['X: 1;y-;'],
      b: ['X: 1'],
      same: false,
    },
    {
      id: 'a value in another field',
      rfc: '9111 §4.1',
      vary: ['x', 'y'],
      a: ['X: 1'],
      b: ['Y: 1'],
      same: false,
    },
  ];

for (const row of SAME) {
  t.test(`variant: ${row.id}`, (t) => {
    const [a, b] = [row.a, row.b].map((side) => variantKey(row.vary, lines(...side), digest));
    t.equal(a === b, row.same, `${a} ${b}`);
    t.end();
  });
}

t.test('no Vary, no variant', (t) => {
  t.equal(variantKey([], lines('X: 1'), digest), '');
  t.end();
});

t.test('a secret selects without standing in the key', (t) => {
  const key = (value: string) =>
    variantKey(['authorization', 'cookie'], lines(`Authorization: ${value}`), digest);
  t.notMatch(key('Bearer s3cret'), 's3cret');
  t.not(key('Bearer s3cret'), key('Bearer other'));
  t.end();
});
