import { EventEmitter, once } from 'node:events';
import pino from 'pino';
import t from 'tap';
import { systemClock } from '../../src/clock.ts';
import { OperatorError } from '../../src/errors.ts';
import { LASTED, restartDelay } from '../../src/workers/back-off.ts';
import type { ProcessListeners } from '../../src/workers/cluster.ts';
import { createCrew } from '../../src/workers/crew.ts';
import { createSupervisor, type Worker } from '../../src/workers/supervisor.ts';

t.test('a worker that keeps on ending is started ever later', async (t) => {
  t.same(
    [1, 2, 3, 7, 8, 50].map((failures) => restartDelay(failures)),
    [100, 200, 400, 6_400, 10_000, 10_000],
  );
  t.equal(LASTED, 10_000);
});

/** Processes that are none: what they are sent is seen, and what they say is said by the test. */
function createStage(count: number, admit: (worker: Worker) => Promise<void> = async () => {}) {
  const spawned: (ProcessListeners & { sent: unknown[]; killed: boolean })[] = [];
  const events = new EventEmitter();
  const supervisor = createSupervisor({
    count,
    clock: systemClock,
    log: pino({ level: 'silent' }),
    admit: async (worker) => {
      await admit(worker);
      worker.welcomed = true;
    },
    answers: () => ({ append: () => ({ kind: 'pending' }), spread: () => undefined }),
    onGone: (worker) => events.emit('gone', worker),
    spawn(listeners) {
      const process = { ...listeners, sent: [] as unknown[], killed: false };
      spawned.push(process);
      setImmediate(() => {
        events.emit('spawned');
        if (!process.killed) process.onMessage({ notice: { kind: 'hello' } });
      });
      return {
        pid: spawned.length,
        send(message) {
          process.sent.push(message);
          events.emit('sent', process, message);
        },
        kill() {
          if (process.killed) return;
          process.killed = true;
          setImmediate(() => process.onExit(null, 'SIGKILL'));
        },
      };
    },
  });
  return { supervisor, spawned, events };
}

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

t.test('whoever does not settle has ended before all are settled', async (t) => {
  const { supervisor, spawned, events } = createStage(2);
  await supervisor.start();
  const crew = createCrew(supervisor);
  // The first answers, the second never does.
  events.on('sent', (process, message: { id: number }) => {
    if (process === spawned[0]) process.onMessage({ answer: message.id, value: undefined });
  });
  const gone = once(events, 'gone');
  let settled = false;
  const settling = crew.every('settle', undefined, 50).then(() => {
    settled = true;
  });
  const [worker] = await gone;
  t.equal((worker as Worker).number, 2);
  t.ok(spawned[1]?.killed);
  t.notOk(spawned[0]?.killed);
  t.notOk(settled, 'not before');
  await settling;
  supervisor.stop();
});
