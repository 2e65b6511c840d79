import t from 'tap';
import { OperatorError } from '../../src/errors.ts';
import { type Answers, createChannel } from '../../src/workers/channel.ts';
import type { Notice } from '../../src/workers/messages.ts';

interface Asks {
  double: { ask: number; answer: number };
  wait: { ask: undefined; answer: string };
}

/** Two ends, and what one says arrives at the other as a structured clone, unless the line is cut. */
function createLine(answers: Partial<Answers<Asks>> = {}) {
  const notices: Notice[] = [];
  const sent: unknown[] = [];
  const line = { isCut: false };
  const asking = createChannel<Asks, Record<never, never>>({
    send(message) {
      sent.push(message);
      if (!line.isCut) answering.receive(structuredClone(message));
    },
    answers: {},
    onNotice: () => {},
  });
  const answering = createChannel<Record<never, never>, Asks>({
    send(message) {
      if (!line.isCut) asking.receive(structuredClone(message));
    },
    answers: { double: (n) => 2 * n, wait: () => new Promise<string>(() => {}), ...answers },
    onNotice: (notice) => notices.push(notice),
  });
  return { asking, answering, notices, sent, line };
}

t.test('a question has its own answer, in whichever order they come', async (t) => {
  let release = (_: string) => {};
  const { asking } = createLine({
    wait: () =>
      new Promise((resolve) => {
        release = resolve;
      }),
  });
  const slow = asking.ask('wait', undefined, 5_000);
  t.same(await Promise.all([asking.ask('double', 4, 5_000), asking.ask('double', 5, 5_000)]), [8, 10]);
  release('late');
  t.equal(await slow, 'late');
});

t.test('a notice arrives and is not answered', async (t) => {
  const { asking, notices, sent } = createLine();
  asking.tell({ kind: 'leave' });
  t.same(notices, [{ kind: 'leave' }]);
  t.equal(sent.length, 1);
});

t.test('an answer is waited for as long as was said, and then not taken any more', async (t) => {
  const { asking } = createLine();
  await t.rejects(asking.ask('wait', undefined, 10), { message: 'no answer within 10 ms' });
  asking.receive({ answer: 1, value: 'late' });
  asking.receive({ answer: 1, error: { message: 'late', isOperators: false } });
  t.equal(await asking.ask('double', 1, 5_000), 2, 'the line goes on');
});

t.test('what the other end throws, at once or later, is thrown here', async (t) => {
  const taken = Object.assign(new Error('taken'), { code: 'EADDRINUSE', syscall: 'listen', port: 80 });
  const { asking } = createLine({
    double() {
      throw new OperatorError('not that number');
    },
    wait: () => Promise.reject(taken),
  });
  const refused = await asking.ask('double', 1, 5_000).catch((error: unknown) => error);
  t.ok(refused instanceof OperatorError);
  t.match(refused, { message: 'not that number' });
  await t.rejects(asking.ask('wait', undefined, 5_000), {
    message: 'taken',
    code: 'EADDRINUSE',
    syscall: 'listen',
    port: 80,
  });
});

t.test('a question that nobody knows is refused, not ignored', async (t) => {
  const { asking } = createLine();
  await t.rejects(asking.ask('triple' as 'double', 1, 5_000), { message: /not a function/ });
});

t.test('once the other end is gone nobody waits for it, and nobody begins to', async (t) => {
  const { asking, sent } = createLine();
  const waiting = [asking.ask('wait', undefined, 60_000), asking.ask('wait', undefined, 60_000)];
  asking.close();
  const ends = await Promise.allSettled(waiting);
  t.match(ends, Array(2).fill({ status: 'rejected', reason: { message: 'the other process is gone' } }));
  await t.rejects(asking.ask('double', 1, 60_000), { message: 'the other process is gone' });
  t.equal(sent.length, 2, 'nothing is sent into the void');
  asking.receive({ answer: 1, value: 'from the grave' });
});
