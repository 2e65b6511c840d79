import type { Clock } from '../clock.ts';
import type { PendingPurges } from './pending-purges.ts';
import type { PurgeIndex } from './purge-index.ts';
import type { PurgeStream } from './purge-stream.ts';
import type { RecentPurges } from './recent-purges.ts';
import type { Cursor } from './replica-reports.ts';
import type { StreamEntry } from './stream-entry.ts';
import { asOfPosition, compareIds, GENESIS_ID, nextId, positionOf } from './stream-id.ts';

/** Reads the log into the index, in order, and notices where it no longer is the log it was. */
export interface LogTail {
  /** What a response fetched now carries as `asOf`. */
  readonly applied: number;
  /** The highest id ever applied here, of whichever log, or that of a floor above. */
  readonly highest: string;
  /** The entry up to which everything was applied; undefined: none yet, of the log as it stands. */
  readonly cursor: Cursor | undefined;
  /** Monotonic ms at which the read was sent that last saw the end of the log at its master; -Infinity: none yet. */
  readonly confirmedAt: number;
  /**
   * Reads to the end. Each read starts with the entry applied last, so that one answer proves that
   * nothing between was trimmed or replaced. Rejects as the commands do; may then be called again.
   */
  drain(): Promise<void>;
  /** Resolves as soon as there may be more to read, at the latest after `ms`. */
  wait(ms: number): Promise<void>;
}

export interface LogTailParts {
  readonly stream: PurgeStream;
  readonly index: PurgeIndex;
  readonly pending: PendingPurges;
  readonly recent: RecentPurges;
  readonly clock: Clock;
  /** Called before anything is done about a log that was `trimmed` past us, or `lost`, wholly or its end. */
  readonly onGap: (gap: 'trimmed' | 'lost') => void;
  /** Called for each entry once it is applied. */
  readonly onEntry: (entry: StreamEntry) => void;
  readonly onApplied: (position: number) => void;
  /**
   * Called at the end of the log, before it counts as seen. `appended`: something was, read on. `unproven`: it is
   * not known now that there is no other log that goes on.
   */
  readonly atEnd: () => Promise<'appended' | 'proven' | 'unproven'>;
}

const READ = 1_000;
const BEFORE_ALL = '0-0';

export function createLogTail(parts: LogTailParts): LogTail {
  const { stream, index, pending, recent, clock } = parts;
  /** The entry applied last; undefined: the log is (again) read from its beginning. */
  let cursor: { readonly id: string; readonly token: string | undefined } | undefined;
  let highest = BEFORE_ALL;
  let confirmedAt = Number.NEGATIVE_INFINITY;

  function apply(entry: StreamEntry): void {
    const position = positionOf(entry.id);
    const own = pending.readBack(entry);
    if (entry.fence) index.raiseStoredFloor(position);
    for (const purge of entry.purges) {
      if (!own) index.apply(purge, position);
      recent.note(purge, entry.id);
    }
    moveTo(entry.id, entry.token);
    parts.onEntry(entry);
  }

  function moveTo(id: string, token: string | undefined): void {
    cursor = { id, token };
    if (compareIds(id, highest) > 0) highest = id;
  }

  function continues(head: StreamEntry | undefined): boolean {
    if (cursor === undefined) return head?.id === GENESIS_ID;
    return head !== undefined && head.id === cursor.id && head.token === cursor.token;
  }

  /** Entries that this process never read are gone: everything stored before counts as purged. */
  function skipTo(id: string): void {
    parts.onGap('trimmed');
    index.raiseFloor(positionOf(id));
  }

  /** The log is another one, or an earlier state of it: read what is there, then put back what is lost. */
  function startOver(): void {
    parts.onGap('lost');
    // Counts as applied: the log has to get past the floor, also where it held nothing but its genesis.
    highest = nextId(highest);
    index.raiseFloor(positionOf(highest));
    recent.beginAgain();
    cursor = undefined;
  }

  /** The log does not go on from the cursor. True: handled, read again; false: there is nothing to read. */
  async function mend(): Promise<boolean> {
    // Asked for first: what is still empty after that was not just begun by another sidecar.
    const last = await stream.lastId();
    const [first] = await stream.range('-', 1);
    if (first !== undefined) {
      if (cursor === undefined && first.id === GENESIS_ID) return true;
      if (cursor !== undefined && compareIds(first.id, cursor.id) <= 0) startOver();
      else {
        skipTo(first.id);
        apply(first);
      }
      return true;
    }
    if (last === undefined) {
      if (cursor !== undefined) startOver();
      await stream.begin();
      return true;
    }
    if (last === cursor?.id) return false;
    if (cursor !== undefined && compareIds(last, cursor.id) < 0) startOver();
    else {
      // Emptied by trimming, but still the same log.
      skipTo(last);
      moveTo(last, undefined);
    }
    return true;
  }

  return {
    get cursor() {
      return cursor && { id: cursor.id, token: cursor.token ?? '' };
    },
    get applied() {
      return cursor === undefined ? 0 : asOfPosition(cursor.id);
    },
    get highest() {
      return highest;
    },
    get confirmedAt() {
      return confirmedAt;
    },
    async drain() {
      for (;;) {
        const { confirmations } = pending;
        const askedAt = clock.monotonic();
        const entries = await stream.range(cursor?.id ?? '-', READ);
        if (!continues(entries[0])) {
          if (await mend()) continue;
        }
        for (const entry of cursor === undefined ? entries : entries.slice(1)) apply(entry);
        if (entries.length > 1) parts.onApplied(cursor === undefined ? 0 : asOfPosition(cursor.id));
        if (entries.length === READ) continue;
        // A log that starts again must not give a later purge a lower position than what was stored
        // before carries as `asOf`, which a Redis with an earlier clock would do.
        const below = cursor !== undefined && compareIds(cursor.id, highest) < 0;
        if (below && (await stream.fence(nextId(highest)))) continue;
        const end = await parts.atEnd();
        if (end === 'appended') continue;
        if (end === 'proven') confirmedAt = askedAt;
        pending.deferUnseen(confirmations);
        for (const purge of recent.takeLost()) pending.defer(purge);
        return;
      }
    },
    wait: (ms) => stream.wait(cursor?.id ?? BEFORE_ALL, ms),
  };
}
