import { systemClock } from '../clock.ts';
import { openLogSink } from '../observe/log-sink.ts';
import { createLogger, createLogOutput, tellLost } from '../observe/logger.ts';
import { createPurgeIndex } from '../purge/purge-index.ts';
import { type Answers, type Channel, createChannel } from '../workers/channel.ts';
import type { WorkerCounts, WorkerFigures, WorkerLevels } from '../workers/figures.ts';
import type { PrimaryAsks, Welcome, WorkerAsks } from '../workers/messages.ts';
import { shareClock } from '../workers/shared-clock.ts';
import { createWorkerLog, type WorkerLog } from '../workers/worker-log.ts';
import { asWorker } from './explain-parts.ts';
import { memoryLevels } from './memory-levels.ts';
import { REDIS_AT_START } from './redis-parts.ts';
import { createServing, type Serving } from './serving.ts';
import { onUncaught } from './uncaught.ts';

/*
 * A worker: what the primary starts as a process of its own, and tells what to do. The signals of a
 * terminal or a supervisor reach the whole group; a worker leaves them to the primary, and ends with it.
 */

/** How long logs may take to be written at the end; ms. */
const LINGER = 1_000;
/** Later than the next beat by this, in ms, the primary counts as silent. */
const PATIENCE = 1_000;
/** The primary has as long to say what became of a purge; ms. Redis is given less. */
const RECEIPT_WITHIN = 30_000;
/** An answer is held back no longer, ms; by then, a worker that hung has ended. */
const SPREAD_WITHIN = 5_000;

/** What a worker is made of once it was welcomed. */
interface Parts {
  readonly serving: Serving;
  readonly log: WorkerLog;
  /** Its place, from 1. */
  readonly number: number;
  leave(): void;
}

function build(welcome: Welcome, primary: Channel<PrimaryAsks>): Parts {
  const { config, id, number, state, beat } = welcome;
  const sink = openLogSink(1, { shared: true, onLost: (lines) => tellLost(log, lines) });
  const logOutput = createLogOutput(config.log, sink);
  const log = createLogger(config.log.level, logOutput, number);
  const index = createPurgeIndex({ from: welcome.index });
  const purges = createWorkerLog({
    index,
    worker: id,
    state,
    clock: shareClock(systemClock),
    patience: beat + PATIENCE,
    append: (append, taken) => primary.ask('append', { append, purges: taken }, RECEIPT_WITHIN),
    spread: () => primary.ask('spread', undefined, SPREAD_WITHIN),
  });
  const services = { log, logOutput, logDropped: () => sink.dropped };
  const serving = createServing(config, services, { index, log: purges }, purges.spread);
  onUncaught(log, (within) => serving.drain({ delay: 0, within }));
  return {
    serving,
    log: purges,
    number,
    leave: () => void sink.close(LINGER).finally(() => process.exit()),
  };
}

function levelsOf({ memory, redis, admission, warmStart }: Serving): WorkerLevels {
  return {
    memory: memoryLevels(memory),
    redis: redis?.stats() ?? null,
    admission: admission(),
    warmStart: warmStart?.progress,
  };
}

function countsOf(serving: Serving): WorkerCounts {
  return { ...levelsOf(serving), stats: serving.stats.raw(), upstream: serving.upstream() };
}

async function figuresOf(serving: Serving): Promise<WorkerFigures> {
  const metrics = await serving.metrics.figures();
  return { ...countsOf(serving), metrics };
}

function run(): void {
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGUSR1', 'SIGUSR2'] as const)
    process.on(signal, () => {});
  let parts: Parts | undefined;
  const own = (): Parts => {
    if (parts === undefined) throw new Error('not welcomed yet');
    return parts;
  };
  const answers: Answers<WorkerAsks> = {
    async listen(address) {
      const { serving } = own();
      await serving.connect(REDIS_AT_START);
      return serving.listen(address);
    },
    warmed: () =>
      own()
        .serving.warmStart?.run()
        .then(() => undefined),
    settle: () => undefined,
    levels: () => levelsOf(own().serving),
    counts: () => countsOf(own().serving),
    figures: () => figuresOf(own().serving),
    keys: (asked) => own().serving.keys(asked),
    explain: async (order) => asWorker(await own().serving.explain(order), own().number),
    matching: (purge) => own().serving.matching?.(purge) ?? 0,
    warm: (target) => own().serving.warm(target),
    reload(next) {
      own().serving.reload(next);
      return undefined;
    },
    async drain(times) {
      const { serving, log } = own();
      await serving.drain(times);
      await Promise.all([serving.close(), log.close()]);
      return figuresOf(serving);
    },
  };
  const primary = createChannel<PrimaryAsks, WorkerAsks>({
    // What cannot be sent any more: the primary is gone, and Node ends this process.
    send: (message) => void process.send?.(message, undefined, undefined, () => {}),
    answers,
    onNotice(notice) {
      switch (notice.kind) {
        case 'welcome':
          parts = build(notice.welcome, primary);
          return;
        case 'feed':
          return own().log.take(notice.feed);
        case 'leave':
          return own().leave();
        case 'hello':
          return;
        default:
          notice satisfies never;
      }
    },
  });
  process.on('message', primary.receive);
  primary.tell({ kind: 'hello' });
}

run();
