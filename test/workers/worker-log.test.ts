import t from 'tap';
import { createPurgeIndex } from '../../src/purge/purge-index.ts';
import type { Receipt } from '../../src/purge/purge-log.ts';
import { createFeed } from '../../src/workers/feed.ts';
import { shareClock } from '../../src/workers/shared-clock.ts';
import { createWorkerLog } from '../../src/workers/worker-log.ts';

/** A clock whose monotonic time began elsewhere. */
const clockAt = (began: number) => {
  let passed = 0;
  return {
    clock: { now: () => 0, monotonic: () => passed + began },
    machine: () => passed,
    pass(ms: number) {
      passed += ms;
    },
  };
};

const purge = { selector: { kind: 'tag', tag: 'a' }, soft: false } as const;

function createPair(confirmed: () => number) {
  const there = clockAt(5_000);
  const here = clockAt(90);
  const index = createPurgeIndex();
  const log = {
    applied: 0,
    pending: 0,
    trusted: true,
    get confirmedAt() {
      return confirmed();
    },
  };
  const feed = createFeed(index, () => log as never, shareClock(there.clock, there.machine));
  const spreads: (() => void)[] = [];
  const receipts: ((receipt: Receipt) => void)[] = [];
  const own = createPurgeIndex();
  const worker = createWorkerLog({
    index: own,
    worker: 1,
    state: feed.state(),
    clock: shareClock(here.clock, here.machine),
    patience: 500,
    append: () => new Promise((resolve) => receipts.push(resolve)),
    spread: () => new Promise((resolve) => spreads.push(resolve)),
  });
  feed.subscribe(worker.take);
  const pass = (ms: number) => {
    there.pass(ms);
    here.pass(ms);
  };
  return { log, feed, worker, own, pass, receipts, spreads, now: here.clock.monotonic, there: there.clock };
}

t.test('the end of the log is as old here as it is there', async (t) => {
  let confirmed = Number.NEGATIVE_INFINITY;
  const { feed, worker, pass, now, there } = createPair(() => confirmed);
  t.equal(worker.confirmedAt, Number.NEGATIVE_INFINITY);
  pass(100);
  confirmed = there.monotonic();
  pass(40);
  feed.flush();
  t.equal(now() - worker.confirmedAt, 40);
  pass(1_000);
  t.equal(now() - worker.confirmedAt, 1_040, 'it grows old by itself');
});

t.test('a log that nobody else can append to is as old as what was heard of it', async (t) => {
  const { feed, worker, pass, now } = createPair(() => Number.POSITIVE_INFINITY);
  pass(300);
  feed.flush();
  t.equal(now() - worker.confirmedAt, 0);
  pass(700);
  t.equal(now() - worker.confirmedAt, 700);
});

t.test('a primary that is silent is not trusted', async (t) => {
  const { log, feed, worker, pass } = createPair(() => 0);
  t.ok(worker.trusted);
  pass(500);
  t.ok(worker.trusted);
  pass(1);
  t.notOk(worker.trusted);
  feed.flush();
  t.ok(worker.trusted);
  log.trusted = false;
  feed.flush();
  t.notOk(worker.trusted);
});

t.test('a position is reached here once it was applied here', async (t) => {
  const { log, feed, worker, own } = createPair(() => 0);
  feed.index.apply(purge, 7);
  log.applied = 7;
  t.equal(worker.applied, 0);
  t.equal(await worker.reached(8, 1), false);
  const reached = worker.reached(7, 5_000);
  feed.flush();
  t.equal(await reached, true);
  t.equal(worker.applied, 7);
  t.equal(own.serial, 1);
});

t.test('what is appended holds at once; its end waits for the receipt', async (t) => {
  const { worker, own, receipts } = createPair(() => 0);
  const heard = own.heardNow();
  const receipt = worker.append([purge]);
  const stored = { url: 'http://a.test/', search: '', route: 'r', tags: ['a'], asOf: 0, heard };
  t.equal(own.verdict(stored), 'hard');
  let closed = false;
  const closing = worker.close().then(() => {
    closed = true;
  });
  await Promise.resolve();
  t.notOk(closed);
  receipts[0]?.({ kind: 'appended', position: 3 });
  t.same(await receipt, { kind: 'appended', position: 3 });
  await closing;
});

t.test('whether all have what was appended is asked once', async (t) => {
  const { worker, spreads } = createPair(() => 0);
  t.equal(worker.spread(), undefined, 'nothing was appended');
  void worker.append([purge]);
  const spread = worker.spread();
  t.ok(spread);
  spreads[0]?.();
  await spread;
  t.equal(worker.spread(), undefined);
  void worker.append([purge]);
  t.ok(worker.spread());
});
