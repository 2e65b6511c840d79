/**
 * The words a request collects on its way, one per stage. Header, access log, metrics, explain and
 * tests read this list and nothing else. Closed: a new word is a change of this file.
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
  | 'fresh'
  | 'stale'
  | 'lead'
  | 'follow'
  | 'follow-timeout'
  | 'forward'
  | 'validate'
  | 'freshened'
  | 'stored'
  | 'not-stored'
  | 'served-stored'
  | 'served-stale'
  | 'not-modified'
  | 'invalidated'
  | 'upstream-error'
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
  | 'unsafe-switch'
  | 'request-ignored'
  | 'eager-refresh'
  | 'uncacheable-memory';
