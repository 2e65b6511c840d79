import { fieldValue, lowerName } from './fields.ts';
import type { RequestHead, ResponseHead } from './request.ts';
import { HARMLESS, ROUTING } from './request-field-names.ts';
import { isCondition } from './request-fields.ts';
import type { RouteRule } from './route-rule.ts';

/*
 * Known and harmless fields reach the upstream on a shared fetch without being part of the key, since an upstream
 * whose answer turns on one says so by Vary. Here stands what such an upstream forgets to say most often, and
 * what it cannot say: that it failed over a field.
 */

/** Fields that answer the request's Origin (Fetch §3.3, Resource Timing §4.5). */
const FOR_ORIGIN = ['access-control-allow-origin', 'timing-allow-origin'];

/** Of errors, those that speak of the resource, of the method, or of an upstream that is overrun or away. */
const OF_RESOURCE = new Set([404, 405, 410, 414, 429, 451, 501, 502, 503, 504]);

/** Sent, yet never as the client said. */
const SET_ANEW = new Set(['host', 'content-length', 'x-request-id', 'x-forwarded-for']);

/**
 * Names that this response turned on as if its Vary had them (RFC 9111 §4.1 leaves a cache free to tell more apart):
 * Origin, where the response speaks of one; and where it is an error that any field may have led to – of a site, a
 * robot, a format, a value that was not understood –, all those that reached the upstream without being part of the key.
 * Where it is any error, those with characters that some refuse.
 */
export function unsaidVary(request: RequestHead, response: ResponseHead, rule: RouteRule): readonly string[] {
  const names = new Set<string>();
  if (namesOrigin(response) && isForwardedUnkeyed('origin', rule)) names.add('origin');
  if (response.status < 400) return [...names];
  const isOfResource = OF_RESOURCE.has(response.status);
  for (let i = 0; i < request.fields.length; i += 2) {
    const name = lowerName(request.fields[i] as string);
    const isOdd = !ORDINARY.test(request.fields[i + 1] as string);
    if (isOdd ? reachesUpstream(name, rule) : !isOfResource && isSentAsSaid(name, rule)) names.add(name);
  }
  return [...names];
}

/** What a rule says `ignore` or `forward` of, it answers for, as long as its value is ordinary. */
function isSentAsSaid(name: string, rule: RouteRule): boolean {
  if (name === 'cookie') return rule.cookies === 'ignore';
  return HARMLESS.has(name) && !isCondition(name) && !SET_ANEW.has(name) && isForwardedUnkeyed(name, rule);
}

/** One Origin, whichever: `*` is the same for all. */
function namesOrigin({ fields }: ResponseHead): boolean {
  return FOR_ORIGIN.some((name) => (fieldValue(fields, name) ?? '*').trim() !== '*');
}

function isForwardedUnkeyed(
  name: string,
  { requestFields: { forward, strip }, key, compress }: RouteRule,
): boolean {
  // Where codings are made here, the upstream is asked for none.
  if (name === 'accept-encoding' && compress.length > 0) return false;
  return !forward.has(name) && !strip.has(name) && !key.headers.includes(name);
}

/** Below what upstreams bound heads by: what is ordinary stays under these. Characters, and lines. */
const MAX_NAME = 64;
const MAX_VALUE = 512;
const MAX_SUM = 2048;
const MAX_LINES = 32;

/** What ordinary values are made of: no bytes beyond ASCII, which some upstreams refuse, and nothing that filters look for. */
const ORDINARY = /^[\w\t !"#%&()*+,\-./:;=?@[\]~]*$/;

/**
 * The request field that an upstream may have failed over, so that its error is not for others: one that reached it
 * unkeyed, and is longer than usual, or one too many. undefined where the response is no error, or no field stands out.
 */
export function fieldToBlame(
  request: RequestHead,
  response: ResponseHead,
  rule: RouteRule,
): string | undefined {
  if (response.status < 400) return undefined;
  const { fields } = request;
  let sum = 0;
  let lines = 0;
  for (let i = 0; i < fields.length; i += 2) {
    const name = lowerName(fields[i] as string);
    if (!reachesUpstream(name, rule)) continue;
    const value = fields[i + 1] as string;
    sum += name.length + value.length;
    lines++;
    const isLong = name.length > MAX_NAME || value.length > MAX_VALUE || sum > MAX_SUM;
    if (isLong || lines > MAX_LINES) return name;
  }
  return undefined;
}

/** True for what a shared fetch carries though it tells no stored responses apart. */
function reachesUpstream(name: string, rule: RouteRule): boolean {
  if (name === 'cookie') return rule.cookies === 'ignore';
  if (isCondition(name) || SET_ANEW.has(name)) return false;
  if (rule.key.headers.includes(name) || rule.requestFields.strip.has(name)) return false;
  return rule.requestFields.forward.has(name) || !ROUTING.has(name);
}
