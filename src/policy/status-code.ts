/** Statuses that may be fresh by a heuristic (RFC 9110 §15.1, 451: RFC 7725 §3), but for 206. */
const HEURISTICALLY_CACHEABLE = new Set([200, 203, 204, 300, 301, 308, 404, 405, 410, 414, 451, 501]);

export function isHeuristicallyCacheable(status: number): boolean {
  return HEURISTICALLY_CACHEABLE.has(status);
}

/** A final status that HTTP has (RFC 9110 §15): neither interim nor beyond its five classes. */
export function isFinal(status: number): boolean {
  return status >= 200 && status <= 599;
}

const UNSHAREABLE = new Set([429, 511]);

/** It speaks of one client, or of the network between, and no cache may store it (RFC 6585 §4, §6). */
export function isUnshareable(status: number): boolean {
  return UNSHAREABLE.has(status);
}

const OF_REQUEST = new Set([407, 408, 411, 412, 413, 415, 417, 425, 428, 431]);

/**
 * What one request was refused for that others of its URL have otherwise: its credentials for a proxy, its size,
 * its pace, its conditions, its body, its expectation (RFC 9110 §15.5, RFC 6585 §3, §5, RFC 8470 §5.2). Whoever is
 * answered so could have everybody be answered so.
 */
export function isOfRequest(status: number): boolean {
  return OF_REQUEST.has(status);
}

/**
 * Final statuses of RFC 9110 §15 and RFC 7725 whose caching requirements are met here. Not among them: 206, whose
 * parts are not put together, 304, which is no response to store, and 416, which answers a range. Any
 * other status is treated as the first of its class (§15): cacheable where the upstream says how long.
 */
const UNDERSTOOD = new Set([
  ...[200, 201, 202, 203, 204, 205],
  ...[300, 301, 302, 303, 305, 307, 308],
  ...[
    400, 401, 402, 403, 404, 405, 406, 407, 408, 409, 410, 411, 412, 413, 414, 415, 417, 421, 422, 426, 451,
  ],
  ...[500, 501, 502, 503, 504, 505],
]);

/** What `must-understand` asks for before a response may be stored (RFC 9111 §5.2.2.3). */
export function isUnderstood(status: number): boolean {
  return UNDERSTOOD.has(status);
}
