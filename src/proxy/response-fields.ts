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
 * The fields every answer carries: what the exchange came to (RFC 9211), the request's id, and its age
 * in ms (RFC 9111 §5.1), 0 for what was made here.
 */
export function signFields(x: Exchange, fields: FieldLines, age: number): string[] {
  const status = formatCacheStatus(x.cache);
  return [...fields, 'Cache-Status', status, 'X-Request-Id', x.id, 'Age', String(Math.floor(age / 1000))];
}

/**
 * Fields of an upstream response on their way to the client, without what is set anew. A 204 and a
 * 304 carry no Content-Length: some clients would wait for the body.
 */
export function passFields(head: ResponseHead): string[] {
  return withoutFields(head.fields, head.status === 204 || head.status === 304 ? OWN_OR_LENGTH : OWN);
}

const OWN = new Set(['x-request-id', 'age']);
const OWN_OR_LENGTH = new Set([...OWN, 'content-length']);
