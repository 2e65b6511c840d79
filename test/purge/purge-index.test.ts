import fc from 'fast-check';
import t from 'tap';
import { createPurgeIndex } from '../../src/purge/purge-index.ts';
import type { Purge, PurgeVerdict, Selector } from '../../src/purge/selector.ts';
import { stored } from './stored.ts';

const PENDING = Number.POSITIVE_INFINITY;
const hard = (selector: Selector): Purge => ({ selector, soft: false });
const soft = (selector: Selector): Purge => ({ selector, soft: true });
const tag = (name: string): Selector => ({ kind: 'tag', tag: name });

/** Of a response to http://shop.test/products/1?full=1 with tags product:1 and products. */
const selectors: { id: string; selector: Selector; matches: boolean }[] = [
  { id: 'url', selector: { kind: 'url', url: 'http://shop.test/products/1?full=1' }, matches: true },
  { id: 'url-any-host', selector: { kind: 'url', url: '/products/1?full=1' }, matches: true },
  { id: 'url-without-query', selector: { kind: 'url', url: '/products/1' }, matches: false },
  {
    id: 'url-other-host',
    selector: { kind: 'url', url: 'http://other.test/products/1?full=1' },
    matches: false,
  },
  { id: 'tag-first', selector: tag('product:1'), matches: true },
  { id: 'tag-second', selector: tag('products'), matches: true },
  { id: 'tag-other', selector: tag('product:2'), matches: false },
  { id: 'tag-named-like-the-route', selector: tag('product'), matches: false },
  { id: 'route', selector: { kind: 'route', route: 'product' }, matches: true },
  { id: 'route-other', selector: { kind: 'route', route: 'products' }, matches: false },
  { id: 'prefix', selector: { kind: 'prefix', prefix: '/products/' }, matches: true },
  { id: 'prefix-whole', selector: { kind: 'prefix', prefix: 'http://shop.test/pro' }, matches: true },
  { id: 'prefix-other-host', selector: { kind: 'prefix', prefix: 'http://other.test/' }, matches: false },
  { id: 'prefix-inside', selector: { kind: 'prefix', prefix: '/1' }, matches: false },
  { id: 'glob', selector: { kind: 'glob', glob: '/products/*' }, matches: true },
  { id: 'glob-whole', selector: { kind: 'glob', glob: 'http://*/products/**' }, matches: true },
  { id: 'glob-anchored', selector: { kind: 'glob', glob: '/products/1' }, matches: false },
  { id: 'all', selector: { kind: 'all' }, matches: true },
];

t.test('a purge takes what it names, if that was fetched before', async (t) => {
  for (const { id, selector, matches } of selectors) {
    for (const isSoft of [false, true]) {
      const purge: Purge = { selector, soft: isSoft };
      const purged: PurgeVerdict = matches ? (isSoft ? 'soft' : 'hard') : 'valid';
      const name = `${id} ${isSoft ? 'soft' : 'hard'}`;

      const index = createPurgeIndex();
      index.apply(hard(tag('unrelated')), 4);
      const before = index.heardNow();
      index.apply(purge, 5);
      t.equal(index.verdict(stored({ heard: before })), purged, `${name}: in memory since before`);
      t.equal(index.verdict(stored({ heard: index.heardNow() })), 'valid', `${name}: in memory since after`);
      t.equal(index.verdict(stored({ asOf: 4 })), purged, `${name}: from Redis, as of before`);
      t.equal(index.verdict(stored({ asOf: 5 })), 'valid', `${name}: from Redis, as of it`);

      const unconfirmed = createPurgeIndex();
      unconfirmed.apply(purge, PENDING);
      t.equal(unconfirmed.verdict(stored({ asOf: 1e15 })), purged, `${name}: from Redis while pending`);
      t.equal(unconfirmed.verdict(stored({ heard: 0 })), purged, `${name}: in memory while pending`);
    }
  }
});

t.test('what was found valid is remembered, what was not is not', async (t) => {
  const index = createPurgeIndex();
  index.apply(hard(tag('other')), 1);
  const fromRedis = stored({ asOf: 1 });
  t.equal(index.verdict(fromRedis), 'valid');
  t.equal(fromRedis.heard, index.serial);
  index.apply(soft(tag('products')), 2);
  t.equal(index.verdict(fromRedis), 'soft');
  t.equal(index.verdict(fromRedis), 'soft', 'asked again');
  t.not(fromRedis.heard, index.serial);
});

