import t from 'tap';
import type { Purgeable } from '../../src/policy/stored-response.ts';
import { createCountMatching } from '../../src/purge/matching.ts';
import type { Selector } from '../../src/purge/selector.ts';

const COUNT = 25_000;

const responses: Purgeable[] = Array.from({ length: COUNT }, (_, i) => ({
  search: '',
  url: `http://shop.example/products/${i}`,
  route: i % 2 === 0 ? 'even' : 'odd',
  tags: [`hundred:${Math.floor(i / 100)}`],
  asOf: 7,
  heard: 3,
}));

t.test('counts what a purge names, and touches nothing', async (t) => {
  const matching = createCountMatching(() => responses);
  const rows: readonly { given: Selector; expect: number }[] = [
    { given: { kind: 'url', url: '/products/7' }, expect: 1 },
    { given: { kind: 'url', url: 'http://other.example/products/7' }, expect: 0 },
    { given: { kind: 'tag', tag: 'hundred:3' }, expect: 100 },
    { given: { kind: 'route', route: 'even' }, expect: COUNT / 2 },
    { given: { kind: 'prefix', prefix: '/products/9' }, expect: 1 + 10 + 100 + 1000 },
    { given: { kind: 'glob', glob: '/products/*7' }, expect: COUNT / 10 },
    { given: { kind: 'all' }, expect: COUNT },
  ];
  for (const { given, expect } of rows) {
    t.equal(await matching({ selector: given, soft: false }), expect, JSON.stringify(given));
    t.equal(await matching({ selector: given, soft: true }), expect, 'soft');
  }
  t.ok(responses.every(({ heard, asOf }) => heard === 3 && asOf === 7));
});

t.test('however many count, other work gets its turn after each slice', async (t) => {
  let looked = 0;
  let most = 0;
  let since = 0;
  const walk = function* () {
    for (const response of responses) {
      looked++;
      most = Math.max(most, ++since);
      yield response;
    }
  };
  const matching = createCountMatching(walk);
  let counting = true;
  const others = () => {
    since = 0;
    if (counting) setImmediate(others);
  };
  others();
  const selector: Selector = { kind: 'tag', tag: 'hundred:3' };
  const counts = await Promise.all(Array.from({ length: 20 }, () => matching({ selector, soft: false })));
  counting = false;
  t.same(counts, Array(20).fill(100));
  t.equal(looked, 20 * COUNT);
  t.ok(most <= 2_000, `${most} at once`);
});
