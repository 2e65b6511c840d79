/** Why a request was forwarded: the registered values of RFC 9211 §2.2. */
export type ForwardReason =
  | 'bypass'
  | 'method'
  | 'uri-miss'
  | 'vary-miss'
  | 'miss'
  | 'request'
  | 'stale'
  | 'partial';

/** The finer reason behind a Cache-Status. Closed: a new word is a change of this file. */
export type Detail =
  // which tier a hit came from
  | 'memory'
  | 'redis'
  // why a request bypasses the cache, `unkeyed-field` also why an error was not stored
  | 'no-route'
  | 'rule-pass'
  | 'cookie'
  | 'authorization'
  | 'unkeyed-field'
  | 'request-body'
  | 'precondition'
  | 'identity-refused'
  | 'upgrade'
  | 'range'
  // why a request was forwarded although something is stored
  | 'purged'
  | 'soft-purged'
  | 'rule-changed'
  | 'no-cache'
  | 'request-directive'
  // why a stored response is not trusted, or a request bypasses the cache: purges may have been missed
  | 'beyond-lease'
  // how a stale or renewed response came to be served
  | 'freshened'
  | 'while-revalidating'
  | 'if-error'
  // why a response was not stored
  | 'response-no-store'
  | 'response-private'
  | 'response-no-cache'
  | 'set-cookie'
  | 'vary-star'
  | 'vary-limit'
  | 'vary-unkeyed-cookie'
  | 'status'
  | 'status-of-request'
  | 'not-understood'
  | 'no-freshness'
  | 'already-stale'
  | 'validator-mismatch'
  | 'too-large'
  | 'too-slow'
  | 'partial-content'
  | 'unprovable-length'
  | 'truncated'
  | 'request-no-store'
  | 'purged-meanwhile'
  | 'purge-pending'
  | 'tag-limit'
  | 'content-location'
  // what failed, or was not tried
  | 'only-if-cached'
  | 'overloaded'
  | 'breaker-open'
  | 'request-too-large'
  | 'upstream-error';

/** The parameters of one Cache-Status member, and what the outcome of a request is told from. */
export interface CacheStatus {
  readonly hit: boolean;
  /** Set iff the request went to the upstream. */
  readonly fwd?: ForwardReason | undefined;
  /** Status the upstream answered with, where it differs from what the client gets or a validation ran. */
  readonly fwdStatus?: number | undefined;
  readonly stored?: boolean | undefined;
  readonly collapsed?: boolean | undefined;
  /** Remaining freshness in ms, negative when stale. */
  readonly ttl?: number | undefined;
  readonly detail?: Detail | undefined;
  /** What the detail speaks of: the field's name for `unkeyed-field`, the bound for `overloaded`. */
  readonly subject?: string | undefined;
}

/**
 * One member of a `Cache-Status` field (RFC 9211 §2), such as `cacheside; hit; ttl=59; detail=memory`.
 * `ttl` is given in whole seconds, rounded up, so that with the Age beside it, which is rounded down, it
 * gives the freshness lifetime. `key`: the cache key, where the rule shows it and there is one.
 */
export function formatCacheStatus(status: CacheStatus, key = ''): string {
  let out = status.hit ? 'cacheside; hit' : 'cacheside';
  if (status.fwd !== undefined) out += `; fwd=${status.fwd}`;
  if (status.fwdStatus !== undefined) out += `; fwd-status=${status.fwdStatus}`;
  if (status.stored) out += '; stored';
  if (status.collapsed) out += '; collapsed';
  if (status.ttl !== undefined) out += `; ttl=${Math.ceil(status.ttl / 1000)}`;
  if (key !== '') out += `; key=${keyString(key)}`;
  if (status.detail !== undefined) {
    out +=
      status.subject === undefined
        ? `; detail=${status.detail}`
        : `; detail="${status.detail} ${status.subject}"`;
  }
  return out;
}

/** The longest key that is shown whole; a longer one is cut, and ends in dots. */
const MAX_KEY = 1024;

/**
 * A cache key as an sf-string (RFC 8941 §3.3.3), which holds spaces and visible ASCII; all else, bytes as they
 * came in a field, becomes `%XX`.
 */
function keyString(key: string): string {
  const shown = key.length > MAX_KEY ? `${key.slice(0, MAX_KEY)}...` : key;
  return `"${shown.replace(/["\\]/g, '\\$&').replace(/[^ -~]/g, percentEncoded)}"`;
}

function percentEncoded(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`;
}
