import { setImmediate as nextTurn } from 'node:timers/promises';

/**
 * Resolves for one of all who ask in each turn of the event loop, in their order: of a thousand calls at once, each of them
 * a millisecond's work, requests wait for one.
 */
export function createTurnTaking(): () => Promise<void> {
  let last: Promise<void> = Promise.resolve();
  return () => {
    last = last.then(() => nextTurn());
    return last;
  };
}
