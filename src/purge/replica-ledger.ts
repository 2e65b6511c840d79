import { setTimeout as delay } from 'node:timers/promises';
import type { Clock } from '../clock.ts';
import type { PurgeHistory, RecordedOrder } from './purge-history.ts';
import { type PurgeLedger, type ReplicaReceipt, told } from './purge-ledger.ts';
import type { ReplicaRegistry } from './replica-registry.ts';
import type { KnownReplica } from './replica-roster.ts';
import type { StreamEntry } from './stream-entry.ts';
import { asOfPosition, positionOf } from './stream-id.ts';

/** The ledger of a log that replicas share; told of what is read in it. */
export interface ReplicaLedger extends PurgeLedger {
  read(entry: StreamEntry): void;
  /** The log is another one, or an earlier state of it. */
  beginAgain(): void;
}

export interface ReplicaLedgerParts {
  readonly history: PurgeHistory;
  readonly registry: ReplicaRegistry;
  readonly clock: Clock;
  /** How long until all that may hold something has been heard of; ms, 0: it has, Infinity: not followed. */
  readonly unsettled: () => number;
}

/** Between two looks at what the replicas say, ms: at first, and at most. */
const SHORTEST = 5;
const LONGEST = 50;
/** More receipts than this do not wait: each holds a connection of the admin port. */
const MOST_WAITS = 128;
const UNASKED = 'Redis cannot be asked now.';
const CROWDED = `${MOST_WAITS} receipts are being waited for already: this one says how it is now.`;
const UNSETTLED =
  'This sidecar has not followed the purge log without interruption for long enough: there may be replicas that it has not heard of.';

/** How many of the entries read last are known one by one. */
const LINEAGE = 1_024;

export function createReplicaLedger(parts: ReplicaLedgerParts): ReplicaLedger {
  const { history, registry, clock, unsettled } = parts;
  /**
   * Tokens of the entries read of late, by id, of the log as it stands. A log that lost its end goes on under ids
   * that look the same, so a position alone does not say what was read before it. An entry does: two readers
   * that both read one append, which its token tells, read the same entries up to there.
   */
  const lineage = new Map<string, string>();
  /** The look under way, or the last; and monotonic ms at which it ended, Infinity: it has not. */
  let looking: Promise<boolean> | undefined;
  let lookedAt = Number.NEGATIVE_INFINITY;
  let waits = 0;

  /**
   * Whether a replica has applied an order, for certain: both read the entry at which it stands, so both read
   * the same entries before it, and that of the order, which was read here in the log as it stands, is one.
   */
  function hasApplied({ cursor }: KnownReplica, { isPending, position, isRead }: RecordedOrder): boolean {
    if (isPending || !isRead || position === undefined || cursor === undefined) return false;
    const { id, token } = cursor;
    return token !== '' && lineage.get(id) === token && asOfPosition(id) >= position;
  }

  function judge(id: string, isCurrent: boolean): ReplicaReceipt {
    const record = history.find(id);
    const applied: string[] = [];
    const waiting: string[] = [];
    const silent: { name: string; since: number }[] = [];
    for (const replica of registry.all()) {
      const { name, seen } = replica;
      if (record !== undefined && hasApplied(replica, record)) applied.push(name);
      else if (registry.isSilent(replica)) silent.push({ name, since: seen });
      else waiting.push(name);
    }
    const isComplete = applied.length > 0 && waiting.length === 0 && silent.length === 0;
    const all = isComplete && isCurrent && unsettled() === 0;
    const why = isCurrent ? (isComplete && !all ? UNSETTLED : undefined) : UNASKED;
    return { all, applied, waiting, silent, ...(why === undefined ? {} : { why }) };
  }

  /** However many wait: one look at a time, and none within the shortest pause after another. */
  function look(): Promise<boolean> {
    const now = clock.monotonic();
    if (looking === undefined || now - lookedAt >= SHORTEST) {
      const begun = registry.look().finally(() => {
        lookedAt = clock.monotonic();
      });
      lookedAt = Number.POSITIVE_INFINITY;
      looking = begun;
    }
    return looking;
  }

  async function waitFor(id: string, within: number, signal: AbortSignal): Promise<ReplicaReceipt> {
    const deadline = clock.monotonic() + within;
    for (let pause = SHORTEST; ; pause = Math.min(LONGEST, pause * 1.5)) {
      const isCurrent = await look();
      const receipt = judge(id, isCurrent);
      const left = deadline - clock.monotonic();
      const isOver = isCurrent && receipt.applied.length > 0 && receipt.waiting.length === 0;
      // Those that are silent are not waited for; that it settles is, where it will.
      const isDone = isOver && (receipt.silent.length > 0 || receipt.all || unsettled() > left);
      if (isDone || left <= 0 || signal.aborted) return receipt;
      await delay(Math.min(pause, left), undefined, { signal }).catch(() => {});
    }
  }

  return {
    read({ id, token, purges }) {
      lineage.set(id, token);
      if (lineage.size > LINEAGE) {
        const [oldest] = lineage.keys();
        lineage.delete(oldest ?? id);
      }
      for (const purge of purges) history.read(purge, positionOf(id));
    },
    beginAgain() {
      lineage.clear();
      history.beginAgain();
    },
    find(id) {
      const record = history.find(id);
      return record && told(record);
    },
    async applied(id, within, signal) {
      if (waits >= MOST_WAITS) return { ...judge(id, await look()), why: CROWDED };
      waits++;
      try {
        return await waitFor(id, within, signal);
      } finally {
        waits--;
      }
    },
    async history(limit) {
      const current = await look();
      const replicas = registry.all();
      const orders = history.newest(limit).map((record) => {
        const order = told(record);
        const who = replicas.filter((replica) => hasApplied(replica, record)).map(({ name }) => name);
        const isLost = order.status === 'applied' && !record.isRead;
        return { ...order, replicas: isLost ? null : order.status === 'pending' ? [] : who };
      });
      return {
        orders,
        replicas: replicas.map((replica) => ({
          name: replica.name,
          position: replica.cursor === undefined ? null : asOfPosition(replica.cursor.id),
          seen: Math.round(replica.seen),
          silent: registry.isSilent(replica),
        })),
        current,
      };
    },
    get replicas() {
      return registry.levels;
    },
  };
}
