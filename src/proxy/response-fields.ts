import { formatCacheStatus } from '../policy/cache-status.ts';
import { type FieldLines, withoutFields } from '../policy/fields.ts';
import type { ResponseHead } from '../policy/request.ts';
import type { RouteRule } from '../policy/route-rule.ts';
import type { Exchange } from './exchange.ts';
import type { Signature } from './ports.ts';

/** The rule's edits of what clients see; decisions are made on what the upstream said. */
export function editFields(fields: FieldLines, rule: RouteRule | undefined): FieldLines {
  if (rule === undefined) return fields;
  const { replaced, added } = editsOf(rule);
  if (replaced.size === 0) return fields;
  const edited = withoutFields(fields, replaced);
  for (const line of added) edited.push(line);
  return edited;
}

/** Of a 1xx, what a client may see: nothing that the rule replaces or removes in the answer itself. */
export function interimFields(fields: FieldLines, rule: RouteRule | undefined): FieldLines {
  return rule === undefined ? fields : withoutFields(fields, editsOf(rule).replaced);
}

interface Edits {
  /** Lower-case names. */
  readonly replaced: ReadonlySet<string>;
  readonly added: FieldLines;
}

/** Made at the first response of each rule. */
const EDITS = new WeakMap<RouteRule, Edits>();

function editsOf(rule: RouteRule): Edits {
  const known = EDITS.get(rule);
  if (known !== undefined) return known;
  const edits = prepareEdits(rule);
  EDITS.set(rule, edits);
  return edits;
}

function prepareEdits({ response, surrogateTags }: RouteRule): Edits {
  const { set, remove, clientCacheControl } = response;
  const replaced = new Set([...remove, ...set.map(([name]) => name.toLowerCase())]);
  if (!surrogateTags.forward) for (const name of surrogateTags.fields) replaced.add(name);
  if (clientCacheControl === undefined) return { replaced, added: set.flat() };
  for (const name of ['cache-control', 'expires', 'pragma']) replaced.add(name);
  return { replaced, added: [...set.flat(), 'Cache-Control', clientCacheControl] };
}

/** What an answer says of itself; `age` in ms, 0 for what was made here. */
export function signature(x: Exchange, age: number): Signature {
  const cacheStatus = formatCacheStatus(x.cache, x.route?.rule.response.cacheStatusKey ? x.key : undefined);
  return { cacheStatus, requestId: x.id, age: Math.floor(age / 1000) };
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
