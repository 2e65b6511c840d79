import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Outcome } from '../observe/outcome.ts';
import { outcomeWord } from '../observe/outcome-word.ts';
import { NOBODY, type Retired, retire, type WorkerFigures, type WorkerLevels } from './figures.ts';
import type { WorkerAsks } from './messages.ts';
import type { Supervisor, Worker } from './supervisor.ts';

/** All workers at once, for whoever needs an answer of every one of them. None of it is held up by a hung worker. */
export interface Crew {
  /**
   * Resolves once every worker has dealt with all that it was sent before; one that does not within
   * SETTLE_WITHIN is killed, and has ended by then.
   */
  settled(): Promise<void>;
  /**
   * Has every worker do it as `settled` does; resolves with the answers of those that did. One that says no is
   * killed as one that does not answer is: its successor begins with what all others have.
   */
  every<Kind extends keyof WorkerAsks>(
    kind: Kind,
    argument: WorkerAsks[Kind]['ask'],
    within?: number,
  ): Promise<WorkerAsks[Kind]['answer'][]>;
  /** Of each worker what it counted, at most LEVELS_WITHIN old where it answers; and of those that are gone. Its metrics are only asked for with `figures`. */
  figures(
    of?: 'figures' | 'counts',
  ): Promise<{ readonly figures: readonly CountedWorker[]; readonly retired: Retired }>;
  /** What each answers; undefined where one did not within `within` ms. */
  each<Kind extends keyof WorkerAsks>(
    kind: Kind,
    argument: WorkerAsks[Kind]['ask'],
    within: number,
  ): Promise<(WorkerAsks[Kind]['answer'] | undefined)[]>;
  /** Resolves once each has fetched what is used most, or could not within `within` ms. */
  warmed(within: number): Promise<void>;
  /** Fetches it in every worker, in one first; the outcome is that of the one that fared worst. */
  warm(target: WorkerAsks['warm']['ask'], within: number): Promise<Outcome>;
  /** How many take requests. */
  readonly running: number;
  /** As they were when the worker was last asked. */
  levels(): readonly WorkerLevels[];
  /** Asks again who answers, every `interval` ms; one that has not for HUNG_AFTER is killed. */
  watch(): void;
  /** Takes note of what a worker counted before it ended in good order. */
  note(worker: Worker, figures: WorkerFigures): void;
  /** To be told of every worker that has ended. */
  forget(worker: Worker): void;
  close(): void;
}

/** What a worker counted; `figures` are undefined until it first answered. */
export interface CountedWorker {
  readonly worker: Worker;
  readonly figures: WorkerFigures | undefined;
  /** Whether they are of now. */
  readonly answers: boolean;
}

/** How long a worker may take to apply a purge, before it counts as hung; ms. */
const SETTLE_WITHIN = 3_000;
/** How long an answer about what was counted is waited for; ms. */
const LEVELS_WITHIN = 1_000;
const LEVELS_EVERY = 1_000;
/** Every so many levels all that was counted is asked for: as much is lost of a worker that dies. */
const FIGURES_EVERY = 5;
const HUNG_AFTER = 10_000;

