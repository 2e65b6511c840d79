import fc from 'fast-check';
import t from 'tap';
import { type RangeSelection, selectRanges } from '../../src/policy/range.ts';
import { lines } from './given.ts';

const WHOLE = 'whole';
const NONE = 'unsatisfiable';

/** `0-1` for a part, `0-1 4-5` for parts, else the kind. */
function told(selection: RangeSelection): string {
  const write = ({ first, last }: { first: number; last: number }) => `${first}-${last}`;
  if (selection.kind === 'part') return write(selection.range);
  return selection.kind === 'parts' ? selection.ranges.map(write).join(' ') : selection.kind;
}

const many = (count: number) => Array.from({ length: count }, (_, i) => `${i * 2}-${i * 2}`);

const ROWS: readonly {
  id: string;
  rfc: string;
  given: string | string[];
  length?: number;
  expect: string;
}[] = [
  { id: 'no Range', rfc: '9110 §14.2', given: [], expect: WHOLE },
  { id: 'first and last', rfc: '9110 §14.1.2', given: 'bytes=0-1', expect: '0-1' },
  { id: 'one byte', rfc: '9110 §14.1.2', given: 'bytes=0-0', expect: '0-0' },
  { id: 'the last byte', rfc: '9110 §14.1.2', given: 'bytes=9-9', expect: '9-9' },
  { id: 'all of it', rfc: '9110 §14.1.2', given: 'bytes=0-9', expect: '0-9' },
  { id: 'to the end', rfc: '9110 §14.1.2', given: 'bytes=7-', expect: '7-9' },
  { id: 'beyond the end', rfc: '9110 §14.1.2', given: 'bytes=7-70', expect: '7-9' },
  { id: 'a suffix', rfc: '9110 §14.1.2', given: 'bytes=-3', expect: '7-9' },
  { id: 'a suffix longer than the body', rfc: '9110 §14.1.2', given: 'bytes=-30', expect: '0-9' },
  { id: 'leading zeros', rfc: '9110 §14.1.1', given: 'bytes=007-008', expect: '7-8' },
  {
    id: 'a huge last position',
    rfc: '9110 §14.1.2',
    given: `bytes=1-${'9'.repeat(400)}`,
    expect: '1-9',
  },
  { id: 'a huge suffix', rfc: '9110 §14.1.2', given: `bytes=-${'9'.repeat(400)}`, expect: '0-9' },
  {
    id: 'a huge first position',
    rfc: '9110 §15.5.17',
    given: `bytes=${'9'.repeat(400)}-`,
    expect: NONE,
  },
  { id: 'behind the end', rfc: '9110 §15.5.17', given: 'bytes=10-', expect: NONE },
  { id: 'a suffix of nothing', rfc: '9110 §14.1.2', given: 'bytes=-0', expect: NONE },
  { id: 'several, all behind the end', rfc: '9110 §15.5.17', given: 'bytes=10-, 20-30,-0', expect: NONE },
  { id: 'the last before the first', rfc: '9110 §14.1.1', given: 'bytes=5-2', expect: WHOLE },
  { id: 'one of several is invalid', rfc: '9110 §14.1.1', given: 'bytes=0-1,5-2', expect: WHOLE },
  { id: 'nothing', rfc: '9110 §14.1.1', given: 'bytes=', expect: WHOLE },
  { id: 'commas alone', rfc: '9110 §5.6.1', given: 'bytes=,,', expect: WHOLE },
  { id: 'a dash alone', rfc: '9110 §14.1.1', given: 'bytes=-', expect: WHOLE },
  { id: 'no dash', rfc: '9110 §14.1.1', given: 'bytes=1', expect: WHOLE },
  { id: 'two dashes', rfc: '9110 §14.1.1', given: 'bytes=1--2', expect: WHOLE },
  { id: 'a sign', rfc: '9110 §14.1.1', given: 'bytes=+1-2', expect: WHOLE },
  { id: 'a fraction', rfc: '9110 §14.1.1', given: 'bytes=1.0-2', expect: WHOLE },
  { id: 'an exponent', rfc: '9110 §14.1.1', given: 'bytes=1e0-2', expect: WHOLE },
  { id: 'hexadecimal', rfc: '9110 §14.1.1', given: 'bytes=0x1-2', expect: WHOLE },
  { id: 'digits of another script', rfc: '9110 §14.1.1', given: 'bytes=١-٢', expect: WHOLE },
  { id: 'a space before the equals sign', rfc: '9110 §14.1.1', given: 'bytes =0-1', expect: WHOLE },
  { id: 'a space behind it', rfc: '9110 §14.1.1', given: 'bytes= 0-1', expect: WHOLE },
  { id: 'spaces within', rfc: '9110 §14.1.1', given: 'bytes=0 - 1', expect: WHOLE },
  { id: 'a space at the end', rfc: '9110 §14.1.1', given: 'bytes=0-1 ', expect: WHOLE },
  { id: 'no unit', rfc: '9110 §14.1.1', given: '0-1', expect: WHOLE },
  { id: 'no equals sign', rfc: '9110 §14.1.1', given: 'bytes 0-1', expect: WHOLE },
  { id: 'another unit', rfc: '9110 §14.2', given: 'items=0-1', expect: WHOLE },
  { id: 'case of the unit', rfc: '9110 §14.1', given: 'Bytes=0-1', expect: '0-1' },
  { id: 'two lines', rfc: '9110 §5.3', given: ['bytes=0-1', 'bytes=4-5'], expect: WHOLE },
  { id: 'two lines that would make a list', rfc: '9110 §5.3', given: ['bytes=0-1', '4-5'], expect: WHOLE },
  { id: 'of nothing', rfc: '9110 §14.2', given: 'bytes=0-0', length: 0, expect: WHOLE },
  { id: 'a suffix of an empty body', rfc: '9110 §14.2', given: 'bytes=-5', length: 0, expect: WHOLE },
  { id: 'of one byte', rfc: '9110 §14.1.2', given: 'bytes=0-', length: 1, expect: '0-0' },

  { id: 'first and last byte', rfc: '9110 §14.1.2', given: 'bytes=0-0,-1', expect: '0-0 9-9' },
  { id: 'white space at commas', rfc: '9110 §5.6.1', given: 'bytes=0-1 ,\t4-5', expect: '0-1 4-5' },
  { id: 'empty members', rfc: '9110 §5.6.1', given: 'bytes=,0-1,,4-5,', expect: '0-1 4-5' },
  { id: 'in the order asked for', rfc: '9110 §15.3.7.2', given: 'bytes=8-8,0-0,4-4', expect: '8-8 0-0 4-4' },
  { id: 'one of them not there', rfc: '9110 §14.2', given: 'bytes=0-1,40-50', expect: '0-1' },
  { id: 'adjacent', rfc: '9110 §15.3.7.2', given: 'bytes=0-1,2-3', expect: '0-3' },
  { id: 'overlapping', rfc: '9110 §15.3.7.2', given: 'bytes=2-5,1-3', expect: '1-5' },
  { id: 'one within another', rfc: '9110 §15.3.7.2', given: 'bytes=1-6,2-3', expect: '1-6' },
  {
    id: 'two that a third joins',
    rfc: '9110 §15.3.7.2',
    given: 'bytes=9-9,0-1,4-5,2-3',
    expect: '9-9 0-5',
  },
  { id: 'the same twice', rfc: '9110 §14.2', given: 'bytes=0-1,0-1', expect: '0-1' },
  { id: 'as much as the whole', rfc: '9110 §14.2', given: 'bytes=0-4,5-9', expect: '0-9' },
  { id: 'more than the whole', rfc: '9110 §14.2', given: 'bytes=0-,5-9', expect: WHOLE },
  { id: 'the whole twice', rfc: '9110 §14.2', given: 'bytes=0-,0-', expect: WHOLE },
  {
    id: 'sixteen parts',
    rfc: '9110 §14.2',
    given: `bytes=${many(16).join(',')}`,
    length: 100,
    expect: many(16).join(' '),
  },
  {
    id: 'seventeen',
    rfc: '9110 §14.2',
    given: `bytes=${many(17).join(',')}`,
    length: 100,
    expect: WHOLE,
  },
  {
    id: 'seventeen that make one',
    rfc: '9110 §14.2',
    given: `bytes=${Array.from({ length: 17 }, (_, i) => `${i}-${i}`).join(',')}`,
    length: 100,
    expect: '0-16',
  },
];

