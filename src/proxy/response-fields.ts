import { formatCacheStatus } from '../policy/cache-status.ts';
import { type FieldLines, withoutFields } from '../policy/fields.ts';
import type { ResponseHead } from '../policy/request.ts';
import type { RouteRule } from '../policy/route-rule.ts';
import type { Exchange } from './exchange.ts';

/** The rule's edits of what clients see; decisions are made on what the upstream said. */
export function editFields(fields: FieldLines, rule: RouteRule | undefined): FieldLines {
  if (rule === undefined) return fields;
  const { set, remove, clientCacheControl } = rule.response;
  if (set.length === 0 && remove.size === 0 && clientCacheControl === undefined) return fields;
  const replaced = new Set([...remove, ...set.map(([name]) => name.toLowerCase())]);
  if (clientCacheControl !== undefined) replaced.add('cache-control').add('expires').add('pragma');
  const edited = withoutFields(fields, replaced);
  for (const [name, value] of set) edited.push(name, value);
  if (clientCacheControl !== undefined) edited.push('Cache-Control', clientCacheControl);
  return edited;
}

/**
 * The fields every answer carries: what the exchange came to (RFC 9211) and the request's id.
 * `age` in ms (RFC 9111 §5.1); undefined where the upstream's own Age is passed on.
 */
export function signFields(x: Exchange, fields: FieldLines, age: number | undefined): string[] {
  const signed = [...fields, 'Cache-Status', formatCacheStatus(x.cache), 'X-Request-Id', x.id];
  if (age !== undefined) signed.push('Age', String(Math.floor(age / 1000)));
  return signed;
}

/**
 * Fields of an upstream response on their way to the client, without what is set anew. A 204 and a
 * 304 carry no Content-Length: some clients would wait for the body. `aged`: Age is computed anew.
 */
export function passFields(head: ResponseHead, aged: boolean): string[] {
  const own = new Set(['x-request-id']);
  if (aged) own.add('age');
  if (head.status === 204 || head.status === 304) own.add('content-length');
  return withoutFields(head.fields, own);
}
