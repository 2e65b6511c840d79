import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { systemClock } from '../../src/clock.ts';
import { shareClock } from '../../src/workers/shared-clock.ts';

t.test('one moment is one number in all processes, whenever their own time began', async (t) => {
  let passed = 1_000;
  const clockFrom = (began: number) =>
    shareClock({ now: () => 0, monotonic: () => passed - began }, () => passed + 7e9);
  const [old, young] = [clockFrom(0), clockFrom(990)];
  t.equal(old.now(), young.now());
  passed += 250;
  t.equal(old.now(), young.now());
  t.equal(old.now(), 7e9 + 1_250);
  // What the one's own time says of a moment, the other's says, too.
  t.equal(young.fromShared(old.toShared(1_100)), 110);
  t.equal(old.fromShared(young.toShared(110)), 1_100);
});

t.test('a wall clock that is set moves nothing', async (t) => {
  let wall = 1e12;
  const shared = shareClock({ now: () => wall, monotonic: () => 50 }, () => 900);
  const before = shared.now();
  wall -= 3_600_000;
  t.equal(shared.now(), before);
});

t.test('never and for ever stay what they are', async (t) => {
  const { toShared, fromShared } = shareClock({ now: () => 0, monotonic: () => 5 }, () => 1_000);
  for (const end of [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY]) {
    t.equal(toShared(end), end);
    t.equal(fromShared(end), end);
  }
});

t.test('what is translated is never newer than it was', async (t) => {
  // A moment passes between the two readings.
  let passed = 0;
  const tick = () => ++passed;
  const shared = shareClock({ now: () => 0, monotonic: tick }, () => tick() + 100);
  const at = passed;
  t.ok(shared.fromShared(at + 100) <= at, 'in the own time');
});

t.test('real processes agree', async (t) => {
  const child = fork(fileURLToPath(new URL('shared-clock-child.ts', import.meta.url)), {
    execArgv: ['--import=tsx'],
  });
  const own = shareClock(systemClock);
  await once(child, 'message');
  const before = own.now();
  child.send('now');
  const [there] = await once(child, 'message');
  const after = own.now();
  t.ok(before - 5 <= there && there <= after + 5, `${there} is between ${before} and ${after}`);
  child.kill();
});
