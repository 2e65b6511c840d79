/** One stored response in memory. Durations in ms, sizes in bytes. */
export interface StoredKey {
  /** The cache key. */
  readonly key: string;
  /** What selects it among the variants of its key; empty where there are none. */
  readonly variant: string;
  /** `scheme://authority/path?query` of the request that fetched it. */
  readonly url: string;
  readonly route: string;
  readonly status: number;
  /** Its body, as the upstream sent it. */
  readonly bytes: number;
  /** What it takes of the memory tier's limit. */
  readonly memory: number;
  readonly age: number;
  /** Remaining freshness; 0 or less: stale, as is what was purged softly. */
  readonly ttl: number;
  readonly tags: readonly string[];
  /** An estimate: one use in about 64 is counted. */
  readonly uses: number;
}

/** One of the most used; of what memory has no more, the key and its uses alone. */
export type HotKey =
  | StoredKey
  | (Pick<StoredKey, 'key' | 'variant' | 'uses'> & {
      readonly [Gone in Exclude<keyof StoredKey, 'key' | 'variant' | 'uses'>]: null;
    });
