import type { Detail, ForwardReason } from '../policy/cache-status.ts';

/** A URL for which the upstream was asked, and what for. */
export interface MissedUrl {
  /** `scheme://authority/path?query`, redacted as in the log and cut at 1 KiB. */
  readonly url: string;
  /** Name of the route; null: none matched. */
  readonly route: string | null;
  /** Requests that were answered by the upstream, or should have been. */
  readonly misses: number;
  /** How many of them why: the `detail` of Cache-Status where there is one, else its forward reason. */
  readonly why: Readonly<Partial<Record<MissReason, number>>>;
  /** The latest; ms since the epoch. */
  readonly at: number;
}

export type MissReason = Detail | ForwardReason;
