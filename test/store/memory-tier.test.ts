import { equal, ok } from 'node:assert/strict';
import fc from 'fast-check';
import t from 'tap';
import type { Stored, StoredResponse } from '../../src/policy/stored-response.ts';
import { createMemoryTier } from '../../src/store/memory-tier.ts';
import { sizeOf } from '../../src/store/stored-size.ts';
import { NOW, searchRecord, storedResponse, varyRecord } from './stored-samples.ts';

const MiB = 1024 * 1024;
const { CACHESIDE_TIER_RUNS = '40' } = process.env;

t.test('counts hits, misses, sets and deletes; a record of Vary is no hit', (t) => {
  const tier = createMemoryTier({ limit: MiB });
  t.equal(tier.peek('a'), undefined);
  t.equal(tier.put('a', storedResponse(), NOW), true);
  t.equal(tier.put('a', storedResponse(), NOW), true);
  t.equal(tier.put('v', varyRecord(), NOW), true);
  t.ok(tier.peek('a'));
  t.ok(tier.peek('v'));
  t.equal(tier.delete('a'), true);
  t.equal(tier.delete('a'), false);
  t.match(tier.stats(), { responses: 1, hits: 1, misses: 1, sets: 3, deletes: 1, evictions: 0, expired: 0 });
  t.strictSame([...tier.keys()], ['v']);
  t.end();
});

t.test('a peek is a use, a glance is not', (t) => {
  const tier = createMemoryTier({ limit: 40_000 });
  const body = Buffer.alloc(5_000);
  const fill = (from: number) => {
    for (let i = from; tier.stats().evictions === 0; i++) tier.put(`k${i}`, storedResponse({ body }), NOW);
  };
  tier.put('peeked', storedResponse({ body }), NOW);
  tier.put('glanced', storedResponse({ body }), NOW);
  tier.put('other', storedResponse({ body }), NOW);
  tier.peek('peeked');
  tier.glance('glanced');
  fill(0);
  t.equal(tier.glance('glanced'), undefined);
  t.ok(tier.glance('peeked'));
  t.match(tier.stats(), { hits: 1, misses: 0, evictions: 1 });
  t.end();
});

t.test('stays under its limit, whatever comes', (t) => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(30), fc.nat(30_000), fc.nat(100)), { maxLength: 60 }), (puts) => {
      const limit = 100_000;
      const tier = createMemoryTier({ limit });
      for (const [key, size, expires] of puts) {
        const body = Buffer.alloc(size);
        const kept = tier.put(`k${key}`, storedResponse({ body }), expires);
        const { bytes, responses } = tier.stats();
        ok(bytes <= limit && bytes >= responses * 1_000);
        equal(kept, size < 20_000 || (size < 22_000 && kept));
        if (key % 7 === 0) tier.delete(`k${key}`);
        if (key % 5 === 0) tier.sweep(50, 3);
      }
      tier.sweep(1_000, 1_000);
      tier.sweep(1_000, 1_000);
      t.equal(tier.stats().responses, 0);
      t.equal(tier.stats().bytes, 0);
    }),
    { numRuns: 100 },
  );
  t.end();
});

type Step =
  | { readonly kind: 'put'; readonly key: number; readonly size: number; readonly isShort: boolean }
  | { readonly kind: 'peek' | 'delete' | 'attach'; readonly key: number }
  | { readonly kind: 'sweep' };

const anyKey = fc.nat(40);
const anyStep: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant('put' as const),
      key: anyKey,
      size: fc.oneof(fc.nat(2_000), fc.nat(22_000)),
      isShort: fc.boolean(),
    }),
  },
  { weight: 8, arbitrary: fc.record({ kind: fc.constant('peek' as const), key: anyKey }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom('delete', 'attach'), key: anyKey }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('sweep' as const) }) },
);

t.test('has what was put, as long as it says that it did not let it go', (t) => {
  const limit = 100_000;
  const check = (steps: readonly Step[]) => {
    const tier = createMemoryTier({ limit });
    /** All that was put, and neither deleted nor expired nor found evicted. */
    const expected = new Map<string, { stored: StoredResponse; expires: number }>();
    const counts = { sets: 0, deletes: 0, evictions: 0, expired: 0, hits: 0, misses: 0 };
    const held = () => [...tier.keys()];
    for (const step of steps) {
      const { bytes } = tier.stats();
      let added = 0;
      const key = step.kind === 'sweep' ? '' : `k${step.key}`;
      const before = expected.get(key);
      if (step.kind === 'put') {
        const stored = storedResponse({ body: Buffer.alloc(step.size) });
        const expires = step.isShort ? NOW - 1 : NOW + 1;
        if (tier.put(key, stored, expires)) {
          counts.sets++;
          added = sizeOf(key, stored);
          expected.set(key, { stored, expires });
        }
      } else if (step.kind === 'peek') {
        equal(tier.peek(key), before?.stored);
        if (before === undefined) counts.misses++;
        else counts.hits++;
      } else if (step.kind === 'delete') {
        equal(tier.delete(key), expected.delete(key));
        if (before !== undefined) counts.deletes++;
      } else if (step.kind === 'attach') {
        const forms = [{ coding: 'br' as const, body: Buffer.alloc(3_000) }];
        if (before !== undefined && tier.attach(key, before.stored, forms)) added = 5_000;
      } else {
        // All of it, wherever the last sweep stopped.
        counts.expired += tier.sweep(NOW, 1_000) + tier.sweep(NOW, 1_000);
        for (const [late, { expires }] of expected) if (expires < NOW) expected.delete(late);
      }
      const now = new Set(held());
      equal(now.size, held().length, 'each once');
      const evicted = [...expected.keys()].filter((one) => !now.has(one));
      for (const one of evicted) expected.delete(one);
      counts.evictions += evicted.length;
      equal(now.size, expected.size, 'and nothing else');
      for (const [one, { stored }] of expected) equal(tier.glance(one), stored);
      let sum = 0;
      for (const [one, { stored }] of expected) sum += sizeOf(one, stored);
      const stats = tier.stats();
      equal(stats.bytes, sum);
      ok(sum <= limit);
      ok(evicted.length === 0 || bytes + added > limit * 0.99, 'evicts for room alone');
      if (step.kind === 'put' && added > 0) ok(now.has(key), 'what was put is there');
      for (const [name, count] of Object.entries(counts))
        equal(stats[name as keyof typeof counts], count, name);
      equal(stats.responses, now.size);
    }
    return tier.stats();
  };
  fc.assert(
    fc.property(fc.array(anyStep, { minLength: 100, maxLength: 300 }), (steps) => void check(steps)),
    { numRuns: Number(CACHESIDE_TIER_RUNS) },
  );
  t.end();
});

