import { type Order, type Purge, purgeName } from './selector.ts';

/** One order, as far as it is known here. */
export interface RecordedOrder {
  readonly order: Order;
  /** At most a hundred of what it names. */
  readonly purges: readonly Purge[];
  /** It names more than that. */
  readonly more: boolean;
  /** The highest in the log of all that it named; undefined: none is confirmed yet. */
  readonly position: number | undefined;
  /** All of it was read from the log as it stands, up to that position. */
  readonly isRead: boolean;
}

/** The newest orders, from here and from everywhere: the log tells of them, also after a restart. */
export interface PurgeHistory {
  /** Asked for here; in no log yet. */
  take(purges: readonly Purge[]): void;
  /** The log took it at this position. */
  confirm(purge: Purge, position: number): void;
  /** It was read from the log. */
  read(purge: Purge, position: number): void;
  /** The log has lost something: what stands in it is known once it was read again. */
  beginAgain(): void;
  find(id: string): RecordedOrder | undefined;
  /** Newest first: those without a position, then by position. */
  newest(limit: number): RecordedOrder[];
}

interface Kept {
  readonly order: Order;
  readonly purges: Map<string, Purge>;
  more: boolean;
  position: number | undefined;
  /** The highest position read in the log as it stands; -1: none. */
  read: number;
}

const SHOWN = 100;

export function createPurgeHistory(limit = 500): PurgeHistory {
  const kept = new Map<string, Kept>();

  function note(purge: Purge, then: (record: Kept) => void): void {
    for (const order of purge.orders ?? []) {
      const record = kept.get(order.id) ?? begin(order);
      const name = purgeName(purge);
      if (record.purges.size < SHOWN || record.purges.has(name)) record.purges.set(name, purge);
      else record.more = true;
      then(record);
    }
  }

  function begin(order: Order): Kept {
    const record: Kept = { order, purges: new Map(), more: false, position: undefined, read: -1 };
    kept.set(order.id, record);
    for (const oldest of kept.keys()) {
      if (kept.size <= limit) break;
      kept.delete(oldest);
    }
    return record;
  }

  function raise(record: Kept, position: number): void {
    record.position = Math.max(record.position ?? -1, position);
  }

  const shown = ({ order, purges, more, position, read }: Kept): RecordedOrder => ({
    order,
    purges: [...purges.values()],
    more,
    position,
    isRead: position !== undefined && read >= position,
  });

  return {
    take(purges) {
      for (const purge of purges) note(purge, () => {});
    },
    confirm(purge, position) {
      note(purge, (record) => raise(record, position));
    },
    read(purge, position) {
      note(purge, (record) => {
        raise(record, position);
        record.read = Math.max(record.read, position);
      });
    },
    beginAgain() {
      for (const record of kept.values()) record.read = -1;
    },
    find(id) {
      const record = kept.get(id);
      return record && shown(record);
    },
    newest(count) {
      const at = ({ position }: Kept) => position ?? Number.POSITIVE_INFINITY;
      const order = (a: Kept, b: Kept) =>
        at(a) === at(b) ? b.order.at - a.order.at : at(b) > at(a) ? 1 : -1;
      return [...kept.values()].reverse().sort(order).slice(0, count).map(shown);
    },
  };
}