for (const { id, rfc, given, length = 10, expect } of ROWS) {
  t.test(`${id} (RFC ${rfc})`, (t) => {
    const range = [given].flat().map((value) => `Range: ${value}`);
    t.equal(told(selectRanges(lines(...range), length)), expect);
    t.end();
  });
}

// An expression that tries again and again would never come back.
t.test('what is long and odd is read', (t) => {
  for (const odd of [' ', ',', ', ', '1', '-', '0-0, ', '\t,'])
    t.equal(told(selectRanges(lines(`Range: bytes=${odd.repeat(20_000)}x`), 10)), WHOLE);
  t.end();
});

t.test('whatever is asked for, parts cover exactly that, apart from each other', (t) => {
  const number = fc.nat({ max: 60 });
  const spec = fc.oneof(
    fc
      .tuple(number, number)
      .map(([a, b]) => ({ text: `${a}-${a + b}`, holds: (i: number) => i >= a && i <= a + b })),
    number.map((a) => ({ text: `${a}-`, holds: (i: number) => i >= a })),
    number.map((n) => ({ text: `-${n}`, holds: (i: number, length: number) => i >= length - n })),
  );
  fc.assert(
    fc.property(
      fc.array(spec, { minLength: 1, maxLength: 6 }),
      fc.integer({ min: 1, max: 50 }),
      (specs, length) => {
        const selection = selectRanges(
          lines(`Range: bytes=${specs.map(({ text }) => text).join(',')}`),
          length,
        );
        const positions = Array.from({ length }, (_, i) => i);
        const wanted = positions.filter((i) => specs.some(({ holds }) => holds(i, length)));
        if (selection.kind === 'whole') return specs.length > 1;
        if (selection.kind === 'unsatisfiable') return wanted.length === 0;
        const ranges = selection.kind === 'part' ? [selection.range] : selection.ranges;
        const covered = ranges.flatMap(({ first, last }) => positions.slice(first, last + 1));
        const touching = ranges.some((a) => ranges.some((b) => a.last + 1 === b.first));
        return !touching && JSON.stringify(covered.sort((a, b) => a - b)) === JSON.stringify(wanted);
      },
    ),
  );
  t.end();
});
