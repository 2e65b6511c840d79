import t from 'tap';
import { createPurgeHistory } from '../../src/purge/purge-history.ts';
import type { Purge } from '../../src/purge/selector.ts';
import { tag } from './sidecar.ts';

const by = (id: string, at: number, purge: Purge): Purge => ({
  ...purge,
  orders: [{ id, by: 'deploy', at }],
});

t.test('pending first, then the newest', async (t) => {
  const history = createPurgeHistory();
  history.read(by('one', 1, tag('x')), 10);
  history.read(by('three', 3, tag('x')), 30);
  history.read(by('two', 2, tag('x')), 20);
  history.open(by('four', 4, tag('y')), 1);
  history.open(by('four', 4, tag('z')), 2);
  history.read(tag('an invalidation'), 40);
  const ids = () => history.newest(10).map(({ order }) => order.id);
  t.same(ids(), ['four', 'three', 'two', 'one']);
  t.match(history.find('four'), {
    position: undefined,
    isPending: true,
    isRead: false,
    purges: { length: 2 },
    more: false,
  });
  history.read(by('four', 4, tag('y')), 50);
  t.match(history.find('four'), { position: 50, isPending: true }, 'not all of it was read');
  t.same(ids(), ['four', 'three', 'two', 'one']);
  history.read(by('four', 4, tag('z')), 60);
  t.match(history.find('four'), { position: 60, isPending: false, isRead: true });
  t.same(
    history.newest(1).map(({ order }) => order.id),
    ['four'],
  );
});

t.test('its size is bounded, and that of each order', async (t) => {
  const history = createPurgeHistory(3);
  for (let i = 0; i < 5; i++) history.read(by(`${i}`, i, tag('x')), i);
  t.same(
    history.newest(10).map(({ order }) => order.id),
    ['4', '3', '2'],
  );
  for (let i = 0; i < 101; i++) history.open(by('large', 9, tag(`t${i}`)), i);
  t.match(history.find('large'), { purges: { length: 100 }, more: true });
  for (let i = 0; i < 100; i++) history.open(by('fits', 9, tag(`t${i}`)), i);
  t.match(history.find('fits'), { purges: { length: 100 }, more: false });
});

t.test('a purge of everything settles all that was pending before it', async (t) => {
  const history = createPurgeHistory();
  history.open(by('before', 1, tag('x')), 1);
  history.open(by('after', 2, tag('x')), 3);
  const all = { selector: { kind: 'all' } } as const;
  history.settle({ ...all, soft: true }, 2, 10);
  t.match(history.find('before'), { isPending: true });
  history.settle({ ...all, soft: false }, 2, 10);
  t.match(history.find('before'), { isPending: false, position: 10 });
  t.match(history.find('after'), { isPending: true });
});
