import type { OutcomeWord } from '../observe/outcome-word.ts';
import type { Detail } from '../policy/cache-status.ts';
import type { RemoteState } from '../store/ports.ts';

/** What one process has in memory. */
export interface MemoryView extends TierView {
  /** null in a single process. */
  readonly worker: number | null;
  /** What this process would do with the request. */
  readonly cacheStatus: string | null;
  readonly outcome: OutcomeWord;
}

/** What Redis has. Asked as one look; nothing is promoted. */
export interface RedisView extends TierView {
  readonly state: RemoteState;
  /** false: purges may have been missed, and for that Redis is not read. */
  readonly trusted: boolean;
  /** A replica holds the lock of this key (`collapse: replicas`); null where nobody asks for one. */
  readonly lock: 'free' | 'held' | 'marked' | 'unavailable' | null;
}

/** What a tier has for the key. */
export interface TierView {
  readonly found: /** A stored response that the request's fields select. */
    | 'stored'
    /** Other variants alone. */
    | 'other-variants'
    | 'absent'
    /** It cannot be asked. */
    | 'unavailable';
  readonly stored: StoredView | null;
  /** Which fields select a variant; null where the resource has none. */
  readonly vary: readonly string[] | null;
  /** Variants in memory, at most twenty; of Redis none is listed. */
  readonly variants: readonly VariantListed[];
}

export interface VariantListed {
  /** As the variant key has it: `accept-language=2:de;`. */
  readonly variant: string;
  readonly selected: boolean;
  readonly status: number;
  /** ms; negative: stale for so long. */
  readonly ttl: number;
  readonly bytes: number;
}

/** A stored response. */
export interface StoredView {
  readonly status: number;
  readonly url: string;
  readonly route: string;
  /** It was stored under rules that have changed since: it is not used. */
  readonly ruleChanged: boolean;
  /** Current age and freshness lifetime (RFC 9111 §4.2.3, §4.2.1); ms. */
  readonly age: number;
  readonly lifetime: number;
  /** Freshness left; ms, negative: stale for so long. */
  readonly ttl: number;
  /** When it was fetched or last validated. */
  readonly storedAt: number;
  readonly freshUntil: number;
  /** Where it stands. `validate`: in no window, and a validator may spare the transfer. */
  readonly stage: 'fresh' | 'while-revalidate' | 'if-error' | 'validate' | 'useless';
  /** Windows past its lifetime (RFC 5861); ms, 0: none. */
  readonly staleWhileRevalidate: number;
  readonly staleIfError: number;
  /** `must-revalidate`, `proxy-revalidate` or `s-maxage` close what clients ask with `max-stale`. */
  readonly mustRevalidate: boolean;
  /** `no-cache`: asked about at each use. */
  readonly alwaysValidate: boolean;
  readonly etag: string | null;
  readonly lastModified: string | null;
  readonly tags: readonly string[];
  /** Which variant it is; empty where the response has no `Vary`. */
  readonly variant: string;
  /** Position of the purge log that had been applied when it was asked for. */
  readonly asOf: number;
  readonly purged: PurgedBy | null;
  /** Body; and what it takes in memory with all that belongs to it. */
  readonly bytes: number;
  readonly size: number;
  /** What `compress` made of it. */
  readonly forms: readonly { readonly coding: string; readonly bytes: number }[];
  /** What is done with it for this request. */
  readonly use:
    | 'serve'
    /** Stale, while it is renewed, or because the client takes it. */
    | 'serve-stale'
    /** The upstream is asked whether it is still good. */
    | 'validate'
    | 'unusable';
  /** Why it is not served as it is. */
  readonly detail: Detail | null;
}

/** What has taken a stored response out of use. */
export interface PurgedBy {
  readonly kind: 'hard' | 'soft';
  /** As `POST /purge` names it: `tag product-1`, `prefix /products`; null: a purge that is no longer told apart. */
  readonly selector: string | null;
  /** In the purge log; null: not in it yet. */
  readonly position: number | null;
}
