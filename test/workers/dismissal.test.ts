import t from 'tap';
import { dismiss } from '../../src/workers/dismissal.ts';
import { createStage } from './stage.ts';

async function manned() {
  const { supervisor, spawned } = createStage(1);
  await supervisor.start();
  supervisor.stop();
  const [process] = spawned;
  const [worker] = supervisor.workers;
  if (process === undefined || worker === undefined) throw new Error('no worker');
  const noted: unknown[] = [];
  const dismissed = (within: number) =>
    dismiss(worker, { delay: 0, within }, (_, figures) => noted.push(figures));
  const drain = () => process.sent.find(({ ask }) => ask === 'drain');
  return { process, worker, noted, dismissed, drain };
}

const figures = { memory: null };

t.test('one that has drained is noted, told to leave, and waited for', async (t) => {
  const { process, noted, dismissed, drain } = await manned();
  let isOver = false;
  const over = dismissed(5_000).then(() => {
    isOver = true;
  });
  t.match(drain(), { argument: { within: 5_000 } });
  process.onMessage({ answer: drain()?.id, value: figures });
  await new Promise(setImmediate);
  t.same(noted, [figures], 'before it ends');
  t.match(process.sent.at(-1), { notice: { kind: 'leave' } });
  t.notOk(isOver);
  process.onExit(0, null);
  await over;
  t.notOk(process.killed);
});

t.test('one that cannot drain, or does not in time, is ended', async (t) => {
  const refusing = await manned();
  const over = refusing.dismissed(60_000);
  refusing.process.onMessage({ answer: refusing.drain()?.id, error: { message: 'no', isOperators: false } });
  await over;
  t.ok(refusing.process.killed);
  const hanging = await manned();
  await hanging.dismissed(0);
  t.ok(hanging.process.killed);
  t.same([...refusing.noted, ...hanging.noted], []);
});

t.test('one that leaves and does not end is ended', async (t) => {
  const { process, dismissed, drain, noted } = await manned();
  const over = dismissed(0);
  process.onMessage({ answer: drain()?.id, value: figures });
  await over;
  t.ok(process.killed);
  t.equal(noted.length, 1);
});

t.test('one that has not started yet is not waited for', async (t) => {
  const { process, worker, dismissed } = await manned();
  worker.welcomed = false;
  await dismissed(60_000);
  t.ok(process.killed);
});
