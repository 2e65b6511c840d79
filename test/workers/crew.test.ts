import { once } from 'node:events';
import t, { type Test } from 'tap';
import { createCrew } from '../../src/workers/crew.ts';
import { createStage, type StagedProcess } from './stage.ts';

async function manned(t: Test, count: number) {
  const stage = createStage(count);
  await stage.supervisor.start();
  t.teardown(() => stage.supervisor.stop());
  const crew = createCrew(stage.supervisor);
  /** Which of the questions, by their order, are asked so far. */
  const asked = (process: StagedProcess | undefined) =>
    process?.sent.filter(({ ask }) => ask !== undefined) ?? [];
  return {
    ...stage,
    crew,
    asked,
    answer: (process: StagedProcess | undefined, nth: number, value?: unknown) =>
      process?.onMessage({ answer: asked(process)[nth]?.id, value }),
    refuse: (process: StagedProcess | undefined, nth: number, message: string) =>
      process?.onMessage({ answer: asked(process)[nth]?.id, error: { message, isOperators: false } }),
  };
}

/** All that is due by now has happened. */
const turn = () => new Promise(setImmediate);

/** Whether it is over yet. */
function follow(promise: Promise<unknown>) {
  const seen = { isOver: false };
  void promise.finally(() => {
    seen.isOver = true;
  });
  return seen;
}

t.test('all are settled once every one has said so', async (t) => {
  const { crew, spawned, answer } = await manned(t, 3);
  const settled = follow(crew.settled());
  for (const process of spawned) {
    await turn();
    t.notOk(settled.isOver);
    answer(process, 0);
  }
  await turn();
  t.ok(settled.isOver);
});

t.test('whoever asks during a round is told by the next, which all who ask meanwhile share', async (t) => {
  const { crew, spawned, asked, answer } = await manned(t, 2);
  const [first, second] = spawned;
  const inRound = follow(crew.settled());
  const meanwhile = [follow(crew.settled()), follow(crew.settled())];
  answer(first, 0);
  await turn();
  t.equal(asked(first).length, 1, 'not asked again before all have answered');
  answer(second, 0);
  await turn();
  t.ok(inRound.isOver);
  t.same(meanwhile, [{ isOver: false }, { isOver: false }], 'what they sent may have come after the answers');
  t.same(
    [first, second].map((process) => asked(process).length),
    [2, 2],
  );

  const later = follow(crew.settled());
  answer(first, 1);
  answer(second, 1);
  await turn();
  t.same(meanwhile, [{ isOver: true }, { isOver: true }]);
  t.notOk(later.isOver, 'it came during the second round');
  t.same(
    [first, second].map((process) => asked(process).length),
    [3, 3],
  );
  answer(first, 2);
  answer(second, 2);
  await turn();
  t.ok(later.isOver);

  const alone = follow(crew.settled());
  t.equal(asked(first).length, 4, 'without a round under way it is asked at once');
  answer(first, 3);
  answer(second, 3);
  await turn();
  t.ok(alone.isOver);
});

t.test('whatever comes in between, an answer counts only where its question came after', async (t) => {
  const { crew, spawned, asked, answer } = await manned(t, 2);
  const answered = [0, 0];
  const early: string[] = [];
  let [calls, over, seed] = [0, 0, 7];
  const random = (below: number) => {
    seed = (seed * 48_271) % 2_147_483_647;
    return seed % below;
  };
  const ask = () => {
    const call = ++calls;
    const before = spawned.map((process) => asked(process).length);
    void crew.settled().then(() => {
      over++;
      for (const [i, count] of before.entries())
        if ((answered[i] ?? 0) <= count) early.push(`call ${call}, worker ${i + 1}`);
    });
  };
  const answerNext = (i: number) => {
    const nth = answered[i] ?? 0;
    if (nth === asked(spawned[i]).length) return;
    answered[i] = nth + 1;
    answer(spawned[i], nth);
  };
  for (let step = 0; step < 600; step++) {
    const which = random(3);
    if (which === 2) ask();
    else answerNext(which);
    if (random(2) === 0) await turn();
  }
  for (let rest = 0; rest < 4; rest++) {
    answerNext(0);
    answerNext(1);
    await turn();
  }
  t.same(early, []);
  t.ok(calls > 100);
  t.equal(over, calls);
});

