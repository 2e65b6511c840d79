import type { MissedUrl } from '../observe/missed-urls.ts';
import type { HotKey, StoredKey } from '../store/stored-keys.ts';

export type { HotKey, MissedUrl, StoredKey };

/** What `GET /keys` asks for. */
export interface KeyQuery {
  /** Of each list at most so many. */
  readonly limit: number;
  /** `/path` or `http://host/path`, as a purge by prefix names it; undefined: nothing is listed. */
  readonly prefix: string | undefined;
}

/** What `GET /keys` answers. URLs and keys are redacted as in the log. */
export interface KeyListing {
  /** ms since the epoch: uses and misses are of the time since then. */
  readonly since: number;
  /** Most used first. */
  readonly hottest: readonly HotKey[];
  /** Most missed first. */
  readonly missed: readonly MissedUrl[];
  /** With `prefix` alone: what memory holds there, most used first. */
  readonly stored?: readonly StoredKey[];
  /** With `prefix` alone: memory holds more than is told. */
  readonly truncated?: boolean;
}
