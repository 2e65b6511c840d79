import t from 'tap';
import { openDoors } from './fuzz/compare.ts';
import { FLAWS } from './fuzz/flaws.ts';
import { runFuzz } from './fuzz/run.ts';
import { randomOf, streamOf } from './fuzz/stream.ts';

/** By hand: STREAM_SEED=17, and many more with scripts/fuzz-doors.ts. */
const { STREAM_SEED } = process.env;
const seed = Number(STREAM_SEED ?? Date.now() % 1_000_000);

t.test('whatever the fast door answers, node’s parser reads in the same way', async (t) => {
  const run = await runFuzz({ seed, count: 2_500 });
  t.equal(run.finding, undefined);
  // Where next to nothing is accepted, nothing is proven.
  t.ok(run.accepted > 0.3 * run.requests, `${run.accepted} of ${run.requests} requests were answered`);
  t.ok(run.handedOn > 0.3 * run.streams, `${run.handedOn} of ${run.streams} connections were handed on`);
  t.ok(run.late < 0.01 * run.streams, `${run.late} are still waited for`);
});

t.test('clients get the same from both doors', async (t) => {
  const doors = await openDoors();
  t.teardown(doors.close);
  const streams = Array.from({ length: 192 }, (_, i) => streamOf(seed, i));
  t.equal(await doors.differ(streams, randomOf(seed, -1)), undefined, `seed ${seed}`);
});

t.test('a door with a flaw is found out', async (t) => {
  for (const [id, flaw] of Object.entries(FLAWS)) {
    const { finding, streams } = await runFuzz({ seed: 5, count: 3_000, flaw, asItIs: true });
    t.ok(finding, `${id}: within ${streams}`);
  }
});
