import { once } from 'node:events';
import t from 'tap';
import { OperatorError } from '../../src/errors.ts';
import { LASTED, restartDelay } from '../../src/workers/back-off.ts';
import { createStage } from './stage.ts';

t.test('a worker that keeps on ending is started ever later', async (t) => {
  t.same(
    [1, 2, 3, 7, 8, 50].map((failures) => restartDelay(failures)),
    [100, 200, 400, 6_400, 10_000, 10_000],
  );
  t.equal(LASTED, 10_000);
});

t.test('one that ends is replaced in its place', async (t) => {
  const { supervisor, spawned, events } = createStage(2);
  await supervisor.start();
  t.same(
    [...supervisor.workers].map(({ number }) => number),
    [1, 2],
  );
  spawned[0]?.onExit(1, null);
  t.equal(supervisor.workers.size, 1);
  await once(events, 'spawned');
  t.same(
    [...supervisor.workers].map(({ number, id }) => [number, id]),
    [
      [2, 2],
      [1, 3],
    ],
  );
  t.equal(supervisor.restarts, 1);
  supervisor.stop();
  spawned[1]?.onExit(1, null);
  t.equal(supervisor.workers.size, 1, 'after the stop nobody is replaced');
});

t.test('a start fails with the first that cannot start, and is not tried again', async (t) => {
  const { supervisor, spawned } = createStage(2, async ({ number }) => {
    if (number === 2) throw new OperatorError('taken');
  });
  await t.rejects(supervisor.start(), { message: 'taken' });
  await new Promise((resolve) => setTimeout(resolve, 250));
  t.equal(spawned.length, 2);
  t.ok(spawned[1]?.killed);
});
