import { type Purge, purgeName } from './selector.ts';
import { compareIds } from './stream-id.ts';

/**
 * What was read from the log of late, newest per selector, so that it can be appended again should
 * the log lose its end (a failover) or all of it (FLUSHALL).
 */
export interface RecentPurges {
  note(purge: Purge, id: string): void;
  /** The log has lost something and is about to be read again from its beginning. */
  beginAgain(): void;
  /** After that: what it held before and holds no longer. Empty at any other time. */
  takeLost(): Purge[];
}

interface Remembered {
  readonly purge: Purge;
  readonly id: string;
  /** In which reading of the log it was last seen. */
  reading: number;
}

const EVERYTHING: Purge = { selector: { kind: 'all' }, soft: false };

/** Where more than `limit` purges may have been lost, `takeLost` answers with a purge of everything. */
export function createRecentPurges(limit = 1_000): RecentPurges {
  const remembered = new Map<string, Remembered>();
  /** Id of the newest purge that had to be forgotten. */
  let forgotten: string | undefined;
  let reading = 0;
  let lossExpected = false;
  /** Something of an earlier reading stood there again under its id, so the log lost only its end. */
  let survived = false;

  function subsume(id: string): void {
    for (const [name, older] of remembered) if (compareIds(older.id, id) < 0) remembered.delete(name);
    if (forgotten !== undefined && compareIds(forgotten, id) < 0) forgotten = undefined;
  }

  return {
    note(purge, id) {
      if (forgotten !== undefined && compareIds(id, forgotten) <= 0) {
        if (id === forgotten) survived = true;
        return;
      }
      const name = purgeName(purge);
      const before = remembered.get(name);
      const order = before === undefined ? 1 : compareIds(id, before.id);
      // An earlier purge of the same selector, read again, does not stand in for a later one.
      if (order < 0) return;
      if (order === 0) survived = true;
      if (purge.selector.kind === 'all' && !purge.soft) subsume(id);
      remembered.delete(name);
      remembered.set(name, { purge, id, reading });
      if (remembered.size <= limit) return;
      for (const [oldest, { id: oldestId }] of remembered) {
        remembered.delete(oldest);
        if (forgotten === undefined || compareIds(forgotten, oldestId) < 0) forgotten = oldestId;
        break;
      }
    },
    beginAgain() {
      reading++;
      lossExpected = true;
      survived = false;
    },
    takeLost() {
      if (!lossExpected) return [];
      lossExpected = false;
      const lost: Purge[] = forgotten !== undefined && !survived ? [EVERYTHING] : [];
      for (const [name, { purge, reading: last }] of remembered) {
        if (last === reading) continue;
        remembered.delete(name);
        if (lost[0] !== EVERYTHING) lost.push(purge);
      }
      if (lost[0] === EVERYTHING) forgotten = undefined;
      return lost;
    },
  };
}
