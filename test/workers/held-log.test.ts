import t from 'tap';
import type { PurgeLog, Receipt } from '../../src/purge/purge-log.ts';
import { createHeldLog } from '../../src/workers/held-log.ts';

const purge = { selector: { kind: 'tag', tag: 'a' }, soft: false } as const;
const appended: Receipt = { kind: 'appended', position: 3 };

/** What happens, in its order; the log and the workers are done when they are told to be. */
function createScene() {
  const seen: string[] = [];
  let receive = (_: Receipt) => {};
  let settle = () => {};
  const log: Pick<PurgeLog, 'append'> = {
    append(purges, options) {
      seen.push(`append ${purges.length}${options?.ack === true ? ' ack' : ''}`);
      return new Promise((resolve) => {
        receive = resolve;
      });
    },
  };
  const feed = {
    attribute: (_: unknown, worker: number, append: number) => seen.push(`of ${worker}: ${append}`),
    flush: () => seen.push('flush'),
  };
  const held = createHeldLog(
    () => log,
    { ...feed, attribute: (...given) => void feed.attribute(...given), flush: () => void feed.flush() },
    () => {
      seen.push('settled?');
      return new Promise((resolve) => {
        settle = resolve;
      });
    },
  );
  return { held, seen, receive: (receipt: Receipt) => receive(receipt), settle: () => settle() };
}

const turn = () => new Promise(setImmediate);

for (const first of ['the log', 'the workers'] as const) {
  t.test(`an append is acknowledged once it holds everywhere: ${first} first`, async (t) => {
    const { held, seen, receive, settle } = createScene();
    let receipt: Receipt | undefined;
    const over = held.append([purge], { ack: true }).then((given) => {
      receipt = given;
    });
    t.same(seen, ['append 1 ack', 'flush', 'settled?'], 'the workers have it before they are asked');
    if (first === 'the log') receive(appended);
    else settle();
    await turn();
    t.equal(receipt, undefined);
    if (first === 'the log') settle();
    else receive(appended);
    await over;
    t.same(receipt, appended);
  });
}

t.test('what a worker appends is known to be its, and is back before the answer', async (t) => {
  const { held, seen, receive } = createScene();
  const asked = Promise.resolve(held.answers(4).append({ append: 9, purges: [purge] })).then((receipt) => {
    seen.push('answered');
    return receipt;
  });
  t.same(seen, ['of 4: 9', 'append 1']);
  receive({ kind: 'pending' });
  t.same(await asked, { kind: 'pending' });
  t.same(seen, ['of 4: 9', 'append 1', 'flush', 'answered']);
});

t.test('it has spread once all are settled', async (t) => {
  const { held, seen, settle } = createScene();
  const asked = Promise.resolve(held.answers(4).spread(undefined)).then(() => seen.push('answered'));
  await turn();
  t.same(seen, ['flush', 'settled?']);
  settle();
  await asked;
  t.same(seen.slice(-1), ['answered']);
});
