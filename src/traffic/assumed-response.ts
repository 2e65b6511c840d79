import type { FieldLines } from '../policy/fields.ts';
import type { ResponseHead } from '../policy/request.ts';
import type { RouteRule } from '../policy/route-rule.ts';
import type { TrafficRequest } from './traffic-request.ts';

/** What is assumed of responses of which a log tells no more than status and size. */
export interface Assumptions {
  /** The freshness lifetime that the upstream states where the rule has none, ms; undefined: it states none. */
  readonly ttl: number | undefined;
  /** Whether they have an ETag, so that what is stale is kept for a while to be validated. */
  readonly etag: boolean;
}

/** The upstream's response to what a line tells of. */
export interface AssumedResponse {
  readonly head: ResponseHead;
  /** Of the whole body; bytes. */
  readonly size: number;
}

/** Of a usual length in all: fields are counted as the memory tier counts them. */
const USUAL: FieldLines = Object.freeze([
  ...['Content-Type', 'application/json; charset=utf-8'],
  ...['X-Content-Type-Options', 'nosniff', 'Server', 'upstream'],
]);
const ETAG: FieldLines = ['ETag', 'W/"3c1-19a0c2b5f42"'];

/** Statuses that a caching upstream states a lifetime for. */
const LONG_LIVED = new Set([200, 203, 204, 300, 301, 308]);

/**
 * Makes the response that the upstream would have given. What a client got in part (206) or had already (304) stands for the
 * whole, in the size that is `known` of it, else in that of its route's responses on average.
 */
export function createAssumedResponses(
  assumptions: Assumptions,
): (request: TrafficRequest, rule: RouteRule, known: number | undefined) => AssumedResponse {
  const silent = Object.freeze(assumptions.etag ? [...USUAL, ...ETAG] : USUAL);
  const { ttl } = assumptions;
  const stating =
    ttl === undefined
      ? silent
      : Object.freeze([...silent, 'Cache-Control', `max-age=${Math.floor(ttl / 1_000)}`]);
  const means = new Map<string, { count: number; sum: number }>();

  return (request, rule, known) => {
    const { status: told = 200, bytes = 0, responseFields } = request;
    const isPart = told === 304 || told === 206;
    const status = isPart ? 200 : told;
    const isSilent = rule.ttl !== undefined || rule.statusTtl.has(status) || !LONG_LIVED.has(status);
    const head: ResponseHead = { status, fields: responseFields ?? (isSilent ? silent : stating) };
    const mean = means.get(rule.name);
    if (isPart)
      return {
        head,
        size: known ?? Math.max(bytes, mean === undefined ? 0 : Math.round(mean.sum / mean.count)),
      };
    if (status === 200 && request.method === 'GET') {
      if (mean === undefined) means.set(rule.name, { count: 1, sum: bytes });
      else {
        mean.count++;
        mean.sum += bytes;
      }
    }
    return { head, size: bytes };
  };
}
