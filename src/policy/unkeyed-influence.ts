import { fieldValue, lowerName } from './fields.ts';
import type { RequestHead, ResponseHead } from './request.ts';
import { ROUTING } from './request-field-names.ts';
import type { RouteRule } from './route-rule.ts';

/*
 * Known and harmless fields reach the upstream on a shared fetch without being part of the key, since an upstream
 * whose answer turns on one says so by Vary. Here stands what such an upstream forgets to say most often, and
 * what it cannot say: that it failed over a field.
 */

/** Refusals that turn on these fields in almost every upstream that has them: of a site, a robot, a format. */
const REFUSED_FOR: ReadonlyMap<number, readonly string[]> = new Map([
  [403, ['origin', 'referer', 'user-agent']],
  [406, ['accept', 'accept-charset', 'accept-encoding', 'accept-language']],
]);

/** Fields that answer the request's Origin (Fetch §3.3, Resource Timing §4.5). */
const FOR_ORIGIN = ['access-control-allow-origin', 'timing-allow-origin'];

/**
 * Names that this response turned on as if its Vary had them (RFC 9111 §4.1 leaves a cache free to tell more apart):
 * Origin, where the response speaks of one; and what a refusal was for. Nothing that is in the key, or that
 * the rule vouches for or removes.
 */
export function unsaidVary(response: ResponseHead, rule: RouteRule): readonly string[] {
  const refusedFor = REFUSED_FOR.get(response.status) ?? [];
  const names =
    refusedFor.includes('origin') || !namesOrigin(response) ? refusedFor : [...refusedFor, 'origin'];
  return names.length === 0 ? names : names.filter((name) => isForwardedUnkeyed(name, rule));
}

/** One Origin, whichever: `*` is the same for all. */
function namesOrigin({ fields }: ResponseHead): boolean {
  return FOR_ORIGIN.some((name) => (fieldValue(fields, name) ?? '*').trim() !== '*');
}

function isForwardedUnkeyed(name: string, { requestFields: { forward, strip }, key }: RouteRule): boolean {
  return !forward.has(name) && !strip.has(name) && !key.headers.includes(name);
}

/** Below what upstreams bound heads by: what is ordinary stays under these. Characters, characters, lines. */
const MAX_VALUE = 512;
const MAX_VALUES = 2048;
const MAX_LINES = 32;

/** What a field value of HTTP is made of, but for bytes beyond ASCII, which some upstreams refuse. */
const ORDINARY = /^[\t -~]*$/;

/**
 * The request field that an upstream may have failed over, so that its error is not for others: one that reached it
 * unkeyed, and is longer than usual, or has bytes that some refuse, or is one too many. undefined where the response
 * is no error, or no field stands out.
 */
export function fieldToBlame(
  request: RequestHead,
  response: ResponseHead,
  rule: RouteRule,
): string | undefined {
  if (response.status < 400) return undefined;
  const { fields } = request;
  let values = 0;
  let lines = 0;
  for (let i = 0; i < fields.length; i += 2) {
    const name = lowerName(fields[i] as string);
    if (!reachesUpstream(name, rule)) continue;
    const value = fields[i + 1] as string;
    values += value.length;
    lines++;
    if (value.length > MAX_VALUE || values > MAX_VALUES || lines > MAX_LINES || !ORDINARY.test(value))
      return name;
  }
  return undefined;
}

/** True for what a shared fetch carries though it tells no stored responses apart. */
function reachesUpstream(name: string, rule: RouteRule): boolean {
  if (name === 'cookie') return rule.cookies === 'ignore';
  if (rule.key.headers.includes(name) || rule.requestFields.strip.has(name)) return false;
  return rule.requestFields.forward.has(name) || !ROUTING.has(name);
}
