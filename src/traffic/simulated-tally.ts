/** What became of requests of one route at one memory limit, in the words of the access log. */
export interface MemoryTally {
  /** Answered from memory: fresh, and stale while it is renewed or because the upstream failed. */
  hit: number;
  stale: number;
  /** Looked up in vain, or found stale: the upstream was asked. */
  miss: number;
  expired: number;
  /** Requests that renewed something in the background. */
  renewals: number;
  /** Of `stale`, those for which the upstream was asked all the same, and failed. */
  failed: number;
  /** Body bytes that came from memory. */
  bytesSaved: number;
  /** Why the upstream was asked, in the words of Cache-Status. */
  readonly why: Map<string, number>;
}

export function newMemoryTally(): MemoryTally {
  return {
    hit: 0,
    stale: 0,
    miss: 0,
    expired: 0,
    renewals: 0,
    failed: 0,
    bytesSaved: 0,
    why: new Map(),
  };
}

/** What does not depend on memory. */
export interface RouteTally {
  requests: number;
  /** Body bytes sent to clients. */
  bytes: number;
  /** Not looked up. */
  pass: number;
  /** Refused: the target is none that Cacheside takes. */
  refused: number;
  /** Requests that made something invalid. */
  invalidations: number;
  readonly why: Map<string, number>;
  /** Cache keys, told apart by 32 bits of a hash. */
  readonly keys: Set<number>;
}

export function newRouteTally(): RouteTally {
  return { requests: 0, bytes: 0, pass: 0, refused: 0, invalidations: 0, why: new Map(), keys: new Set() };
}

export function countWord(words: Map<string, number>, word: string): void {
  words.set(word, (words.get(word) ?? 0) + 1);
}

/** FNV-1a, its bits then spread; signed. */
export function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  return hash ^ (hash >>> 13);
}
