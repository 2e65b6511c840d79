import type { OutcomeWord } from '../observe/outcome-word.ts';
import type { Detail, ForwardReason } from '../policy/cache-status.ts';
import type { TraceWord } from '../policy/trace.ts';
import type { KeyView, LookupView, RequestView, RouteTrial } from './explanation-request.ts';
import type { MemoryView, RedisView } from './explanation-tiers.ts';
import type { UpstreamView } from './explanation-upstream.ts';

/** What `POST /explain` takes. */
export interface ExplainOrder {
  /** `/path?query`, or `http(s)://host/path?query`. */
  readonly url: string;
  /** The `Host` of a path; without one the proxy's own address. It is part of the cache key. */
  readonly host?: string | undefined;
  /** `GET` where it is left out. */
  readonly method?: string | undefined;
  /** Further request fields, as the client sends them. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

/**
 * What `POST /explain` answers: how a request would fare at this very moment, and why. Nothing is sent to the upstream,
 * nothing counted as a use, and nothing changed. Times are ms since the epoch, durations ms, sizes bytes; secrets are
 * digested or `[redacted]`.
 */
export interface Explanation {
  /** When this was looked at. */
  readonly now: number;
  /** With several workers: the one whose view all of this is; null in a single process. See `memory` for the others. */
  readonly worker: number | null;
  /** Why in a sentence or two: what an operator reads first. */
  readonly summary: string;
  readonly request: RequestView;
  /** Routes in order of trial, up to the one that matches; empty where the request is refused. */
  readonly routes: readonly RouteTrial[];
  /** null: no route matches, or the request is refused. */
  readonly lookup: LookupView | null;
  /** null: the request is not looked up. */
  readonly key: KeyView | null;
  /** One for each process; empty where there is no memory tier or nothing is looked up. */
  readonly memory: readonly MemoryView[];
  /** null: there is no Redis tier, or nothing is looked up. */
  readonly redis: RedisView | null;
  /** What would happen to the request now. */
  readonly prediction: Prediction;
  /** What the upstream last said of this URL; null: nothing is known of it. */
  readonly upstream: UpstreamView | null;
  /** What to change so that it is cached, the first thing in the way first; empty where nothing is to be changed. */
  readonly advice: readonly Advice[];
}

/** What becomes of the request, as the pipeline itself decides when it is rehearsed on what is stored now. */
export interface Prediction {
  readonly kind: /** From what is stored. */
    | 'served'
    /** The upstream is asked. */
    | 'forwarded'
    /** It waits for a fetch of the same key that is under way. */
    | 'waits'
    /** Answered with 503, since the upstream is not to be asked now; or from what is stored, which is `served`. */
    | 'turned-away'
    /** Answered by Cacheside itself: `only-if-cached`, too long a body. */
    | 'answered'
    /** It is no valid request: the door refuses it. */
    | 'refused';
  /**
   * The `Cache-Status` of the answer. Of a request that is forwarded it is the part that is known before the upstream
   * answers; `asLastTime` has the whole of it. null for a request that is refused.
   */
  readonly cacheStatus: string | null;
  /** The word of log, metrics and stats; of a request that is forwarded as it is expected (`asLastTime`), else as far as known. */
  readonly outcome: OutcomeWord;
  /** null: the upstream says. */
  readonly status: number | null;
  readonly trace: readonly TraceWord[];
  /** The words behind it: what they mean, and what to do about it. */
  readonly reason: WordMeaning | null;
  readonly detail: WordMeaning | null;
  /** What `detail` speaks of: a request field, or what was full. */
  readonly subject: string | null;
  /** A renewal in the background would be sent. */
  readonly renews: boolean;
  /** It has to wait for a turn of its route's `concurrency`, or for a fetch under way. */
  readonly waitsFor: 'turn' | 'flight' | 'replica' | null;
  /** Of the route: whether the upstream is asked at all. `off`: there is none. */
  readonly breaker: 'off' | 'closed' | 'open' | 'half-open';
  /** ms until an open breaker lets one request through; 0 otherwise. */
  readonly probeIn: number;
  /** An answer under this key could not be shared just now: nobody waits for another's fetch. */
  readonly uncacheableNow: boolean;
  /** How far purges are heard: `beyondLease` is true once the lease has run out. */
  readonly coherence: { readonly trusted: boolean; readonly beyondLease: boolean };
  /** Should the upstream answer as it did last; null where it is not asked, or nothing is known of its answers. */
  readonly asLastTime: Foreseen | null;
  /** Should it fail (no connection); null where it is not asked. */
  readonly ifUpstreamFails: Foreseen | null;
}

/** What a request would come to if the upstream did so. */
export interface Foreseen {
  readonly cacheStatus: string;
  readonly outcome: OutcomeWord;
  readonly status: number;
  readonly stored: boolean;
  readonly trace: readonly TraceWord[];
}

/** A word of `Cache-Status` in plain language. */
export interface WordMeaning {
  readonly word: Detail | ForwardReason;
  readonly meaning: string;
  /** What to do about it; null where nothing is wrong. */
  readonly cure: string | null;
}

/** One change that would have the request cached, or cached better. */
export interface Advice {
  /** Whose it is. */
  readonly at: 'configuration' | 'upstream' | 'client';
  /** Path of the setting, such as `routes[2].request-fields.forward`; null beside the configuration. */
  readonly path: string | null;
  /** What to do, in one sentence. */
  readonly what: string;
  readonly why: string;
  /** YAML that loads: the route with this setting as it would be; null beside the configuration. */
  readonly snippet: string | null;
  /** Set where that would be unsafe unless something is known for sure. */
  readonly warning: string | null;
}
