import type { Address } from '../address.ts';
import type { ExplainOrder, Explanation } from '../admin/explanation.ts';
import type { Config } from '../config/config.ts';
import type { Outcome } from '../observe/outcome.ts';
import type { PurgeIndexSnapshot } from '../purge/index-snapshot.ts';
import type { Receipt } from '../purge/purge-log.ts';
import type { Purge } from '../purge/selector.ts';
import type { WorkerCounts, WorkerFigures, WorkerLevels } from './figures.ts';
import type { KeyLists, KeysAsked } from './key-lists.ts';

/*
 * What the primary and its workers say to each other, over the channel that Node gives them: in order,
 * as structured clones.
 */

/** One call of the primary's purge index, in the order of the calls. */
export type PurgeStep =
  | {
      readonly kind: 'apply';
      readonly purge: Purge;
      readonly position: number;
      /** The serial that the primary's index gave it. */
      readonly serial: number;
      /** Set where a worker appended it, which has applied it before. */
      readonly origin: PurgeOrigin | undefined;
    }
  | { readonly kind: 'confirm'; readonly purge: Purge; readonly position: number; readonly serial: number }
  | { readonly kind: 'raise-floor' | 'raise-stored-floor'; readonly position: number };

/** The `nth` purge (from 0) of a worker's `append`. */
export interface PurgeOrigin {
  readonly worker: number;
  readonly append: number;
  readonly nth: number;
}

/** How the primary's purge log stands once the steps sent before are applied. Times: see SharedClock. */
export interface LogState {
  readonly applied: number;
  readonly pending: number;
  readonly trusted: boolean;
  readonly confirmedAt: number;
  readonly sentAt: number;
}

export interface Feed {
  readonly steps: readonly PurgeStep[];
  readonly state: LogState;
}

/** What a worker is told first. */
export interface Welcome {
  /** Unique among all workers of this primary, those that are gone included. */
  readonly id: number;
  /** From 1: the place it takes. */
  readonly number: number;
  /** Its share. */
  readonly config: Config;
  readonly index: PurgeIndexSnapshot;
  readonly state: LogState;
  /** How often, in ms, it hears of the log's state at least. */
  readonly beat: number;
}

/** What the primary asks of a worker. */
export interface WorkerAsks {
  listen: { ask: Address; answer: Address };
  /** Answered when what is used most has been fetched into memory, where that is wanted. */
  warmed: { ask: undefined; answer: undefined };
  /** Answered when all that was sent before has been dealt with. */
  settle: { ask: undefined; answer: undefined };
  levels: { ask: undefined; answer: WorkerLevels };
  counts: { ask: undefined; answer: WorkerCounts };
  figures: { ask: undefined; answer: WorkerFigures };
  keys: { ask: KeysAsked; answer: KeyLists };
  explain: { ask: ExplainOrder; answer: Explanation };
  matching: { ask: Purge; answer: number };
  warm: { ask: WarmTarget; answer: Outcome };
  reload: { ask: Config; answer: undefined };
  /** Answered when it is drained, with what it counted; it ends then. */
  drain: { ask: DismissalTimes; answer: WorkerFigures };
}

/** ms; `within` begins when `delay` is over. */
export interface DismissalTimes {
  readonly delay: number;
  readonly within: number;
}

/** What a worker asks of the primary. */
export interface PrimaryAsks {
  append: { ask: { readonly append: number; readonly purges: readonly Purge[] }; answer: Receipt };
  /** Answered when what it appended before holds in every worker. */
  spread: { ask: undefined; answer: undefined };
}

/** A path to fetch, as the admin port names one. */
export interface WarmTarget {
  readonly scheme: 'http' | 'https';
  readonly authority: string | undefined;
  readonly target: string;
}

/** What is said without waiting for an answer. */
export type Notice =
  | { readonly kind: 'hello' }
  /** After `drain` was answered: ends the process. */
  | { readonly kind: 'leave' }
  | { readonly kind: 'welcome'; readonly welcome: Welcome }
  | { readonly kind: 'feed'; readonly feed: Feed };
