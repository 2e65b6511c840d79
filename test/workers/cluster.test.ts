import cluster from 'node:cluster';
import { EventEmitter, once } from 'node:events';
import pino from 'pino';
import t, { type Test } from 'tap';
import { systemClock } from '../../src/clock.ts';
import { clusterSpawn } from '../../src/workers/cluster.ts';
import { createSupervisor } from '../../src/workers/supervisor.ts';

type Forked = ReturnType<typeof cluster.fork>;

/** What `fork` does is the test's; by default, what Node does where there is no memory. */
function stageFork(t: Test, fork: () => Forked = outOfMemory): void {
  const own = cluster.fork;
  cluster.fork = fork;
  t.teardown(() => {
    cluster.fork = own;
  });
}

function outOfMemory(): never {
  throw Object.assign(new Error('spawn ENOMEM'), { code: 'ENOMEM', syscall: 'spawn' });
}

/** A process that says hello. */
function forked(pid: number): Forked {
  const worker = Object.assign(new EventEmitter(), { process: { pid, connected: false, kill() {} } });
  setImmediate(() => worker.emit('message', { notice: { kind: 'hello' } }));
  return worker as unknown as Forked;
}

t.test('a process that cannot be started ends, on the next turn and once', async (t) => {
  stageFork(t);
  const ends: unknown[] = [];
  const ended = new Promise<void>((resolve) => {
    const spawned = clusterSpawn('nowhere.js')({
      onMessage: () => t.fail('nobody says anything'),
      onExit(...how) {
        ends.push(how);
        resolve();
      },
    });
    spawned.send({ notice: { kind: 'leave' } });
    spawned.kill();
    t.same(ends, [], 'not before whoever spawns it has hold of it');
  });
  await ended;
  t.same(ends, [[null, 'ENOMEM']]);
});

function supervise(count: number) {
  const events = new EventEmitter();
  const lines: Record<string, unknown>[] = [];
  const supervisor = createSupervisor({
    count,
    spawn: clusterSpawn('nowhere.js'),
    clock: systemClock,
    log: pino(
      { level: 'info' },
      {
        write(line: string) {
          lines.push(JSON.parse(line));
          events.emit('line');
        },
      },
    ),
    admit: async () => {},
    answers: () => ({ append: () => ({ kind: 'pending' }), spread: () => undefined }),
    onGone: () => {},
  });
  return { supervisor, lines, events };
}

t.test('a start without memory is one error', async (t) => {
  stageFork(t);
  const { supervisor } = supervise(1);
  await t.rejects(supervisor.start(), { message: /ENOMEM/ });
  t.equal(supervisor.workers.size, 0);
});

t.test('a place that cannot be filled at once is filled later', async (t) => {
  const forks: Forked[] = [];
  let calls = 0;
  stageFork(t, () => {
    if (++calls === 2) return outOfMemory();
    const worker = forked(calls);
    forks.push(worker);
    return worker;
  });
  const { supervisor, lines, events } = supervise(1);
  await supervisor.start();
  forks[0]?.emit('exit', 1, null);
  while (!lines.some(({ msg }) => msg === 'a worker was replaced')) await once(events, 'line');
  t.match(lines, [
    { worker: 1, code: 1, msg: 'a worker has ended' },
    { worker: 1, signal: 'ENOMEM', msg: 'a worker has ended' },
    { worker: 1, msg: 'a worker was replaced' },
  ]);
  t.same(
    [...supervisor.workers].map(({ number, pid }) => [number, pid]),
    [[1, 3]],
  );
  supervisor.stop();
});
