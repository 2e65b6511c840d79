import type { Coding } from './content-coding.ts';

/** A route rule, compiled once from the configuration and frozen. Durations are ms, sizes bytes. */
export interface RouteRule {
  /** Unique; appears in logs, metrics, purges and stats. */
  readonly name: string;
  /** Changes whenever anything changes that decides what is stored or under which key. */
  readonly fingerprint: string;
  readonly match: RouteMatch;
  /** false: forwarded, never stored. */
  readonly cache: boolean;

  /** Fallback freshness when the upstream is silent; undefined: the upstream alone decides. */
  readonly ttl: number | undefined;
  /** Fallback freshness by status, ahead of `ttl`; a status listed here may be stored. */
  readonly statusTtl: ReadonlyMap<number, number>;
  /** Whether the upstream's own freshness counts, or only the rule's. */
  readonly origin: 'respect' | 'ignore';
  /**
   * Share (0–1) of the time since Last-Modified that counts as freshness lifetime where nobody states
   * one (RFC 9111 §4.2.2); 0: none is guessed.
   */
  readonly heuristic: number;
  /** Lower-case names of the targeted Cache-Control fields that are obeyed, first match first (RFC 9213). */
  readonly targetedFields: readonly string[];
  /** What an Age that is no number of seconds, or more than one, says (RFC 9111 §5.1): nothing, or that the response is stale. */
  readonly unreadableAge: 'ignore' | 'stale';
  /** Upper bound of any freshness lifetime. */
  readonly maxTtl: number | undefined;
  /** Share of a lifetime (0–1) by which it is shortened at random. */
  readonly jitter: number;
  /** Fallback and upper hand of RFC 5861's windows; undefined: the upstream alone decides. */
  readonly staleWhileRevalidate: number | undefined;
  readonly staleIfError: number | undefined;
  /** Share of the lifetime (0–1) after which a hit renews in the background; 0: never. */
  readonly eagerRefresh: number;

  readonly key: KeyRule;
  /** Whether a stored response may answer for other queries that its No-Vary-Search calls equal. */
  readonly noVarySearch: 'respect' | 'ignore';
  /** How many request fields a Vary may name before the response counts as uncacheable. */
  readonly varyLimit: number;
  readonly cookies: 'bypass' | 'strip' | 'ignore';
  /** What happens to request fields that neither the key nor the known lists name. */
  readonly requestFields: RequestFieldRule;
  /** Whether a request's Cache-Control may ask for more than the stored response. */
  readonly requestDirectives: 'honour' | 'ignore';

  /** Tags of what is stored here. */
  readonly tags: readonly TagTemplate[];
  /** Fields of the upstream's response that hold tags. */
  readonly surrogateTags: SurrogateTagRule;
  /** Tags that an unsafe method on this route invalidates once the upstream answered 2xx/3xx. */
  readonly purge: readonly TagTemplate[];
  /** Whether a POST's response may be stored for later GETs, as RFC 9110 §9.3.3 allows. */
  readonly post: boolean;
  /** What a Range fetches that nothing stored can answer: the whole response, or that part and nothing to store. */
  readonly range: 'whole' | 'part';
  readonly collapse: 'process' | 'replicas' | 'off';
  /** How long a follower waits for its leader before it goes to the upstream itself. */
  readonly collapseTimeout: number;
  /** How many requests of this route are at the upstream at once; undefined: as many as come. */
  readonly concurrency: ConcurrencyRule | undefined;
  /** What is stored is worth this once purges may have been missed: trusted up to a cap, all of it, or nothing. */
  readonly beyondLease: 'cap' | 'serve' | 'bypass';

  /** Content codings that stored responses are sent in beside the identity, best first; empty: none. */
  readonly compress: readonly Coding[];
  /** Larger bodies pass through and are not stored. */
  readonly maxBody: number;
  /** Requests with larger bodies are refused; undefined: none is. */
  readonly maxRequestBody: number | undefined;
  /** Over all of an upstream exchange, head and body; undefined: the upstream's own setting. */
  readonly timeout: number | undefined;
  readonly response: ResponseEdits;

  /** Loud opt-ins for what RFC 9111 or caution forbids by default. */
  readonly unsafe: UnsafeSwitches;
}

/** Which requests a route takes. Patterns are compiled by proxy/route-table. */
export interface RouteMatch {
  /** Upper case; empty: every method. */
  readonly methods: readonly string[];
  /** `/products/:id`, `/assets/*`. */
  readonly pattern: string;
  /** Lower case host names, `*.example.org` allowed; empty: every host. */
  readonly hosts: readonly string[];
  readonly query: readonly FieldCondition[];
  readonly headers: readonly FieldCondition[];
}

/** Present with one of these values; `true`: present at all; `false`: absent. */
export interface FieldCondition {
  readonly name: string;
  readonly is: readonly string[] | boolean;
}

/** What of a request makes up its cache key, beside scheme, host and path. */
export interface KeyRule {
  /** `all`, `none`, or the names that count. */
  readonly include: 'all' | 'none' | ReadonlySet<string>;
  /** Names that never count, `utm_*` allowed. */
  readonly exclude: readonly string[];
  readonly sort: boolean;
  /** Lower-case request field names. */
  readonly headers: readonly string[];
  readonly cookies: readonly string[];
}

/** Lower-case names. */
export interface RequestFieldRule {
  readonly strip: ReadonlySet<string>;
  readonly forward: ReadonlySet<string>;
  /** List fields that are brought into one form before they are keyed and sent. */
  readonly normalise: ReadonlySet<string>;
  /** `bypass`: an unknown field bypasses the cache; `ignore`: it is forwarded and unkeyed (RFC 9111 as it stands). */
  readonly unknown: 'bypass' | 'ignore';
}

export interface SurrogateTagRule {
  /** Lower-case names, such as `surrogate-key`. */
  readonly fields: readonly string[];
  /** Whether clients see these fields. */
  readonly forward: boolean;
}

export interface ConcurrencyRule {
  /** Requests at the upstream at once. */
  readonly limit: number;
  /** Requests that may wait for their turn. */
  readonly queue: number;
  /** How long after its arrival a request may still wait. */
  readonly timeout: number;
}

export interface ResponseEdits {
  readonly set: readonly (readonly [name: string, value: string])[];
  readonly remove: ReadonlySet<string>;
  /** Replaces Cache-Control towards clients; undefined: passed on as it came. */
  readonly clientCacheControl: string | undefined;
  /** Whether Cache-Status carries the cache key (RFC 9211 §2.7). */
  readonly cacheStatusKey: boolean;
}

export interface UnsafeSwitches {
  /** Store although the response says `private`. */
  readonly storePrivate: boolean;
  /** Store although the response says `no-store`. */
  readonly storeNoStore: boolean;
  /** Store although the request carried Authorization and the response does not permit it. */
  readonly storeAuthorized: boolean;
  /** Store a response with Set-Cookie, the field removed from the stored copy. */
  readonly storeWithoutSetCookie: boolean;
  /** Store a response with Set-Cookie, and send that to everybody. */
  readonly storeWithSetCookie: boolean;
  /** Store a body that ends with its connection, so that nobody can tell whether it is complete. */
  readonly storeUnprovenLength: boolean;
}

/** A tag with its variables: literal text and `{id}`, `{query.category}`, `{response.x-tag}` parts. */
export type TagTemplate = readonly TagPart[];

export type TagPart =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'param'; readonly name: string }
  | { readonly kind: 'query'; readonly name: string }
  | { readonly kind: 'response'; readonly name: string };
