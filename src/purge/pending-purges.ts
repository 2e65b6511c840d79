import type { PurgeHistory } from './purge-history.ts';
import type { PurgeIndex } from './purge-index.ts';
import { type Purge, purgeName, withOrders } from './selector.ts';
import type { StreamEntry } from './stream-entry.ts';
import { positionOf } from './stream-id.ts';

/** The purges of one XADD of ours. */
export interface Batch {
  readonly token: string;
  readonly held: readonly HeldPurge[];
  /** Set once known; the entry may be read back before the XADD is answered. */
  position: number | undefined;
  /** It was read back from the log: nothing can lose it any more. */
  seen: boolean;
  /** Whether the replicas are to say at once that they have applied it. */
  readonly ack: boolean;
}

interface HeldPurge {
  readonly purge: Purge;
  /** Under which the index counts it; 0: applied long ago. */
  readonly serial: number;
  /** The last XADD that was to carry it. */
  readonly token: string;
}

/**
 * What this process has appended and not read back yet. *In flight*: XADD sent. *Confirmed*: answered.
 * *Deferred*: not confirmed, to be appended again; of those only the newest per selector is kept. An
 * XADD that failed may have happened all the same; purging twice does no harm.
 */
export interface PendingPurges {
  /** Purges that Redis has not confirmed. */
  readonly unconfirmed: number;
  /** Purges that were not read back, those among them. */
  readonly unseen: number;
  readonly deferred: number;
  /** How many batches have been confirmed so far; see `deferUnseen`. */
  readonly confirmations: number;
  /** Whether it may still be read back: neither seen nor given up on. */
  isOpen(batch: Batch): boolean;
  /** Applies the purges to the index as pending. */
  begin(purges: readonly Purge[], ack?: boolean): Batch;
  confirm(batch: Batch, position: number): void;
  fail(batch: Batch): void;
  /** A purge that the log has lost. */
  defer(purge: Purge): void;
  /** Takes note of an entry read back; false where somebody else wrote it. */
  readBack(entry: StreamEntry): boolean;
  /** The log was read to its end by a read begun after `confirmations`, and lacks these: lost. */
  deferUnseen(confirmations: number): void;
  /** The oldest deferred purges as a batch in flight. */
  takeDeferred(): Batch | undefined;
}

const MAX_DEFERRED = 10_000;
const MAX_BATCH = 100;
const EVERYTHING: Purge = { selector: { kind: 'all' }, soft: false };

/**
 * `writer` must be unique to this process: it is how its entries are told from those of others. `history`
 * hears which orders have to wait for what.
 */
export function createPendingPurges(
  index: PurgeIndex,
  history: Pick<PurgeHistory, 'open' | 'settle'>,
  writer: string,
  maxDeferred = MAX_DEFERRED,
): PendingPurges {
  const inFlight = new Map<string, Batch>();
  const confirmed = new Map<string, { batch: Batch; order: number }>();
  const deferred = new Map<string, HeldPurge>();
  let confirmations = 0;
  let batches = 0;

  function send(held: readonly { purge: Purge; serial: number }[], ack = false): Batch {
    const token = `${writer}:${++batches}`;
    const batch: Batch = {
      token,
      held: held.map(({ purge, serial }) => ({ purge, serial, token })),
      position: undefined,
      seen: false,
      ack,
    };
    inFlight.set(token, batch);
    return batch;
  }

  function settle(batch: Batch, position: number): void {
    inFlight.delete(batch.token);
    batch.position = position;
    for (const { purge, serial } of batch.held) index.confirm(purge, position, serial);
  }

  function keep(held: HeldPurge): void {
    const name = purgeName(held.purge);
    const other = deferred.get(name);
    const [newest, older] = other !== undefined && other.serial > held.serial ? [other, held] : [held, other];
    deferred.delete(name);
    deferred.set(name, { ...newest, purge: withOrders(newest.purge, older?.purge.orders ?? []) });
    if (deferred.size <= maxDeferred) return;
    const orders = [...deferred.values()].flatMap(({ purge }) => purge.orders ?? []);
    deferred.clear();
    const serial = index.apply(EVERYTHING, Number.POSITIVE_INFINITY);
    deferred.set(purgeName(EVERYTHING), { purge: withOrders(EVERYTHING, orders), serial, token: '' });
  }

  return {
    get unconfirmed() {
      let count = deferred.size;
      for (const batch of inFlight.values()) count += batch.held.length;
      return count;
    },
    get unseen() {
      let count = this.unconfirmed;
      for (const { batch } of confirmed.values()) count += batch.held.length;
      return count;
    },
    get deferred() {
      return deferred.size;
    },
    get confirmations() {
      return confirmations;
    },
    isOpen: ({ token }) => inFlight.has(token) || confirmed.has(token),
    begin(purges, ack) {
      const held = purges.map((purge) => ({ purge, serial: index.apply(purge, Number.POSITIVE_INFINITY) }));
      for (const { purge, serial } of held) history.open(purge, serial);
      return send(held, ack);
    },
    confirm(batch, position) {
      settle(batch, position);
      if (!batch.seen) confirmed.set(batch.token, { batch, order: ++confirmations });
    },
    fail(batch) {
      inFlight.delete(batch.token);
      if (!batch.seen) for (const held of batch.held) keep(held);
    },
    defer(purge) {
      history.open(purge, 0);
      keep({ purge, serial: 0, token: '' });
    },
    readBack({ id, token, purges }) {
      if (!token.startsWith(`${writer}:`)) return false;
      const position = positionOf(id);
      const batch = inFlight.get(token) ?? confirmed.get(token)?.batch;
      confirmed.delete(token);
      if (batch !== undefined) {
        batch.seen = true;
        settle(batch, position);
        for (const { purge, serial } of batch.held) history.settle(purge, serial, position);
        return true;
      }
      // Its XADD was given up on, but had happened.
      for (const purge of purges) {
        const held = deferred.get(purgeName(purge));
        const serial = held?.token === token ? held.serial : 0;
        if (held?.token === token) deferred.delete(purgeName(purge));
        index.confirm(purge, position, serial);
        history.settle(purge, serial, position);
      }
      return true;
    },
    deferUnseen(upTo) {
      for (const [token, { batch, order }] of confirmed) {
        if (order > upTo) break;
        confirmed.delete(token);
        for (const held of batch.held) keep(held);
      }
    },
    takeDeferred() {
      if (deferred.size === 0) return undefined;
      const oldest = [...deferred].sort(([, a], [, b]) => a.serial - b.serial).slice(0, MAX_BATCH);
      for (const [name] of oldest) deferred.delete(name);
      return send(oldest.map(([, held]) => held));
    },
  };
}