t.test('a fill that was in flight does not undo a purge', async (t) => {
  const index = createPurgeIndex();
  const asOf = 10;
  const heard = index.heardNow();
  index.apply(hard(tag('products')), 11);
  t.equal(index.verdict(stored({ asOf, heard })), 'hard', 'here');
  t.equal(index.verdict(stored({ asOf, heard: -1 })), 'hard', 'through Redis');
});

t.test('hard and soft purges of one selector are both known', async (t) => {
  const index = createPurgeIndex();
  index.apply(hard(tag('products')), 5);
  index.apply(soft(tag('products')), 7);
  t.equal(index.verdict(stored({ asOf: 4 })), 'hard');
  t.equal(index.verdict(stored({ asOf: 5 })), 'soft');
  t.equal(index.verdict(stored({ asOf: 6 })), 'soft');
  t.equal(index.verdict(stored({ asOf: 7 })), 'valid');
});

t.test('positions', async (t) => {
  t.test('the same purge under the same position changes nothing', async (t) => {
    const index = createPurgeIndex();
    index.apply(hard(tag('products')), 5);
    const meanwhile = stored({ asOf: 0, heard: index.heardNow() });
    index.apply(hard(tag('products')), 5);
    t.equal(index.verdict(meanwhile), 'valid');
    index.apply(hard(tag('products')), 6);
    t.equal(index.verdict(meanwhile), 'hard', 'a later one does');
  });

  t.test('a purge by somebody else counts although its position is lower', async (t) => {
    const index = createPurgeIndex();
    index.apply(hard(tag('products')), 9);
    const meanwhile = stored({ heard: index.heardNow() });
    index.apply(hard(tag('products')), 8);
    t.equal(index.verdict(meanwhile), 'hard');
    t.equal(index.verdict(stored({ asOf: 8 })), 'hard', 'and the higher one stays known');
  });

  t.test('a position that entries share is never taken for the same entry', async (t) => {
    const index = createPurgeIndex();
    index.apply(hard(tag('products')), 2047);
    const meanwhile = stored({ heard: index.heardNow() });
    index.apply(hard(tag('products')), 2047);
    t.equal(index.verdict(meanwhile), 'hard');
  });

  t.test('confirming gives a pending purge its position and purges nothing fetched meanwhile', async (t) => {
    const index = createPurgeIndex();
    const serial = index.apply(hard(tag('products')), PENDING);
    const meanwhile = stored({ heard: index.heardNow() });
    index.confirm(hard(tag('products')), 8, serial);
    t.equal(index.verdict(meanwhile), 'valid');
    t.equal(index.verdict(stored({ asOf: 7 })), 'hard');
    t.equal(index.verdict(stored({ asOf: 8 })), 'valid');
  });

  t.test('confirming an earlier purge leaves a later one of the same selector pending', async (t) => {
    const index = createPurgeIndex();
    const first = index.apply(hard(tag('products')), PENDING);
    const second = index.apply(hard(tag('products')), PENDING);
    index.confirm(hard(tag('products')), 3, first);
    t.equal(index.verdict(stored({ asOf: 100 })), 'hard');
    index.confirm(hard(tag('products')), 4, second);
    t.equal(index.verdict(stored({ asOf: 100 })), 'valid');
  });

  t.test('a confirmed purge of everything covers what is pending before it', async (t) => {
    const index = createPurgeIndex();
    index.apply(hard(tag('products')), PENDING);
    const all = index.apply(hard({ kind: 'all' }), PENDING);
    index.confirm(hard({ kind: 'all' }), 9, all);
    t.equal(index.verdict(stored({ asOf: 8 })), 'hard');
    t.equal(index.verdict(stored({ asOf: 9 })), 'valid');
    index.apply(hard(tag('products')), PENDING);
    t.equal(index.verdict(stored({ asOf: 9 })), 'hard', 'but not what came after it');
  });
});

t.test('floors', async (t) => {
  const index = createPurgeIndex();
  const early = stored({ heard: index.heardNow() });
  index.raiseFloor(10);
  t.equal(index.verdict(early), 'hard', 'fetched before');
  t.equal(index.verdict(stored({ asOf: 9 })), 'hard', 'stored as of before');
  t.equal(index.verdict(stored({ asOf: 10 })), 'valid');
  const late = stored({ heard: index.heardNow() });
  index.raiseStoredFloor(20);
  t.equal(index.verdict(late), 'valid', 'in memory');
  t.equal(index.verdict(stored({ asOf: 19 })), 'hard', 'in Redis');
  t.equal(index.stats().floor, 20);
});

