import type { Detail, ForwardReason } from '../policy/cache-status.ts';

/** A word of `Cache-Status` in plain language. Settings and fields stand in backticks. */
export interface Meaning {
  readonly meaning: string;
  /** What to do about it; undefined where nothing is wrong, or nothing can be done. */
  readonly cure?: string;
}

/** What each detail means. docs/cache-status.md says the same, word by word. */
export const DETAILS: Readonly<Record<Detail, Meaning>> = {
  memory: { meaning: 'fresh, from memory' },
  redis: { meaning: 'fresh, from Redis' },
  'while-revalidating': { meaning: 'stale or softly purged, and renewed in the background' },
  'if-error': {
    meaning:
      'stale or softly purged, and served because the upstream failed, or was not asked (`overloaded` or `breaker-open` in the trace)',
    cure: 'see to the upstream',
  },

  'no-route': { meaning: 'no route matches', cure: 'add a route' },
  'rule-pass': { meaning: 'the route has `cache: false`', cure: '`cache: true`, where it may be stored' },
  'unkeyed-field': {
    meaning: 'nobody vouched for this request field',
    cure: '`key.headers`, `request-fields.strip` or `request-fields.forward`',
  },
  cookie: {
    meaning: 'the request has cookies that the key does not name',
    cure: '`key.cookies`, or `cookies: strip`',
  },
  authorization: {
    meaning:
      'the request has credentials and the route does not name the field; or, where the upstream alone decides, its answer does not permit to store it (RFC 9111 §3.5)',
    cure: '`key.headers: [authorization]`; where the upstream alone decides, its `Cache-Control: public`',
  },
  'request-body': { meaning: 'a GET or HEAD with a body', cure: 'send it without one' },
  precondition: {
    meaning:
      'the request has `If-Match` or `If-Unmodified-Since`, which are for the upstream to judge (RFC 9111 §4.3.2)',
  },
  'identity-refused': {
    meaning:
      'the route compresses, and the request refuses what is not compressed (`identity;q=0`), or everything; what is stored is not to be had in a coding it takes, yet',
  },
  upgrade: { meaning: 'a WebSocket or another tunnel' },
  range: {
    meaning:
      "the request's `Range` went to the upstream as it was, and nothing of the answer is stored: nothing stored could serve it, and the route has `range: part`, or the whole is known not to be storable. `fwd` says what was not stored",
    cure: '`range: whole`; `max-body`',
  },

  purged: {
    meaning:
      'it was purged, or invalidated by a write; `fwd` is `uri-miss`, or `vary-miss` where another variant has been fetched since',
  },
  'soft-purged': {
    meaning: 'softly purged, and the route has no `stale-while-revalidate`',
    cure: '`stale-while-revalidate`, so that nobody waits for the renewal',
  },
  'rule-changed': { meaning: 'it was stored under rules that a reload or restart has changed' },
  'no-cache': {
    meaning: 'the upstream wants to be asked each time (`Cache-Control: no-cache`)',
    cure: 'the upstream; or `origin: ignore`',
  },
  'request-directive': {
    meaning: 'the client asked for it (`Cache-Control: no-cache`, `max-age`, `min-fresh`)',
    cure: '`request-cache-control: ignore`',
  },
  'beyond-lease': {
    meaning:
      'purges may have gone unheard for longer than `coherence.lease`, and it was fetched or last validated longer than `coherence.cap` ago',
    cure: 'see to Redis',
  },
  freshened: {
    meaning:
      'the upstream answered 304, or answered a HEAD with the same `ETag`, `Last-Modified` and `Content-Length`, as far as it has them',
  },

  'no-freshness': {
    meaning: 'the upstream states no lifetime and neither does the route',
    cure: '`ttl`, or `Cache-Control` of the upstream',
  },
  status: {
    meaning:
      'neither its fields nor `status-ttl` give this status a lifetime; or it is one that no cache stores of its own accord: 429, 511 (RFC 6585)',
    cure: '`status-ttl`, but for 511',
  },
  'status-of-request': {
    meaning:
      'one request was refused for what others do not send: 407, 408, 411, 412, 413, 415, 417, 425, 428, 431',
  },
  'not-understood': {
    meaning:
      'the response says `must-understand`, and Cacheside does not know all that its status asks of a cache',
  },
  'already-stale': {
    meaning: 'older than its lifetime on arrival, and without an `ETag` or `Last-Modified`',
    cure: 'the upstream: a longer lifetime, or an `ETag`',
  },
  'response-private': {
    meaning: 'the response says `private`',
    cure: 'the upstream; or SECURITY.md on `unsafe`',
  },
  'response-no-store': {
    meaning: 'the response says `no-store`',
    cure: 'the upstream; or SECURITY.md on `unsafe`',
  },
  'response-no-cache': {
    meaning: 'it says `no-cache` and has no `ETag` or `Last-Modified` to validate with',
    cure: '`origin: ignore`',
  },
  'request-no-store': {
    meaning: 'the client said `Cache-Control: no-store`',
    cure: '`request-cache-control: ignore`',
  },
  'set-cookie': { meaning: 'it sets a cookie', cure: 'the upstream; or SECURITY.md on `unsafe`' },
  'vary-star': {
    meaning: 'its `Vary` has `*`, what is no field name, or a field that Cacheside sets anew',
    cure: 'the upstream: name the fields that it goes by',
  },
  'vary-limit': {
    meaning: 'its `Vary` has more names than `vary.limit`',
    cure: '`vary.limit`, or fewer names',
  },
  'vary-unkeyed-cookie': {
    meaning: 'its `Vary` names `Cookie`',
    cure: '`key.cookies`, and a `Vary` of the upstream without it',
  },
  'too-large': { meaning: 'longer than `max-body`, or than the memory tier takes', cure: '`max-body`' },
  'too-slow': { meaning: 'its client read so slowly that recording was given up' },
  'partial-content': { meaning: 'a part of a response' },
  'unprovable-length': {
    meaning: 'neither `Content-Length` nor chunks: nobody can tell whether it is complete',
    cure: 'the upstream; or SECURITY.md on `unsafe`',
  },
  truncated: {
    meaning: "it broke off; the client's connection was cut, too",
    cure: 'see to the upstream',
  },
  'validator-mismatch': {
    meaning:
      "the upstream's 304, or its answer to a HEAD, speaks of another response than the stored one, which is removed",
  },
  'purged-meanwhile': { meaning: 'a purge came while it was fetched' },
  'tag-limit': {
    meaning:
      'more than 1,000 tags or cache groups, or one longer than 1,024 characters: a purge by those left out would not reach it',
    cure: 'fewer tags',
  },
  'content-location': {
    meaning:
      'the answer to a `POST` on a route with `post: true`: it has no `Content-Location` that names the URL it was sent to, or a parameter of that URL is not part of the key',
    cure: 'the upstream; or `key.query`',
  },
  'purge-pending': {
    meaning:
      'the answer to a `POST` on a route with `post: true`: Redis has not confirmed yet what the `POST` itself invalidated',
  },

  'upstream-error': {
    meaning:
      'the upstream did not answer, and nothing stored could stand in: 502, 503 or 504 with the reason in the body',
    cure: 'see to the upstream; `stale-if-error`',
  },
  'only-if-cached': { meaning: 'the client wants a stored response or none: 504' },
  overloaded: {
    meaning:
      "the upstream was not asked, since too much is under way: 503 with `Retry-After`. NAME is what was full: `max-requests` (`clients.max-requests`), `queue` (`upstream.queue`) or `concurrency` (the route's)",
    cure: 'a faster upstream, or a higher bound',
  },
  'breaker-open': {
    meaning: 'the upstream was not asked, since it failed too often on this route: 503 with `Retry-After`',
    cure: 'see to the upstream; `stale-if-error`',
  },
  'request-too-large': {
    meaning: 'the body of the request is longer than `max-request-body`: 413',
    cure: '`max-request-body`',
  },
};