t.test('whoever does not settle has ended before all are settled', async (t) => {
  const { crew, spawned, events, answer } = await manned(t, 2);
  const gone = once(events, 'gone');
  const settling = crew.every('settle', undefined, 50);
  const settled = follow(settling);
  answer(spawned[0], 0);
  const [worker] = await gone;
  t.equal(worker.number, 2);
  t.ok(spawned[1]?.killed);
  t.notOk(spawned[0]?.killed);
  t.notOk(settled.isOver, 'not before');
  await settling;
});

t.test('one that ends during a round is not waited for', async (t) => {
  const { crew, spawned, answer } = await manned(t, 2);
  const settled = follow(crew.settled());
  answer(spawned[0], 0);
  spawned[1]?.onExit(1, null);
  await turn();
  t.ok(settled.isOver);
});

t.test('one that cannot do what all others do is killed, and has ended by then', async (t) => {
  const { crew, spawned, events, answer, refuse } = await manned(t, 3);
  const gone = once(events, 'gone');
  const every = crew.every('reload', {} as never);
  const seen = follow(every);
  answer(spawned[0], 0);
  refuse(spawned[1], 0, 'no memory');
  await gone;
  t.same(
    spawned.map(({ killed }) => killed),
    [false, true, false],
  );
  await turn();
  t.notOk(seen.isOver, 'the third has not answered');
  answer(spawned[2], 0);
  t.equal((await every).length, 2);
});

t.test('who has fetched what is used most, or cannot, is waited for no longer', async (t) => {
  const { crew, spawned, asked, answer, refuse } = await manned(t, 3);
  t.equal(crew.running, 3);
  const warmed = crew.warmed(20);
  t.same(
    spawned.map((process) => asked(process)[0]?.ask),
    ['warmed', 'warmed', 'warmed'],
  );
  answer(spawned[0], 0);
  refuse(spawned[1], 0, 'no Redis');
  await warmed;
  t.notOk(
    spawned.some(({ killed }) => killed),
    'a warm start is no duty',
  );
});

t.test('counts are asked for without metrics, and spare who told them the question for levels', async (t) => {
  const { mock } = await import('node:test');
  mock.timers.enable({ apis: ['setInterval'] });
  t.teardown(() => mock.timers.reset());
  const { crew, spawned, asked, answer } = await manned(t, 2);
  const kinds = (i: number) => asked(spawned[i]).map(({ ask }) => ask);
  const metrics = [{ name: 'm' }];
  const count = (responses: number) => ({ memory: { responses } });
  const first = crew.figures();
  for (const process of spawned) answer(process, 0, { ...count(1), metrics });
  await first;

  crew.watch();
  t.teardown(() => crew.close());
  const second = crew.figures('counts');
  t.same(kinds(0), ['figures', 'counts']);
  answer(spawned[0], 1, count(2));
  spawned[1]?.onExit(1, null);
  const { figures } = await second;
  t.match(figures, [{ answers: true, figures: { ...count(2), metrics } }], 'the metrics are those of before');
  t.match(crew.levels(), [count(2)]);

  mock.timers.tick(1_000);
  t.same(kinds(0), ['figures', 'counts'], 'it has just told');
  mock.timers.tick(1_000);
  t.same(kinds(0), ['figures', 'counts', 'levels']);
  answer(spawned[0], 2, count(3));
});

t.test('what each answers', async (t) => {
  const { crew, spawned, answer, refuse } = await manned(t, 3);
  const each = crew.each('matching', { selector: { kind: 'all' }, soft: false }, 50);
  answer(spawned[0], 0, 3);
  refuse(spawned[1], 0, 'no memory');
  t.same(await each, [3, undefined, undefined]);
});
