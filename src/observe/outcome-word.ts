import type { Outcome } from './outcome.ts';

/**
 * What became of a request, in one word. Header, access log, metrics and stats use this list and
 * nothing else. Closed: a new word is a change of this file.
 */
export const OUTCOME_WORDS = [
  /** Answered from a fresh stored response (also one renewed in the background meanwhile). */
  'hit',
  /** Answered from a stale stored response: while it is revalidated, or because the upstream failed. */
  'stale',
  /** Forwarded as a validation; the upstream said 304 and the stored response was served. */
  'revalidated',
  /** Waited for another request's forward and was served what that one stored. */
  'collapsed',
  /** A stored response was stale and the upstream sent a whole new one. */
  'expired',
  /** Nothing usable was stored, or the client asked past it; forwarded. */
  'miss',
  /** Not looked up: the rule, the method or the request bypasses the cache; forwarded. */
  'pass',
  /** The upstream failed, before its head or inside its body, and nothing stored could stand in. */
  'error',
  /** Answered by Cacheside without asking the upstream: bad request, over a limit, only-if-cached. */
  'refused',
] as const;

export type OutcomeWord = (typeof OUTCOME_WORDS)[number];

/** The word for one finished exchange, told from its Cache-Status (RFC 9211 §2) and its trace. */
export function outcomeWord(outcome: Outcome): OutcomeWord {
  const { cache } = outcome;
  if (cache.detail === 'while-revalidating' || cache.detail === 'if-error') return 'stale';
  if (cache.hit) {
    // RFC 9211 calls it a hit once it is served from what the leader stored; to the follower it was a wait.
    if (outcome.trace.includes('follow')) return 'collapsed';
    const stale = (cache.ttl !== undefined && cache.ttl <= 0) || cache.detail === 'soft-purged';
    return stale ? 'stale' : 'hit';
  }
  if (isFailure(outcome)) return 'error';
  if (cache.fwd === undefined) return cache.collapsed === true ? 'collapsed' : 'refused';
  if (cache.fwd === 'bypass' || cache.fwd === 'method') return 'pass';
  if (servedStored(outcome)) return cache.collapsed === true ? 'collapsed' : 'revalidated';
  return cache.fwd === 'stale' ? 'expired' : 'miss';
}

/** True for the words whose answer cost the upstream no request of its own. */
export function sparesUpstream(word: OutcomeWord): boolean {
  return word === 'hit' || word === 'stale' || word === 'collapsed';
}

/** True for the words whose request was looked up and then cost the upstream a request. */
export function missesStored(word: OutcomeWord): boolean {
  return word === 'miss' || word === 'expired' || word === 'revalidated';
}

function isFailure({ cache, trace }: Outcome): boolean {
  return (
    cache.detail === 'upstream-error' || cache.detail === 'truncated' || trace.includes('upstream-error')
  );
}

function servedStored({ cache, servedFrom }: Outcome): boolean {
  return cache.detail === 'freshened' || servedFrom === 'memory' || servedFrom === 'redis';
}