/** Words that mean something else of a response that was not stored, or of a request that goes past the cache. */
export const OTHERWISE: {
  readonly unstored: Partial<Readonly<Record<Detail, Meaning>>>;
  readonly bypass: Partial<Readonly<Record<Detail, Meaning>>>;
} = {
  unstored: {
    'unkeyed-field': {
      meaning:
        'an error (400 and above), and this field may be to blame: it reached the upstream without being part of the key, and is longer than usual, or one too many',
      cure: '`request-fields.strip`',
    },
  },
  bypass: {
    'beyond-lease': {
      meaning:
        'purges may have gone unheard for longer than `coherence.lease`, and the route has `beyond-lease: bypass`',
      cure: 'see to Redis; `beyond-lease: cap`',
    },
  },
};

/** Why the upstream is asked (RFC 9211 §2.2). */
export const FORWARD_REASONS: Readonly<Record<ForwardReason, Meaning>> = {
  bypass: { meaning: 'the route or the request goes past the cache' },
  method: { meaning: 'neither GET nor HEAD' },
  'uri-miss': { meaning: 'nothing was stored for this URL' },
  'vary-miss': {
    meaning:
      'only for requests that differ in a field of its `Vary`, and not all of that is purged or past its use',
  },
  miss: { meaning: 'what was stored cannot be used' },
  request: { meaning: 'the client asked past the cache' },
  stale: { meaning: 'it had to be validated' },
  partial: { meaning: 'only a part was stored' },
};

/** What a detail means where it stands: beside this forward reason; undefined: nothing was forwarded. */
export function detailMeaning(detail: Detail, fwd: ForwardReason | undefined): Meaning {
  const other = fwd === 'bypass' ? OTHERWISE.bypass : fwd === undefined ? undefined : OTHERWISE.unstored;
  return other?.[detail] ?? DETAILS[detail];
}
