import type { Purge } from './selector.ts';

/**
 * What became of an append. `appended`: it stands in the log, where it was read back. `pending`: it is applied here, and
 * kept until that is so; where it is not found there, it is appended again.
 */
export type Receipt = { readonly kind: 'appended'; readonly position: number } | { readonly kind: 'pending' };

/**
 * The purge log: a purge is one append, its position a logical clock. Whoever implements this port
 * applies each purge to the purge index before the append is acknowledged.
 */
export interface PurgeLog {
  /** The last position applied to the index; taken before an upstream request as its `asOf`. */
  readonly applied: number;
  /**
   * True while nothing appended elsewhere can have been missed and nothing is to be appended again: only then
   * may a response found in Redis be judged by the purge index.
   */
  readonly trusted: boolean;
  /**
   * Monotonic ms: everything that was in the log at this moment is applied here. Infinity where nobody else
   * can append, -Infinity until the log was first read to its end.
   */
  readonly confirmedAt: number;
  /** Purges applied here that were not read back from the log yet. */
  readonly pending: number;
  /** `ack`: every replica is to say at once that it has applied them. */
  append(purges: readonly Purge[], options?: { readonly ack?: boolean }): Promise<Receipt>;
  /** True once everything up to `position` is applied here; false where that takes longer than `within` ms. */
  reached(position: number, within: number): Promise<boolean>;
  close(): Promise<void>;
}
