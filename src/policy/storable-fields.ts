import type { Directives } from './cache-control.ts';
import { fieldValue, listMembers, withoutFields } from './fields.ts';
import { formatHttpDate, parseHttpDate } from './http-date.ts';
import type { ResponseHead } from './request.ts';
import type { RouteRule } from './route-rule.ts';

/**
 * Without them the stored response would be read wrongly, or a purge by tag pass it by, whatever `no-cache`
 * or `private` say of them.
 */
const ESSENTIAL = new Set([
  ...['cache-control', 'expires', 'vary', 'content-type', 'content-encoding', 'cache-groups'],
]);

/**
 * Age is computed anew, Content-Length follows from the body, the upstream's Cache-Status tells of another
 * request (RFC 9211 §2), and Warning is obsolete and spoke of one moment (RFC 9111 §5.5).
 */
const NEVER = new Set(['age', 'content-length', 'cache-status', 'warning']);
const NEVER_OR_COOKIE = new Set([...NEVER, 'set-cookie']);

/**
 * The fields to keep (RFC 9111 §3.1): all but a few, and but for those that `no-cache` or `private` name
 * (§5.2.2.4, §5.2.2.7), and for Set-Cookie, unless the rule wants everybody to have it. A Date that is
 * missing or unreadable is when the response arrived (RFC 9110 §6.6.1), `responseTime` in ms since the epoch.
 */
export function storableFields(
  response: ResponseHead,
  directives: Directives,
  responseTime: number,
  { unsafe, surrogateTags, targetedFields }: RouteRule,
): string[] {
  const never = unsafe.storeWithSetCookie ? NEVER : NEVER_OR_COOKIE;
  const isEssential = (name: string) =>
    ESSENTIAL.has(name) || surrogateTags.fields.includes(name) || targetedFields.includes(name);
  let dropped: Set<string> | undefined;
  for (const directive of ['no-cache', 'private']) {
    const named = directives.get(directive);
    if (named === undefined || named === '') continue;
    dropped ??= new Set(never);
    for (const name of listMembers(named.toLowerCase())) if (!isEssential(name)) dropped.add(name);
  }
  const date = fieldValue(response.fields, 'date');
  const isDated = date !== undefined && parseHttpDate(date, responseTime) !== undefined;
  const isKept = isDated && dropped?.has('date') !== true;
  const fields = withoutFields(
    response.fields,
    isKept ? (dropped ?? never) : new Set([...(dropped ?? never), 'date']),
  );
  if (!isKept) fields.push('Date', formatHttpDate(responseTime));
  return fields;
}
