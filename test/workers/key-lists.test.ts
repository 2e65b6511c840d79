import t from 'tap';
import type { StoredKey } from '../../src/store/stored-keys.ts';
import { askedOfEach, type KeyLists, mergeKeyLists } from '../../src/workers/key-lists.ts';

const asked = { limit: 2, prefix: '/' };

const key = (name: string, uses: number, ttl = 1_000): StoredKey => ({
  key: name,
  variant: '',
  url: name,
  route: 'product',
  status: 200,
  bytes: 1,
  memory: 1_000,
  age: 0,
  ttl,
  tags: [],
  uses,
});

const gone = (name: string, uses: number) => {
  const nothing = { url: null, route: null, status: null, bytes: null, memory: null, age: null, ttl: null };
  return { key: name, variant: '', ...nothing, tags: null, uses };
};

const lists = (given: Partial<KeyLists>): KeyLists => ({ since: 100, hottest: [], missed: [], ...given });

t.test('uses add up, and the freshest is shown', async (t) => {
  const merged = mergeKeyLists(
    [
      lists({ hottest: [key('a', 5, 10), gone('b', 4), key('c', 3)], since: 50 }),
      lists({ hottest: [key('c', 3), key('a', 2, 20), key('b', 1)] }),
    ],
    { limit: 3, prefix: undefined },
    999,
  );
  t.strictSame(merged, { since: 50, hottest: [key('a', 7, 20), key('c', 6), key('b', 5)], missed: [] });
  t.strictSame(
    mergeKeyLists([lists({ hottest: [key('v', 1), { ...key('v', 2), variant: '2:de' }] })], asked, 9).hottest
      .length,
    2,
    'variants are told apart',
  );
});

t.test('what is stored, and whether that is all', async (t) => {
  const few = lists({ stored: [key('a', 1)], truncated: false });
  const table: readonly (readonly [
    answers: readonly (KeyLists | undefined)[],
    stored: string[],
    truncated: boolean,
  ])[] = [
    [[few, few], ['a'], false],
    [[few, lists({ stored: [key('b', 3)], truncated: true })], ['b', 'a'], true],
    [[few, lists({ stored: [key('b', 3), key('c', 2)], truncated: false })], ['b', 'c'], true],
    [[few, undefined], ['a'], true],
    [[], [], false],
  ];
  for (const [answers, stored, truncated] of table) {
    const merged = mergeKeyLists(answers, asked, 999);
    t.same([merged.stored?.map((one) => one.key), merged.truncated], [stored, truncated]);
  }
  t.equal(mergeKeyLists([undefined], asked, 999).since, 999);
});

t.test('each is asked for more than is told', async (t) => {
  t.same(askedOfEach(asked), { limit: 8, prefix: '/' });
  t.equal(askedOfEach({ limit: 1_000, prefix: undefined }).limit, 1_000);
});
