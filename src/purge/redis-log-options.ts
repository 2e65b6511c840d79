import type { Clock } from '../clock.ts';
import type { OpenRedis } from './log-connection.ts';
import type { PurgeIndex } from './purge-index.ts';

export interface RedisLogOptions {
  readonly index: PurgeIndex;
  readonly open: OpenRedis;
  /** First part of the keys `{namespace}:purges` and `{namespace}:replicas`, which have no braces. */
  readonly namespace: string;
  /** How this replica is called in receipts; may change. The first part of an identifier where left out. */
  readonly name?: () => string;
  readonly clock: Clock;
  /**
   * How long purges may go unheard, ms: the end of the log is looked for several times within it. 5,000
   * where left out.
   */
  readonly lease?: number;
  /** How long purges stay in the log, ms; a week where left out. */
  readonly history?: number;
  /**
   * How long Redis may take to answer an append or a read, and an append after that to be read back; ms, 1,000 where
   * left out.
   */
  readonly commandTimeout?: number;
  /** Told whenever `trusted` changes. Must not throw. */
  readonly onState?: (trusted: boolean) => void;
  /**
   * Told when entries of the log, own ones too, were applied up to this position. Must not throw. No other
   * replica hears that they are applied before what it returns has resolved.
   */
  readonly onApplied?: (position: number) => void | Promise<void>;
  /** Told how long a purge took from its append to here; ms, by an estimate of the time at Redis. */
  readonly onLag?: (ms: number) => void;
  /**
   * How long the log must have been followed without a gap before a receipt says `all`; ms. The lease, or 5 s
   * where that is less: whoever has not come back by then is beyond its lease.
   */
  readonly settle?: number;
}

/** What holds where it is left out. */
export const DEFAULTS = {
  lease: 5_000,
  history: 7 * 24 * 60 * 60_000,
  commandTimeout: 1_000,
  onState(_trusted: boolean) {},
  onApplied(_position: number): void | Promise<void> {},
  onLag(_ms: number) {},
};