t.test('over its bounds the oldest is forgotten into a floor, never into validity', async (t) => {
  const bounds = [
    { kind: 'tag', make: (i: number): Selector => tag(i === 0 ? 'products' : `t${i}`) },
    {
      kind: 'prefix',
      make: (i: number): Selector => ({ kind: 'prefix', prefix: i === 0 ? '/products' : `/t${i}` }),
    },
  ];
  for (const { kind, make } of bounds) {
    t.test(kind, async (t) => {
      const index = createPurgeIndex({ maxSelectors: 3, maxPatterns: 3 });
      const old = stored({ heard: index.heardNow() });
      for (let i = 0; i < 5; i++) index.apply(hard(make(i)), 10 + i);
      t.equal(index.verdict(old), 'hard');
      t.equal(index.verdict(stored({ asOf: 9, tags: [], url: 'http://x/' })), 'hard', 'whatever it is');
      t.equal(index.verdict(stored({ asOf: 11 })), 'valid', 'as of both forgotten ones');
      const { selectors, patterns } = index.stats();
      t.equal(selectors + patterns, 3);
    });
  }

  t.test('a soft one into a soft purge of everything', async (t) => {
    const index = createPurgeIndex({ maxSelectors: 1 });
    index.apply(soft(tag('products')), 5);
    index.apply(hard(tag('other')), 6);
    t.equal(index.verdict(stored({ asOf: 4 })), 'soft');
  });

  t.test('a purge renewed is young again', async (t) => {
    const index = createPurgeIndex({ maxSelectors: 2 });
    index.apply(hard(tag('a')), 1);
    index.apply(hard(tag('b')), 2);
    index.apply(hard(tag('a')), 3);
    index.apply(hard(tag('c')), 4);
    t.equal(index.verdict(stored({ tags: ['a'], asOf: 2 })), 'hard');
    t.equal(index.verdict(stored({ tags: ['x'], asOf: 2 })), 'valid', 'b was forgotten, at 2');
  });

  t.test('a pending one stays pending until it, or a later one, is confirmed', async (t) => {
    const index = createPurgeIndex({ maxSelectors: 1 });
    const first = index.apply(hard(tag('products')), PENDING);
    const second = index.apply(hard(tag('other')), PENDING);
    t.equal(index.verdict(stored({ asOf: 1e15 })), 'hard');
    t.ok(first < second);
    index.confirm(hard(tag('other')), 20, second);
    t.equal(index.verdict(stored({ asOf: 19 })), 'hard');
    t.equal(index.verdict(stored({ asOf: 20 })), 'valid');
  });
});

const WITHOUT_QUERY = new Set(['url-without-query', 'glob-anchored']);
/**
 * Of the response above, where it answers for other queries of its path as well: whatever could name one
 * of them.
 */
const forMany: { id: string; selector: Selector; matches: boolean }[] = [
  ...selectors.map((row) => (WITHOUT_QUERY.has(row.id) ? { ...row, matches: true } : row)),
  { id: 'other-query', selector: { kind: 'url', url: '/products/1?x=1' }, matches: true },
  { id: 'other-query-whole', selector: { kind: 'url', url: 'http://shop.test/products/1?x' }, matches: true },
  { id: 'other-path', selector: { kind: 'url', url: '/products/11?full=1' }, matches: false },
  { id: 'other-host', selector: { kind: 'url', url: 'http://o.test/products/1?full=1' }, matches: false },
  { id: 'prefix-other-query', selector: { kind: 'prefix', prefix: '/products/1?x' }, matches: true },
  {
    id: 'prefix-other-query-whole',
    selector: { kind: 'prefix', prefix: 'http://shop.test/products/1?x=1' },
    matches: true,
  },
  { id: 'prefix-longer-path', selector: { kind: 'prefix', prefix: '/products/11?x' }, matches: false },
  { id: 'prefix-path-below', selector: { kind: 'prefix', prefix: '/products/1/x?' }, matches: false },
  { id: 'glob-other-query', selector: { kind: 'glob', glob: '/products/*?x=*' }, matches: true },
  { id: 'glob-query-end', selector: { kind: 'glob', glob: '/products/1*y' }, matches: true },
  { id: 'glob-query-across', selector: { kind: 'glob', glob: '/**/deep?y' }, matches: true },
  { id: 'glob-whole', selector: { kind: 'glob', glob: 'http://*/products/*?x' }, matches: true },
  { id: 'glob-other-path', selector: { kind: 'glob', glob: '/products/2*' }, matches: false },
  { id: 'glob-path-below', selector: { kind: 'glob', glob: '/products/1/*?x' }, matches: false },
];
const SEARCH = '+\u0000';

