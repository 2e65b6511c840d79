import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Purgeable } from '../policy/stored-response.ts';
import { createPurgeIndex } from './purge-index.ts';
import type { Purge } from './selector.ts';

/** How many responses one purge names: what a dry run tells. */
export type CountMatching = (purge: Purge) => Promise<number>;

/** Responses looked at before other work gets its turn: about a millisecond. */
const SLICE = 1_000;

/**
 * Counts in `responses`, which is asked for them anew each time and touches none of them. All counts together take
 * one slice of each turn of the event loop, however many are under way, in turns. What is stored or goes meanwhile
 * may be counted or not.
 */
export function createCountMatching(responses: () => Iterable<Purgeable>): CountMatching {
  let turn: Promise<unknown> = Promise.resolve();
  const nextSlice = (): Promise<unknown> => {
    turn = turn.then(() => nextTurn());
    return turn;
  };
  return async (purge) => {
    const isMeant = createMatcher(purge);
    let count = 0;
    let left = SLICE;
    await nextSlice();
    for (const stored of responses()) {
      if (isMeant(stored)) count++;
      if (--left > 0) continue;
      left = SLICE;
      await nextSlice();
    }
    return count;
  };
}

/** Whether a purge names a stored response; touches none. */
export function createMatcher(purge: Purge): (stored: Purgeable) => boolean {
  const index = createPurgeIndex();
  const heard = index.serial;
  index.apply(purge, 1);
  // A copy: what is found valid here says nothing of the purges there were.
  return ({ search, url, route, tags, asOf }) =>
    index.verdict({ search, url, route, tags, asOf, heard }) !== 'valid';
}
