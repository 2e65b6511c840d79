import t from 'tap';
import { createPurgeIndex } from '../../src/purge/purge-index.ts';
import type { Purge, Selector } from '../../src/purge/selector.ts';

const stored = (asOf: number, url = 'http://a.test/p/1?q=1') => ({
  url,
  search: '',
  route: 'product',
  tags: ['t1'],
  asOf,
  heard: -1,
});

const hard = (selector: Selector): Purge => ({ selector, soft: false });

for (const { id, selector } of [
  { id: 'url', selector: { kind: 'url', url: 'http://a.test/p/1?q=1' } },
  { id: 'tag', selector: { kind: 'tag', tag: 't1' } },
  { id: 'route', selector: { kind: 'route', route: 'product' } },
  { id: 'prefix', selector: { kind: 'prefix', prefix: '/p/' } },
  { id: 'prefix with a colon', selector: { kind: 'prefix', prefix: 'http://a.test/p' } },
  { id: 'glob', selector: { kind: 'glob', glob: '/p/*' } },
  { id: 'all', selector: { kind: 'all' } },
] as const) {
  t.test(`an index restored from a snapshot judges alike: ${id}`, async (t) => {
    const first = createPurgeIndex();
    first.apply(hard(selector), 100);
    first.apply({ selector, soft: true }, 200);
    const second = createPurgeIndex({ from: first.snapshot() });
    t.equal(second.serial, first.serial);
    t.equal(second.verdict(stored(99)), 'hard');
    t.equal(second.verdict(stored(150)), 'soft');
    t.equal(second.verdict(stored(200)), 'valid');
    t.same(second.stats(), first.stats());
  });
}

t.test('what is pending stays so until it is confirmed', async (t) => {
  const first = createPurgeIndex();
  const purge = hard({ kind: 'tag', tag: 't1' });
  const serial = first.apply(purge, Number.POSITIVE_INFINITY);
  const second = createPurgeIndex({ from: first.snapshot() });
  t.equal(second.verdict(stored(1_000)), 'hard');
  second.confirm(purge, 500, serial);
  t.equal(second.verdict(stored(1_000)), 'valid');
  t.equal(second.verdict(stored(499)), 'hard');
  t.equal(first.verdict(stored(1_000)), 'hard', 'the snapshot was a copy');
});