t.test('what answers for many queries is taken by what names any of them', async (t) => {
  for (const { id, selector, matches } of forMany) {
    for (const isSoft of [false, true]) {
      const index = createPurgeIndex();
      const purged: PurgeVerdict = matches ? (isSoft ? 'soft' : 'hard') : 'valid';
      const heard = index.heardNow();
      index.apply({ selector, soft: isSoft }, 5);
      t.equal(index.verdict(stored({ search: SEARCH, heard })), purged, `${id}: in memory since before`);
      t.equal(index.verdict(stored({ search: SEARCH, asOf: 4 })), purged, `${id}: from Redis, as of before`);
      t.equal(index.verdict(stored({ search: SEARCH, asOf: 5 })), 'valid', `${id}: as of it`);
    }
  }
});

t.test('purges of several URLs of one path', async (t) => {
  const url = (query: string): Selector => ({ kind: 'url', url: `/products/1?${query}` });

  t.test('pending until each is covered', async (t) => {
    const index = createPurgeIndex();
    const first = index.apply(hard(url('a')), PENDING);
    const second = index.apply(hard(url('b')), PENDING);
    index.confirm(hard(url('a')), 20, first);
    t.equal(index.verdict(stored({ search: SEARCH, asOf: 1e15 })), 'hard', 'the second is not in the log');
    index.confirm(hard(url('b')), 21, second);
    t.equal(index.verdict(stored({ search: SEARCH, asOf: 20 })), 'hard');
    t.equal(index.verdict(stored({ search: SEARCH, asOf: 21 })), 'valid');
  });

  t.test('forgotten into a floor', async (t) => {
    const index = createPurgeIndex({ maxSelectors: 2 });
    const old = stored({ search: SEARCH, heard: index.heardNow() });
    for (let i = 0; i < 4; i++) index.apply(hard({ kind: 'url', url: `/p${i}?x` }), 10 + i);
    t.equal(index.verdict(old), 'hard');
    t.equal(index.verdict(stored({ search: SEARCH, asOf: 10 })), 'hard');
    t.equal(index.stats().selectors, 2);
  });
});

for (const [id, rows, search] of [
  ['one query', selectors, ''],
  ['many queries', forMany, SEARCH],
] as const)
  t.test(`against a model that keeps every purge there was: ${id}`, () => againstModel(rows, search));

async function againstModel(rows: typeof selectors, search: string): Promise<void> {
  const selector = fc.constantFrom(...rows.map(({ selector }) => selector));
  const step = fc.oneof(
    fc.record({ do: fc.constant('purge' as const), selector, soft: fc.boolean() }),
    fc.record({ do: fc.constant('pend' as const), selector, soft: fc.boolean() }),
    fc.record({ do: fc.constant('confirm' as const), selector, soft: fc.boolean() }),
    fc.record({ do: fc.constant('fetch' as const), selector, soft: fc.boolean() }),
  );
  const matching = new Set(rows.filter(({ matches }) => matches).map(({ selector }) => selector));

  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const index = createPurgeIndex();
      const purges: { purge: Purge; position: number; order: number; serial: number }[] = [];
      const responses: { asOf: number; heard: number; order: number; kept: ReturnType<typeof stored> }[] = [];
      let position = 0;
      for (const [order, { do: action, selector, soft }] of steps.entries()) {
        const purge = { selector, soft };
        if (action === 'purge') {
          position++;
          purges.push({ purge, position, order, serial: index.apply(purge, position) });
        } else if (action === 'pend') {
          purges.push({ purge, position: PENDING, order, serial: index.apply(purge, PENDING) });
        } else if (action === 'confirm') {
          const oldest = purges.find((each) => each.position === PENDING);
          if (oldest === undefined) continue;
          oldest.position = ++position;
          index.confirm(oldest.purge, position, oldest.serial);
        } else {
          const heard = index.heardNow();
          responses.push({ asOf: position, heard, order, kept: stored({ search, asOf: position, heard }) });
        }
        for (const { asOf, order: fetched, heard, kept } of responses) {
          const after = (isAfter: (purge: (typeof purges)[number]) => boolean): PurgeVerdict => {
            const found = purges.filter((each) => matching.has(each.purge.selector) && isAfter(each));
            if (found.some((each) => !each.purge.soft)) return 'hard';
            return found.length > 0 ? 'soft' : 'valid';
          };
          const inMemory = after((each) => each.order > fetched);
          if (index.verdict(kept) !== inMemory) return false;
          if (index.verdict(stored({ search, asOf, heard })) !== inMemory) return false;
          if (index.verdict(stored({ search, asOf })) !== after((each) => each.position > asOf)) return false;
        }
      }
      return true;
    }),
    { numRuns: 500 },
  );
}