export function createCrew(supervisor: Supervisor): Crew {
  const counted = new Map<Worker, WorkerFigures>();
  const levels = new Map<Worker, WorkerLevels>();
  /** Since the last round of `watch`. */
  const heard = new Set<Worker>();
  let retired: Retired = NOBODY;
  /** The question whether all have settled that is under way, and the one that all who ask meanwhile share. */
  let round: Promise<void> | undefined;
  let following: Promise<void> | undefined;
  let timer: NodeJS.Timeout | undefined;
  let rounds = 0;

  const serving = (): Worker[] => [...supervisor.workers].filter(({ listening }) => listening);

  /** Rejects only where the worker itself says no; resolves with undefined once it has ended. */
  async function insist<Kind extends keyof WorkerAsks>(
    worker: Worker,
    kind: Kind,
    argument: WorkerAsks[Kind]['ask'],
    within: number,
  ): Promise<{ readonly answer: WorkerAsks[Kind]['answer'] } | undefined> {
    let isOver = false;
    let isKilled = false;
    const giveUp = async () => {
      // This process may have been held up itself: what came meanwhile is read first.
      await nextTurn();
      await nextTurn();
      if (isOver) return;
      isKilled = true;
      void worker.kill(`it did not answer (${kind}) within ${within} ms`);
    };
    const patience = setTimeout(giveUp, within);
    try {
      const answer = await worker.channel.ask(kind, argument, within + HUNG_AFTER);
      return { answer };
    } catch (error) {
      if (!supervisor.workers.has(worker) || isKilled) {
        await worker.gone;
        return undefined;
      }
      throw error;
    } finally {
      isOver = true;
      clearTimeout(patience);
    }
  }

  async function every<Kind extends keyof WorkerAsks>(
    kind: Kind,
    argument: WorkerAsks[Kind]['ask'],
    within = SETTLE_WITHIN,
  ): Promise<WorkerAsks[Kind]['answer'][]> {
    const answers = await Promise.all(
      [...supervisor.workers]
        .filter(({ welcomed }) => welcomed)
        .map((worker) =>
          insist(worker, kind, argument, within).catch(({ message }: Error) =>
            worker.kill(`it could not (${kind}): ${message}`),
          ),
        ),
    );
    return answers.flatMap((given) => (given ? [given.answer] : []));
  }

  async function settleOnce(): Promise<void> {
    try {
      await every('settle', undefined);
    } finally {
      round = undefined;
    }
  }

  async function refresh(worker: Worker, of: 'figures' | 'counts'): Promise<boolean> {
    try {
      const answer = await worker.channel.ask(of, undefined, LEVELS_WITHIN);
      if (!supervisor.workers.has(worker)) return false;
      const metrics = counted.get(worker)?.metrics ?? [];
      counted.set(worker, { metrics, ...answer });
      levels.set(worker, answer);
      heard.add(worker);
      return true;
    } catch {
      return false;
    }
  }

  async function look(worker: Worker): Promise<void> {
    const found = await insist(worker, 'levels', undefined, HUNG_AFTER).catch(() => undefined);
    if (found !== undefined && supervisor.workers.has(worker)) levels.set(worker, found.answer);
  }

  return {
    settled() {
      if (round === undefined) {
        round = settleOnce();
        return round;
      }
      // What is under way may have been asked before the last was sent.
      const next = () => {
        following = undefined;
        round = settleOnce();
        return round;
      };
      following ??= round.then(next, next);
      return following;
    },
    every,
    async figures(of = 'figures') {
      const workers = serving();
      const answering = await Promise.all(workers.map((worker) => refresh(worker, of)));
      return {
        figures: workers
          .map((worker, i) => ({ worker, figures: counted.get(worker), answers: answering[i] ?? false }))
          // One that ended meanwhile is among the retired.
          .filter(({ worker }) => supervisor.workers.has(worker)),
        retired,
      };
    },
    async each(kind, argument, within) {
      const asked = serving().map(({ channel }) => channel.ask(kind, argument, within));
      const answers = await Promise.allSettled(asked);
      return answers.map((answer) => (answer.status === 'fulfilled' ? answer.value : undefined));
    },
    async warmed(within) {
      const asked = serving().map(({ channel }) => channel.ask('warmed', undefined, within));
      await Promise.allSettled(asked);
    },
    async warm(target, within) {
      const [first, ...others] = serving();
      if (first === undefined) throw new Error('no worker is running');
      const outcomes = [await first.channel.ask('warm', target, within)];
      outcomes.push(...(await Promise.all(others.map(({ channel }) => channel.ask('warm', target, within)))));
      return outcomes.reduce((worst, outcome) => (illness(outcome) > illness(worst) ? outcome : worst));
    },
    get running() {
      return serving().length;
    },
    levels: () => serving().flatMap((worker) => levels.get(worker) ?? []),
    watch() {
      timer = setInterval(() => {
        const isFull = ++rounds % FIGURES_EVERY === 0;
        for (const worker of serving()) {
          // Who was asked for more has told its levels, too.
          if (!heard.delete(worker)) void look(worker);
          if (isFull) void refresh(worker, 'figures');
        }
      }, LEVELS_EVERY).unref();
    },
    note(worker, figures) {
      counted.set(worker, figures);
    },
    forget(worker) {
      const figures = counted.get(worker);
      if (figures !== undefined) retired = retire(retired, figures);
      counted.delete(worker);
      levels.delete(worker);
      heard.delete(worker);
    },
    close: () => clearInterval(timer),
  };
}

/** From already there to failed. */
function illness(outcome: Outcome): number {
  const word = outcomeWord(outcome);
  if (word === 'error' || word === 'refused' || outcome.aborted) return 3;
  if (word === 'hit' || word === 'stale' || word === 'collapsed') return 0;
  if (outcome.cache.stored === true || word === 'revalidated') return 1;
  return 2;
}
