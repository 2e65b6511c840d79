import type { Logger } from 'pino';
import type { Clock } from '../clock.ts';
import { OperatorError } from '../errors.ts';
import { LASTED, restartDelay } from './back-off.ts';
import { type Answers, type Channel, createChannel } from './channel.ts';
import type { Spawn, SpawnedProcess } from './cluster.ts';
import type { PrimaryAsks, WorkerAsks } from './messages.ts';

/** One worker process. */
export interface Worker {
  /** Unique among all that ever were. */
  readonly id: number;
  /** Its place, from 1; its replacement takes the same. */
  readonly number: number;
  readonly pid: number;
  /** By the clock's `monotonic`. */
  readonly startedAt: number;
  readonly channel: Channel<WorkerAsks>;
  /** It has what the others have, and is sent whatever comes after it. */
  welcomed: boolean;
  /** It takes requests. */
  listening: boolean;
  /** Resolves when the process has ended. */
  readonly gone: Promise<void>;
  /** The listening socket is from now on the workers' alone. */
  handOver(): void;
  /** Ends it at once, and says why. Resolves when it has ended. */
  kill(why: string): Promise<void>;
}

export interface SupervisorParts {
  readonly count: number;
  readonly spawn: Spawn;
  readonly clock: Clock;
  readonly log: Logger;
  /** Makes a worker that said hello take requests; rejects where it can't. */
  readonly admit: (worker: Worker) => Promise<void>;
  /** What a worker may ask. */
  readonly answers: (worker: Worker) => Answers<PrimaryAsks>;
  /** Told when a worker has ended, before it is replaced. */
  readonly onGone: (worker: Worker) => void;
}

export interface Supervisor {
  /** Those whose process has not ended. */
  readonly workers: ReadonlySet<Worker>;
  /** How many were replaced. */
  readonly restarts: number;
  /** Resolves once all are admitted; rejects with the first reason why one is not. */
  start(): Promise<void>;
  /** None is replaced any more. */
  stop(): void;
}

/** How long a worker may take until it takes requests; ms. */
const START_WITHIN = 30_000;

/** Starts the workers, and replaces those that end; ever later where they end as soon as they start. */
export function createSupervisor(parts: SupervisorParts): Supervisor {
  const { count, spawn, clock, log } = parts;
  const workers = new Set<Worker>();
  const waiting = new Set<NodeJS.Timeout>();
  let lastId = 0;
  let restarts = 0;
  let started = false;
  let stopping = false;

  /** Resolves once it takes requests. */
  function begin(number: number, failures: number): Promise<void> {
    return new Promise((resolve, reject) => {
      let killed: string | undefined;
      let tellGone = () => {};
      const gone = new Promise<void>((done) => {
        tellGone = done;
      });
      const fail = (error: Error) => {
        if (started && !stopping)
          log.error({ worker: number, workerPid: worker.pid, err: error }, 'a worker did not start');
        reject(error);
        killed ??= 'it did not start';
        spawned.kill();
      };
      const late = setTimeout(() => fail(new Error('a worker took too long to start')), START_WITHIN);
      const spawned: SpawnedProcess = spawn({
        onMessage: (message) => worker.channel.receive(message),
        onExit(code, signal) {
          clearTimeout(late);
          workers.delete(worker);
          worker.channel.close();
          parts.onGone(worker);
          tellGone();
          reject(
            new OperatorError(`A worker ended while it started (${signal ?? `code ${code}`}): see the log.`),
          );
          if (stopping && killed !== undefined)
            log.warn({ worker: number, workerPid: worker.pid, why: killed }, 'a worker was cut off');
          // One that does not even start for the first time ends the start of all.
          if (stopping || (!started && !worker.listening)) return;
          const why = killed === undefined ? {} : { why: killed };
          log.error({ worker: number, workerPid: worker.pid, code, signal, ...why }, 'a worker has ended');
          replace(number, clock.monotonic() - worker.startedAt >= LASTED ? 1 : failures + 1);
        },
      });
      const worker: Worker = {
        id: ++lastId,
        number,
        pid: spawned.pid,
        startedAt: clock.monotonic(),
        welcomed: false,
        listening: false,
        gone,
        channel: createChannel<WorkerAsks, PrimaryAsks>({
          send: spawned.send,
          answers: {
            append: (asked) => parts.answers(worker).append(asked),
            spread: () => parts.answers(worker).spread(undefined),
          },
          onNotice({ kind }) {
            if (kind !== 'hello') return;
            parts.admit(worker).then(() => {
              clearTimeout(late);
              worker.listening = true;
              resolve();
            }, fail);
          },
        }),
        handOver: () => spawned.handOver(),
        kill(why) {
          killed ??= why;
          spawned.kill();
          return gone;
        },
      };
      workers.add(worker);
    });
  }

  function replace(number: number, failures: number): void {
    const timer = setTimeout(() => {
      waiting.delete(timer);
      restarts++;
      // Why it failed is logged, and its end has it replaced in turn.
      begin(number, failures).then(
        () => log.info({ worker: number }, 'a worker was replaced'),
        () => {},
      );
    }, restartDelay(failures));
    waiting.add(timer);
  }

  return {
    workers,
    get restarts() {
      return restarts;
    },
    async start() {
      await Promise.all(Array.from({ length: count }, (_, i) => begin(i + 1, 0)));
      started = true;
    },
    stop() {
      stopping = true;
      for (const timer of waiting) clearTimeout(timer);
      waiting.clear();
    },
  };
}
