import { splitCacheKey } from './cache-key.ts';
import type { Coding } from './content-coding.ts';
import type { FieldLines, KeptFields } from './fields.ts';
import type { SearchRule } from './no-vary-search.ts';

/**
 * A complete response to a GET, as both tiers keep it. Times are absolute, so that a copy promoted
 * from Redis never lives longer than it was going to. Immutable but for the
 * memory-only fields at the end.
 */
export interface StoredResponse {
  /** The full cache key of the resource, without the variant. */
  readonly key: string;
  /** The variant key (policy/vary): empty where the response carries no Vary. */
  readonly variant: string;
  /**
   * Which queries it answers for beside its own (policy/no-vary-search, `searchOf`): empty where every
   * difference of the query counts.
   */
  readonly search: string;
  /** `scheme://authority/path?query` of the request that fetched it: what a purge by URL names. */
  readonly url: string;
  /** Name of the route that stored it. */
  readonly route: string;
  /** Fingerprint of the rule that stored it; a response of a changed rule is a miss. */
  readonly rule: string;
  readonly tags: readonly string[];

  readonly status: number;
  /** End-to-end fields to send downstream; without Age, Content-Length and Cache-Status. */
  readonly fields: FieldLines;
  /** In the memory tier it owns its memory: never a view into a larger read buffer. */
  readonly body: Uint8Array;

  /** When the request that fetched or last validated it was sent; ms since the epoch. */
  readonly requestTime: number;
  /** When that response's head arrived; ms since the epoch. */
  readonly responseTime: number;
  /** `corrected_initial_age` (RFC 9111 §4.2.3); ms. */
  readonly initialAge: number;
  /** Freshness lifetime (RFC 9111 §4.2.1), rule applied; ms. */
  readonly lifetime: number;
  /** How long past its lifetime it may be served while a revalidation runs (RFC 5861 §3); ms. */
  readonly staleWhileRevalidate: number;
  /** How long past its lifetime it may be served when the upstream fails (RFC 5861 §4); ms. */
  readonly staleIfError: number;
  /**
   * `must-revalidate` / `proxy-revalidate` / `s-maxage`: never served stale (RFC 9111 §5.2.2) but in the
   * two windows above, which are 0 where that is forbidden too.
   */
  readonly mustRevalidate: boolean;
  /** `no-cache` in the response: reuse only after a successful validation (RFC 9111 §5.2.2.4). */
  readonly alwaysValidate: boolean;

  /** Position of the purge log that was applied before the upstream request was sent. */
  readonly asOf: number;
  /**
   * In memory only: the purge index's serial at which this response was last found valid. A hit
   * compares this one integer. Never written to Redis.
   */
  heard: number;
  /**
   * In memory only: how far the wall clock had been set back in all (Clock.setBack) when it was asked for; ms, left out: not
   * at all. Never written to Redis.
   */
  readonly setBack?: number | undefined;
  /** In memory only: the fields as they go downstream, made at the first hit. Never written to Redis. */
  prepared?: KeptFields | undefined;
  /** In memory only: its body in content codings; undefined: nobody tried. Never written to Redis. */
  coded?: CodedForms | undefined;
}

/** What was made of one body, and for which stored response: a copy of it with other fields has none. */
export interface CodedForms {
  readonly of: StoredResponse;
  readonly forms: readonly CodedForm[];
}

export interface CodedForm {
  readonly coding: Coding;
  /** Owns its memory. */
  readonly body: Uint8Array;
  /** The stored response in this form, made at its first hit. */
  shown?: StoredResponse | undefined;
}

/** What was made of this very stored response; undefined: nobody tried, or it is a copy. */
export function formsOf(stored: StoredResponse): readonly CodedForm[] | undefined {
  return stored.coded?.of === stored ? stored.coded.forms : undefined;
}

/** What a purge selects by, and what tells whether it came later. */
export type Purgeable = Pick<StoredResponse, 'search' | 'url' | 'route' | 'tags' | 'asOf' | 'heard'>;

/**
 * Stands under the key of a resource whose responses vary: which request fields select one. What purges
 * go by is that of the variant stored last: where that one is purged, so are, as a rule, all before it.
 */
export interface VaryRecord extends Purgeable {
  /** Lower-case field names, sorted. */
  readonly vary: readonly string[];
  /** ms since the epoch; after it, no variant stored so far is of use. */
  readonly until: number;
  /** ms since the epoch; after it, no variant stored under this record can be of use, wherever it was. */
  readonly expires: number;
}

/**
 * Stands for all queries of one path, under `searchRecordKey`: the No-Vary-Search of the response stored
 * last. It only says where to look; what is found there is judged by itself.
 */
export interface SearchRecord {
  readonly searchRule: SearchRule;
  /** ms since the epoch; after it, nothing stored under this record can be of use, wherever it was. */
  readonly expires: number;
}

/** What a tier holds under one of its keys. */
export type Stored = StoredResponse | VaryRecord | SearchRecord;

export function isResponse(stored: Stored): stored is StoredResponse {
  return 'body' in stored;
}

export function isVaryRecord(stored: Stored): stored is VaryRecord {
  return 'vary' in stored;
}

export function isSearchRecord(stored: Stored): stored is SearchRecord {
  return 'searchRule' in stored;
}

/**
 * Where the tiers keep the record of No-Vary-Search of a cache key's path. NUL occurs in no cache key,
 * and no variant key begins with `?`, so that nothing else stands there.
 */
export function searchRecordKey(key: string): string {
  return `${splitCacheKey(key).base}\u0000?`;
}

/**
 * Where the tiers keep a resource: its cache key, or one for all the queries that `search` makes equal.
 * The rule is part of it: what is stored under another No-Vary-Search never matches.
 */
export function resourceKey({ key, search }: Pick<StoredResponse, 'key' | 'search'>): string {
  return search === '' ? key : searchRecordKey(key) + search;
}

/**
 * When the last window in which this response can be of use closes: freshness, stale windows, and
 * `validation` ms beyond them in which its validator can still save a transfer. ms since the epoch.
 */
export function uselessAfter(stored: StoredResponse, validation: number): number {
  const window = Math.max(stored.staleWhileRevalidate, stored.staleIfError, validation);
  return stored.responseTime + Math.max(0, stored.lifetime - stored.initialAge) + window;
}
