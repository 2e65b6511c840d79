import type { CodedForm, Stored, StoredResponse } from '../policy/stored-response.ts';

/** What every tier counts. `responses` and `bytes` are levels, the rest only grow. */
export interface TierStats {
  readonly responses: number;
  readonly bytes: number;
  readonly hits: number;
  readonly misses: number;
  readonly sets: number;
  readonly deletes: number;
  readonly evictions: number;
  readonly expired: number;
}

/** The memory tier. Synchronous by contract: nothing here may ever return a promise. */
export interface MemoryTier {
  peek(key: string): Stored | undefined;
  /** Like `peek`, but neither counted nor a use that saves from eviction. */
  glance(key: string): Stored | undefined;
  /** `uselessAfter` in ms since the epoch. Returns false when it is too large to keep. */
  put(key: string, stored: Stored, uselessAfter: number): boolean;
  /**
   * Gives a stored response what was made of its body in content codings, and counts it. False where another has taken
   * its place, or where it would be too large to keep with them, and goes without.
   */
  attach(key: string, stored: StoredResponse, forms: readonly CodedForm[]): boolean;
  delete(key: string): boolean;
  /** Drops what expired before `now` (ms since the epoch), at most `limit` of it; returns how many. */
  sweep(now: number, limit: number): number;
  keys(): IterableIterator<string>;
  /**
   * All that is held, without counting as its use; while other work goes on in between, too. What stays where it is all the
   * while comes, and may come twice; what is stored, replaced or removed meanwhile may come or not.
   */
  walk(): IterableIterator<{ readonly key: string; readonly stored: Stored }>;
  readonly limit: number;
  stats(): TierStats;
}

/** State of the connection to Redis. `degraded`: connected, but the breaker is open, or it has fallen silent. */
export type RemoteState = 'off' | 'connecting' | 'ready' | 'degraded' | 'down';

/** What a look into the remote tier found; a failed look is a value, not an exception. */
export type RemoteFind =
  | { readonly kind: 'found'; readonly stored: Stored }
  | { readonly kind: 'absent' }
  | { readonly kind: 'unavailable' };

/** The Redis tier. Never throws, never waits longer than its command time-out. */
export interface RemoteTier {
  readonly state: RemoteState;
  find(key: string): Promise<RemoteFind>;
  /** Like `find`, but neither counted as a hit or miss, nor is what cannot be read removed. */
  glance(key: string): Promise<RemoteFind>;
  /** One round trip for many keys; the answers stand in the order of the keys. */
  findMany(keys: readonly string[]): Promise<RemoteFind[]>;
  /**
   * Fire and forget: never delays the client. `uselessAfter` in ms since the epoch. False where it is
   * too large, already useless, or dropped because Redis can't take it now.
   */
  put(key: string, stored: Stored, uselessAfter: number): boolean;
  delete(key: string): void;
  /**
   * Resolves once every write gathered so far has been answered or has failed: within the command
   * time-out. What was put before is there for everybody then, unless it failed or was dropped.
   */
  written(): Promise<void>;
  stats(): RemoteStats;
  /** Resolves once the first connection stands or `withinMs` passed, whichever is first. */
  connect(withinMs: number): Promise<void>;
  /** Writes under way are finished (bounded by the command time-out), then QUIT. */
  close(): Promise<void>;
}

/**
 * Why no replica need wait for the fetch of another: nobody may have its response, or Redis did not take it
 * and each replica needs one of its own.
 */
export type LockMark = 'not-storable' | 'not-shared';

/** Where a key stands between the replicas. */
export type LockState =
  | { readonly kind: 'free' }
  /** A replica fetches it; `by` differs from one holding to the next. */
  | { readonly kind: 'held'; readonly by: string }
  | { readonly kind: 'marked'; readonly mark: LockMark }
  /** Redis cannot or must not be asked now. */
  | { readonly kind: 'unavailable' };

/** The lock of one key. It runs out by itself soon after its process is gone. Never throws. */
export interface KeyLock {
  /** Frees the key, unless another took it over. */
  release(): void;
  /** The same, but for `duration` (ms) nobody takes the lock: they are told why. */
  mark(mark: LockMark, duration: number): void;
}

/** One lock per key between all replicas. Never throws, never waits longer than its command time-out. */
export interface KeyLocks {
  /** Takes the lock of a flight and keeps it up until it is released or marked. */
  take(key: string): Promise<{ readonly kind: 'taken'; readonly lock: KeyLock } | LockState>;
  look(key: string): Promise<LockState>;
  /**
   * Once all that was put so far is written: whether Redis has this response. True where it can't be asked;
   * undefined: what memory does not have, Redis has taken.
   */
  isShared(stored: StoredResponse | undefined): Promise<boolean>;
}

/**
 * `responses`, `bytes`, `evictions` and `expired` are the server's own figures, what others keep there
 * included, and a few seconds old; the rest counts what this process did.
 */
export interface RemoteStats extends TierStats {
  readonly state: RemoteState;
  readonly errors: number;
  readonly timeouts: number;
  readonly corrupt: number;
  readonly dropped: number;
  readonly reconnects: number;
  /** Commands gathered and under way now, and the bytes of the writes among them. */
  readonly inFlight: number;
  readonly bytesInFlight: number;
}
