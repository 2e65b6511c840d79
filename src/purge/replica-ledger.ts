import { setTimeout as delay } from 'node:timers/promises';
import type { Clock } from '../clock.ts';
import type { Lineage } from './lineage.ts';
import type { PurgeHistory, RecordedOrder } from './purge-history.ts';
import { type PurgeLedger, type ReplicaReceipt, told } from './purge-ledger.ts';
import type { ReplicaRegistry } from './replica-registry.ts';
import type { KnownReplica } from './replica-roster.ts';
import { asOfPosition } from './stream-id.ts';

export interface ReplicaLedgerParts {
  readonly history: PurgeHistory;
  readonly registry: ReplicaRegistry;
  readonly lineage: Lineage;
  readonly clock: Clock;
  /** Ids of the orders that Redis has not confirmed. */
  readonly pending: () => ReadonlySet<string>;
  /** How long until all that may hold something has been heard of; ms, 0: it has, Infinity: not followed. */
  readonly unsettled: () => number;
}

/** Between two looks at what the replicas say, ms: at first, and at most. */
const SHORTEST = 5;
const LONGEST = 50;
const UNSETTLED =
  'This sidecar has not followed the purge log without interruption for long enough: there may be replicas that it has not heard of.';

/** The ledger of a log that replicas share. */
export function createReplicaLedger(parts: ReplicaLedgerParts): PurgeLedger {
  const { history, registry, lineage, clock, pending, unsettled } = parts;

  /**
   * Whether a replica has applied an order, for certain: both read the entry at which it stands, so both read
   * the same entries before it, and that of the order, which was read here in the log as it stands, is one.
   */
  function hasApplied({ cursor }: KnownReplica, { position, isRead }: RecordedOrder): boolean {
    if (!isRead || position === undefined || cursor === undefined) return false;
    return lineage.has(cursor.id, cursor.token) && asOfPosition(cursor.id) >= position;
  }

  function judge(id: string, isCurrent: boolean): ReplicaReceipt {
    const record = pending().has(id) ? undefined : history.find(id);
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
    const why = isCurrent ? UNSETTLED : 'Redis cannot be asked now.';
    return { all, applied, waiting, silent, ...(isComplete && !all ? { why } : {}) };
  }

  return {
    find(id) {
      const record = history.find(id);
      return record && told(record, pending().has(id));
    },
    async applied(id, within, signal) {
      const deadline = clock.monotonic() + within;
      for (let pause = SHORTEST; ; pause = Math.min(LONGEST, pause * 1.5)) {
        const isCurrent = await registry.look();
        const receipt = judge(id, isCurrent);
        const left = deadline - clock.monotonic();
        const isOver = isCurrent && receipt.applied.length > 0 && receipt.waiting.length === 0;
        // Those that are silent are not waited for; that it settles is, where it will.
        const isDone = isOver && (receipt.silent.length > 0 || receipt.all || unsettled() > left);
        if (isDone || left <= 0 || signal.aborted) return receipt;
        await delay(Math.min(pause, left), undefined, { signal }).catch(() => {});
      }
    },
    async history(limit) {
      const current = await registry.look();
      const open = pending();
      const replicas = registry.all();
      const orders = history.newest(limit).map((record) => {
        const order = told(record, open.has(record.order.id));
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
