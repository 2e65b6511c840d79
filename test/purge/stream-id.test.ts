import fc from 'fast-check';
import t from 'tap';
import { asOfPosition, compareIds, nextId, positionOf } from '../../src/purge/stream-id.ts';

t.test('positions', async (t) => {
  t.equal(positionOf('0-1'), 1);
  t.equal(positionOf('1704067200000-3'), 1704067200000 * 2048 + 3);
  t.equal(positionOf('5-2048'), positionOf('5-2047'), 'the bound within one ms');
  t.ok(positionOf('6-0') > positionOf('5-9999'));
  t.equal(positionOf('18446744073709551615-18446744073709551615'), Number.MAX_SAFE_INTEGER);
  t.equal(nextId('5-18446744073709551614'), '5-18446744073709551615');
});

t.test('a later entry always has a position above the asOf of an earlier one', async () => {
  const id = fc
    .tuple(fc.integer({ min: 0, max: 3 }), fc.integer({ min: 2040, max: 2060 }))
    .map(([ms, seq]) => `${ms}-${seq}`);
  fc.assert(
    fc.property(id, id, (a, b) => {
      if (compareIds(a, b) >= 0) return true;
      return asOfPosition(a) < positionOf(b) && positionOf(a) <= positionOf(b);
    }),
  );
});

t.test('ids are ordered as numbers', async (t) => {
  const sorted = [
    '0-0',
    '0-1',
    '0-9',
    '0-10',
    '9-0',
    '10-0',
    '10-18446744073709551615',
    '18446744073709551615-0',
  ];
  for (let i = 1; i < sorted.length; i++) {
    t.ok(compareIds(sorted[i - 1] as string, sorted[i] as string) < 0, `${sorted[i - 1]} < ${sorted[i]}`);
    t.ok(compareIds(sorted[i] as string, sorted[i - 1] as string) > 0);
  }
  t.equal(compareIds('7-7', '7-7'), 0);
});
