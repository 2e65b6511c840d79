import t from 'tap';
import { createMemoryTier } from '../../src/store/memory-tier.ts';
import { startSweeping } from '../../src/store/sweeper.ts';
import { NOW, storedResponse } from './stored-samples.ts';

t.test('clears all that expired, however much, and stops', async (t) => {
  const memory = createMemoryTier({ limit: 100_000_000 });
  const stored = storedResponse({ body: new Uint8Array(0) });
  for (let i = 0; i < 5_000; i++) memory.put(`k${i}`, stored, NOW + (i % 2));
  let now = NOW + 1;
  const clock = { now: () => now, monotonic: () => now };
  const stop = startSweeping(memory, { interval: 5, clock });
  while (memory.stats().expired < 2_500) await new Promise((resolve) => setTimeout(resolve, 2));
  t.equal(memory.stats().responses, 2_500);
  stop();
  now += 1;
  await new Promise((resolve) => setTimeout(resolve, 20));
  t.equal(memory.stats().responses, 2_500, 'stopped');
});

t.test('one round goes through everything, in slices', async (t) => {
  const memory = createMemoryTier({ limit: 100_000_000 });
  const stored = storedResponse({ body: new Uint8Array(0) });
  for (let i = 0; i < 5_000; i++) memory.put(`k${i}`, stored, NOW - 1);
  let round = (): void => {
    throw new Error('no timer was set');
  };
  t.intercept(globalThis, 'setInterval', {
    value: (callback: () => void) => {
      round = callback;
      return { unref() {} };
    },
  });
  const stop = startSweeping(memory, { interval: 1_000, clock: { now: () => NOW, monotonic: () => 0 } });
  t.teardown(stop);
  round();
  const atOnce = memory.stats().expired;
  t.ok(atOnce > 0 && atOnce < 5_000, `${atOnce} in the first slice`);
  for (let i = 0; i < 5; i++) await new Promise(setImmediate);
  t.equal(memory.stats().responses, 0);
});
