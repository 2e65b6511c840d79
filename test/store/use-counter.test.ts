import { ok } from 'node:assert/strict';
import fc from 'fast-check';
import t from 'tap';
import { createUseCounter } from '../../src/store/use-counter.ts';

t.test('the most used come first, and are counted anew', (t) => {
  const counter = createUseCounter(10);
  for (const key of ['a', 'b', 'a', 'c', 'b', 'a']) counter.add(key);
  t.strictSame(counter.take(2), [
    ['a', 3],
    ['b', 2],
  ]);
  counter.add('a');
  counter.add('c');
  t.strictSame(counter.take(5), [
    ['c', 2],
    ['a', 1],
  ]);
  t.strictSame(counter.take(5), []);
  t.end();
});

t.test('many uses at once', (t) => {
  const counter = createUseCounter(2);
  counter.add('a', 10);
  counter.add('b', 3);
  counter.add('a', 5);
  t.strictSame(
    [...counter.counts],
    [
      ['a', 15],
      ['b', 3],
    ],
  );
  counter.add('c', 4);
  t.strictSame([...counter.counts], [['a', 11]], 'what is too much is taken off all');
  t.end();
});

t.test('what makes up more than its share is among them, however many others there are', (t) => {
  const traffic = fc.array(fc.integer({ min: 0, max: 300 }), { minLength: 1, maxLength: 2_000 });
  fc.assert(
    fc.property(traffic, fc.integer({ min: 1, max: 20 }), (drawn, size) => {
      const counter = createUseCounter(size);
      const uses = new Map<string, number>();
      for (const number of drawn) {
        const key = `k${Math.floor(number ** 2 / 300)}`;
        uses.set(key, (uses.get(key) ?? 0) + 1);
        counter.add(key);
      }
      const taken = new Map(counter.take(1_000));
      ok(taken.size <= size);
      const share = drawn.length / (size + 1);
      for (const [key, count] of uses) {
        const counted = taken.get(key) ?? 0;
        ok(counted <= count && counted >= count - share);
      }
    }),
  );
  t.end();
});
