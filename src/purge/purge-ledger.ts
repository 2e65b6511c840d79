import type { RecordedOrder } from './purge-history.ts';

/** Who asked for what, and which replicas have applied it. */
export interface PurgeLedger {
  /** undefined: not known here, or forgotten. */
  find(order: string): LedgerOrder | undefined;
  /**
   * Waits until every replica that is not silent has applied the order, at most `within` ms.
   *
   * `all` is only true where every replica that may hold a stored response has applied it: known are those
   * that the hash in Redis names and those that the log told of, silent ones too, for ten minutes; each joins
   * by an entry of the log, which it has itself read, before it trusts what it has stored. This sidecar must
   * have read the order from the log, and have followed the log for a lease without a gap.
   *
   * Not covered: a replica that never reached Redis since it started, or not for ten minutes; it is beyond
   * its lease, where a route's `beyond-lease` bounds staleness. And the moment after a failover that lost the
   * end of the log, until one of those who read it has appended it again: who starts just then cannot know.
   */
  applied(order: string, within: number, signal: AbortSignal): Promise<ReplicaReceipt>;
  /** The newest orders, newest first. */
  history(limit: number): Promise<LedgerHistory>;
  /** Replicas as of the last look: at least every ten seconds. */
  readonly replicas: { readonly known: number; readonly silent: number };
}

export interface LedgerOrder extends Omit<RecordedOrder, 'isRead' | 'isPending' | 'position'> {
  readonly status: 'applied' | 'pending';
  /** The highest of its entries in the log; null while it is pending. */
  readonly position: number | null;
}

/** By name. */
export interface ReplicaReceipt {
  readonly all: boolean;
  readonly applied: readonly string[];
  readonly waiting: readonly string[];
  /** Not heard of for two leases, and not known to have applied it; ms since the epoch. */
  readonly silent: readonly { readonly name: string; readonly since: number }[];
  /** Why `all` is false although nobody is missing. */
  readonly why?: string;
}

export interface LedgerHistory {
  readonly orders: readonly HistoricOrder[];
  readonly replicas: readonly ReplicaState[];
  /** False: Redis cannot be asked now, and this is what was known before. */
  readonly current: boolean;
}

export interface HistoricOrder extends LedgerOrder {
  /** Names of those known to have applied it; null: the log has lost it, and it cannot be told. */
  readonly replicas: readonly string[] | null;
}

export interface ReplicaState {
  readonly name: string;
  /** Up to which everything is applied; null: none yet. */
  readonly position: number | null;
  /** ms since the epoch. */
  readonly seen: number;
  readonly silent: boolean;
}

/** An order as it is told of. */
export function told({ order, purges, more, isPending, position }: RecordedOrder): LedgerOrder {
  const isOpen = isPending || position === undefined;
  return {
    order,
    purges,
    more,
    status: isOpen ? 'pending' : 'applied',
    position: isOpen ? null : position,
  };
}
