import { type Order, type Purge, purgeName } from './selector.ts';

/** One order, as far as it is known here. */
export interface RecordedOrder {
  readonly order: Order;
  /** At most a hundred of what it names. */
  readonly purges: readonly Purge[];
  /** It names more than that. */
  readonly more: boolean;
  /** Something that it named was not read from the log yet, or is to be appended again. */
  readonly isPending: boolean;
  /** The highest in the log of all that it named; undefined: none was read yet. */
  readonly position: number | undefined;
  /** All of it was read from the log as it stands, up to that position. */
  readonly isRead: boolean;
}

/** The newest orders, from here and from everywhere: the log tells of them, also after a restart. */
export interface PurgeHistory {
  /** Applied here under this serial of the index, and in no log yet, or no longer: its orders are pending. */
  open(purge: Purge, serial: number): void;
  /**
   * An own entry was read back. What was applied here until then under the same name has come into the log with
   * it, whether or not the entry has room for every order.
   */
  settle(purge: Purge, serial: number, position: number): void;
  /** It was read from the log. */
  read(purge: Purge, position: number): void;
  /** The log has lost something: what stands in it is known once it was read again. */
  beginAgain(): void;
  find(id: string): RecordedOrder | undefined;
  /** Newest first: those that are pending, then by position. */
  newest(limit: number): RecordedOrder[];
}

interface Kept {
  readonly order: Order;
  readonly purges: Map<string, Purge>;
  more: boolean;
  /** By name, what is pending, and the serial under which the index counts it. */
  readonly open: Map<string, number>;
  position: number | undefined;
  /** The highest position read in the log as it stands; -1: none. */
  read: number;
}

const SHOWN = 100;
const EVERYTHING = purgeName({ selector: { kind: 'all' }, soft: false });

export function createPurgeHistory(limit = 500): PurgeHistory {
  const kept = new Map<string, Kept>();
  /** Of those, the ones that are pending. */
  const unsettled = new Set<Kept>();

  function note(purge: Purge, then: (record: Kept, name: string) => void): void {
    for (const order of purge.orders ?? []) {
      const record = kept.get(order.id) ?? begin(order);
      const name = purgeName(purge);
      if (record.purges.size < SHOWN || record.purges.has(name)) record.purges.set(name, purge);
      else record.more = true;
      then(record, name);
    }
  }

  function begin(order: Order): Kept {
    const record: Kept = {
      order,
      purges: new Map(),
      more: false,
      open: new Map(),
      position: undefined,
      read: -1,
    };
    kept.set(order.id, record);
    for (const [oldest, forgotten] of kept) {
      if (kept.size <= limit) break;
      kept.delete(oldest);
      unsettled.delete(forgotten);
    }
    return record;
  }

  function close(record: Kept, name: string, position: number): void {
    record.position = Math.max(record.position ?? -1, position);
    record.read = Math.max(record.read, position);
    record.open.delete(name);
    if (record.open.size === 0) unsettled.delete(record);
  }

  const isPending = ({ open, position }: Kept) => open.size > 0 || position === undefined;

  const shown = (record: Kept): RecordedOrder => {
    const { order, purges, more, position, read } = record;
    return {
      order,
      purges: [...purges.values()],
      more,
      isPending: isPending(record),
      position,
      isRead: position !== undefined && read >= position,
    };
  };

  return {
    open(purge, serial) {
      note(purge, (record, name) => {
        record.open.set(name, Math.max(serial, record.open.get(name) ?? 0));
        unsettled.add(record);
      });
    },
    settle(purge, serial, position) {
      const name = purgeName(purge);
      for (const record of unsettled) {
        const covered = name === EVERYTHING ? [...record.open] : [[name, record.open.get(name)] as const];
        for (const [one, at] of covered) if (at !== undefined && at <= serial) close(record, one, position);
      }
    },
    read(purge, position) {
      note(purge, (record, name) => close(record, name, position));
    },
    beginAgain() {
      for (const record of kept.values()) record.read = -1;
    },
    find(id) {
      const record = kept.get(id);
      return record && shown(record);
    },
    newest(count) {
      const at = (record: Kept) =>
        isPending(record) ? Number.POSITIVE_INFINITY : (record.position ?? Number.POSITIVE_INFINITY);
      const order = (a: Kept, b: Kept) =>
        at(a) === at(b) ? b.order.at - a.order.at : at(b) > at(a) ? 1 : -1;
      return [...kept.values()].reverse().sort(order).slice(0, count).map(shown);
    },
  };
}
