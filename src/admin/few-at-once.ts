import { ProblemError } from './problem.ts';

/** Carries out work, in the order of arrival. Throws a ProblemError (503) where too much waits, or who asked is gone. */
export type FewAtOnce = <T>(work: () => Promise<T>, signal: AbortSignal) => Promise<T>;

/**
 * For what takes many turns of the event loop: however many ask, no more than `atOnce` share a turn. `most`: how many may wait;
 * `busy` tells the next one why it may not.
 */
export function fewAtOnce({ atOnce, most, busy }: { atOnce: number; most: number; busy: string }): FewAtOnce {
  const waiting: (() => void)[] = [];
  let underWay = 0;
  return async (work, signal) => {
    if (underWay < atOnce) underWay++;
    else {
      if (waiting.length >= most) throw new ProblemError(503, busy, {}, { 'retry-after': '1' });
      // Whoever is done hands on the place itself.
      await new Promise<void>((resolve) => waiting.push(resolve));
    }
    try {
      if (signal.aborted) throw new ProblemError(503, 'Nobody waits for this any more.');
      return await work();
    } finally {
      const next = waiting.shift();
      if (next === undefined) underWay--;
      else next();
    }
  };
}