t.test('what a No-Vary-Search adds is counted', (t) => {
  const sizeOf = (stored: Stored) => {
    const tier = createMemoryTier({ limit: 1_000_000 });
    tier.put('k', stored, NOW);
    return tier.stats().bytes;
  };
  const plain = sizeOf(storedResponse());
  t.equal(sizeOf(storedResponse({ search: 'x'.repeat(500) })), plain + 500);
  t.equal(sizeOf(varyRecord({ search: 'x'.repeat(500) })), sizeOf(varyRecord()) + 500);
  const name = 'n'.repeat(500);
  const [short, long] = [searchRecord('params=("n")'), searchRecord(`params=("n" "${name}")`)];
  t.ok(sizeOf(long) > sizeOf(short) + 1_000, 'its text and its names');
  const tier = createMemoryTier({ limit: 1_000_000 });
  tier.put('k', long, NOW);
  tier.peek('k');
  t.match(tier.stats(), { hits: 0, misses: 0 }, 'a record is no hit');
  t.end();
});

t.test('what is too large is refused and leaves the older one where it is', (t) => {
  const tier = createMemoryTier({ limit: 100_000 });
  const older = storedResponse({ body: Buffer.alloc(9_000) });
  tier.put('a', older, NOW);
  t.equal(tier.put('a', storedResponse({ body: Buffer.alloc(30_000) }), NOW), false);
  t.equal(tier.peek('a'), older);
  t.equal(tier.stats().evictions, 0);
  t.end();
});

t.test('a body that is a view into a large buffer is copied, and its own buffer is not', (t) => {
  const tier = createMemoryTier({ limit: MiB });
  const read = Buffer.allocUnsafeSlow(64 * 1024).fill('x');
  tier.put('view', storedResponse({ body: read.subarray(10, 210) }), NOW);
  const own = Buffer.allocUnsafeSlow(20_000);
  tier.put('own', storedResponse({ body: own }), NOW);
  const view = tier.peek('view');
  const kept = tier.peek('own');
  t.ok(view && 'body' in view && view.body.buffer.byteLength === 200);
  t.ok(view && 'body' in view && Buffer.from(view.body).equals(read.subarray(10, 210)));
  t.ok(kept && 'body' in kept && kept.body === own);
  t.end();
});

t.test('a sweep looks at a bounded number and goes on where it stopped', (t) => {
  const tier = createMemoryTier({ limit: 10 * MiB });
  // Long-lived and expired ones by turns, so that no slice can do with the first few.
  for (let i = 0; i < 100; i++) tier.put(`k${i}`, storedResponse(), i % 2 === 0 ? NOW + 1_000 : NOW - 1);
  t.ok(tier.sweep(NOW, 10) <= 10);
  t.equal(tier.stats().responses, 95);
  let calls = 1;
  while (tier.stats().expired < 50 && calls < 20) {
    tier.sweep(NOW, 10);
    calls++;
    // What happens between two slices must not make it lose its way.
    tier.peek(`k${calls * 2}`);
    tier.put(`new${calls}`, storedResponse(), NOW + 1_000);
  }
  t.equal(calls, 10);
  t.match(tier.stats(), { expired: 50, deletes: 0, evictions: 0, responses: 50 + 9 });
  t.equal(tier.sweep(NOW + 1_001, 1_000) > 0, true);
  tier.sweep(NOW + 1_001, 1_000);
  t.equal(tier.stats().responses, 0);
  t.end();
});

t.test('about one use in 64 is sampled, of all that are used in turn', (t) => {
  const sampled = new Map<string, number>();
  const onSample = (key: string) => sampled.set(key, (sampled.get(key) ?? 0) + 1);
  const tier = createMemoryTier({ limit: MiB, onSample });
  for (let i = 0; i < 64; i++) tier.put(`k${i}`, storedResponse(), NOW);
  for (let i = 0; i < 640_000; i++) {
    tier.peek(`k${i % 64}`);
    tier.peek('absent');
    tier.glance('k0');
  }
  t.equal(sampled.size, 64);
  const samples = [...sampled.values()];
  const all = samples.reduce((sum, count) => sum + count, 0);
  t.ok(all > 9_000 && all < 11_000, `${all}`);
  t.ok(Math.min(...samples) > 100 && Math.max(...samples) < 220, `${samples}`);
  t.end();
});
