/**
 * The words a request collects on its way: one per stage, and one for each switch of a rule that had an
 * effect. Access log, metrics and tests read them, beside the Cache-Status. Closed: a new word is a change
 * of this file and of docs/cache-status.md.
 */
export type TraceWord =
  | 'no-route'
  | 'pass'
  | 'memory-hit'
  | 'memory-miss'
  | 'redis-hit'
  | 'redis-miss'
  | 'redis-unavailable'
  | 'purged'
  | 'beyond-lease'
  | 'fresh'
  | 'stale'
  | 'lead'
  | 'follow'
  | 'follow-timeout'
  /** Holds the lock of the key between replicas, or waits for the one that does. */
  | 'lock'
  | 'follow-replica'
  /** Waited for its turn, by its route's `concurrency`. */
  | 'queued'
  | 'forward'
  | 'validate'
  | 'freshened'
  | 'stored'
  | 'not-stored'
  | 'served-stored'
  | 'served-stale'
  /** In a content coding that was made here. */
  | 'coded'
  | 'not-modified'
  | 'invalidated'
  | 'upstream-error'
  /** The upstream was not asked: too many requests, or too many failures. */
  | 'overloaded'
  | 'breaker-open'
  /** The answer broke off on our side or the upstream's. */
  | 'cut'
  /** Never got in: the door refused it. */
  | 'refused'
  | 'client-gone'
  // what beside RFC 9111 and Cache-Control decided
  | 'targeted-field'
  | 'must-understand'
  | 'heuristic'
  | 'origin-ignored'
  | 'rule-ttl'
  | 'rule-status-ttl'
  | 'rule-max-ttl'
  | 'rule-jitter'
  | 'rule-stale-window'
  | 'unreadable-age'
  | 'authorization-keyed'
  | 'rule-status'
  | 'unsafe-switch'
  | 'request-ignored'
  // what happens beside the answer
  | 'eager-refresh'
  | 'uncacheable-memory';
