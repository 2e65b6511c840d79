import t from 'tap';
import { createMemoryTier } from '../../src/store/memory-tier.ts';
import { createReclaim } from '../../src/store/reclaim.ts';
import { NOW, storedResponse } from './stored-samples.ts';

const MIB = 1024 * 1024;

const SEARCHES = [
  { limit: 16 * MIB, held: 10, after: 16 * MIB, why: 'no sooner than it pays' },
  { limit: 512 * MIB, held: 10, after: 32 * MIB, why: 'a sixteenth of the limit' },
  { limit: 64 * MIB, held: 40_000, after: 40_000 * 1024, why: 'the more is held, the more a search costs' },
  { limit: 64_000 * MIB, held: 10, after: 64 * MIB, why: 'V8 begins by itself' },
];

for (const { limit, held, after, why } of SEARCHES) {
  t.test(`${limit / MIB} MiB, ${held} held: ${why}`, (t) => {
    let begun = 0;
    const reclaim = createReclaim(limit, () => begun++);
    const step = 64 * 1024;
    for (let letGo = step; letGo < after; letGo += step) reclaim(step, held);
    t.equal(begun, 0);
    reclaim(step, held);
    t.equal(begun, 1);
    for (let letGo = step; letGo < after; letGo += step) reclaim(step, held);
    t.equal(begun, 1, 'counted anew');
    t.end();
  });
}

t.test('a tier tells of what it lets go, and not of a body that lives on', (t) => {
  const told: [bytes: number, held: number][] = [];
  const tier = createMemoryTier({ limit: 100_000, reclaim: (...one) => told.push(one) });
  const body = Buffer.alloc(20_000);
  const stored = storedResponse({ body });
  tier.put('a', stored, NOW);
  const { bytes } = tier.stats();
  tier.put('a', { ...stored, lifetime: 1 }, NOW);
  t.strictSame(told, [], 'freshened');
  tier.put('a', storedResponse({ body: Buffer.from(body) }), NOW);
  t.strictSame(told.splice(0), [[bytes, 0]], 'replaced');
  tier.delete('a');
  t.strictSame(told.splice(0), [[bytes, 0]], 'deleted');
  for (let i = 0; i < 6; i++) tier.put(`k${i}`, storedResponse({ body: Buffer.from(body) }), NOW - 1);
  const { responses, evictions } = tier.stats();
  t.ok(evictions > 0);
  t.equal(told.splice(0).length + responses, 6, 'evicted');
  tier.sweep(NOW, 10);
  t.equal(told.length, responses, 'expired');
  t.end();
});
