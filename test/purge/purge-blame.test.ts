import t from 'tap';
import { createPurgeIndex } from '../../src/purge/purge-index.ts';
import type { Selector } from '../../src/purge/selector.ts';

const URLS = ['http://a/p', 'http://a/p?b=1', 'http://a/q/r', 'http://c/p'];
const SELECTORS: readonly Selector[] = [
  ...['http://a/p', '/p', '/p?b=1', '/q/r'].map((url) => ({ kind: 'url', url }) as const),
  { kind: 'tag', tag: 'x' },
  { kind: 'tag', tag: 'y' },
  { kind: 'route', route: 'r' },
  { kind: 'prefix', prefix: '/q' },
  { kind: 'glob', glob: '/*/r' },
  { kind: 'glob', glob: 'http://c/*' },
  { kind: 'all' },
];

/** Numbers below `n`, the same in each run. */
function numbers(seed: number) {
  let state = seed;
  return (n: number) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return (state >>> 8) % n;
  };
}

const pick = <T>(list: readonly T[], n: (below: number) => number): T => list[n(list.length)] as T;

t.test('blames a purge for each verdict but valid, of the kind of the verdict', async (t) => {
  const seen = new Map<string, number>();
  for (let seed = 1; seed <= 400; seed++) {
    const n = numbers(seed);
    const index = createPurgeIndex({ maxSelectors: seed % 3 === 0 ? 2 : 100, maxPatterns: 2 });
    const purges = n(5);
    const stored = () => ({
      search: n(3) === 0 ? '-\u0000' : '',
      url: pick(URLS, n),
      route: n(2) === 0 ? 'r' : 's',
      tags: n(2) === 0 ? ['x'] : [],
      asOf: n(6),
      heard: n(2) === 0 ? -1 : n(4),
    });
    for (let i = 0; i < purges; i++) {
      const purge = { selector: pick(SELECTORS, n), soft: n(2) === 0 };
      const serial = index.apply(purge, n(3) === 0 ? Number.POSITIVE_INFINITY : i + 1);
      if (n(3) === 0) index.confirm(purge, i + 1, serial);
    }
    for (let i = 0; i < 10; i++) {
      const one = stored();
      const blame = index.blame(one);
      const verdict = index.verdict({ ...one });
      seen.set(verdict, (seen.get(verdict) ?? 0) + 1);
      if ((blame?.kind ?? 'valid') !== verdict)
        return t.equal(blame?.kind ?? 'valid', verdict, `seed ${seed}: ${JSON.stringify(one)}`);
    }
  }
  t.ok(
    ['valid', 'soft', 'hard'].every((verdict) => (seen.get(verdict) ?? 0) > 50),
    JSON.stringify([...seen]),
  );
});

t.test('names the purge, and its position', async (t) => {
  const index = createPurgeIndex();
  const one = { search: '', url: 'http://a/p?b=1', route: 'r', tags: ['x'], asOf: 3, heard: -1 };
  t.equal(index.blame(one), undefined);
  index.apply({ selector: { kind: 'tag', tag: 'x' }, soft: true }, 4);
  t.same(index.blame(one), { kind: 'soft', selector: 'tag:x', position: 4 });
  index.apply({ selector: { kind: 'glob', glob: '/p*' }, soft: true }, 5);
  t.same(index.blame(one), { kind: 'soft', selector: 'glob:/p*', position: 5 }, 'the newest of one kind');
  const pending = { selector: { kind: 'url', url: '/p?b=1' }, soft: false } as const;
  const serial = index.apply(pending, Number.POSITIVE_INFINITY);
  t.same(
    index.blame(one),
    { kind: 'hard', selector: 'url:/p?b=1', position: undefined },
    'not in the log yet',
  );
  index.confirm(pending, 9, serial);
  t.same(index.blame(one), { kind: 'hard', selector: 'url:/p?b=1', position: 9 });
  t.equal(one.heard, -1, 'nothing is touched');
});
