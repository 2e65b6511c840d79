import { type FieldLines, fieldValue, listMembers } from './fields.ts';

/** Which request fields select among the responses of one resource (RFC 9110 §12.5.5). */
export type Vary =
  | { readonly kind: 'none' }
  | { readonly kind: 'star' }
  /** Lower case, sorted, without repetition. */
  | { readonly kind: 'fields'; readonly names: readonly string[] };

/** Reads Vary over all its lines; `*` anywhere makes it `star` (RFC 9111 §4.1). */
export function parseVary(fields: FieldLines): Vary {
  const value = fieldValue(fields, 'vary');
  if (value === undefined) return { kind: 'none' };
  const names = new Set<string>();
  for (const member of listMembers(value)) {
    if (member === '*') return { kind: 'star' };
    names.add(member.toLowerCase());
  }
  return names.size === 0 ? { kind: 'none' } : { kind: 'fields', names: [...names].sort() };
}

/**
 * The variant key: what the request says in the fields that `vary` names. Length-prefixed, so that
 * no value can forge another variant; an absent field differs from an empty one (RFC 9111 §4.1).
 */
export function variantKey(vary: readonly string[], requestFields: FieldLines): string {
  let key = '';
  for (const name of vary) {
    const value = fieldValue(requestFields, name);
    const normal = value === undefined ? undefined : normalise(name, value);
    key += normal === undefined ? `${name}-;` : `${name}=${normal.length}:${normal};`;
  }
  return key;
}

/** Negotiation fields, whose members compare without regard to case. */
const NEGOTIATION = new Set(['accept', 'accept-charset', 'accept-encoding', 'accept-language']);

/**
 * Two values that mean the same select the same variant (RFC 9111 §4.1): white space around members
 * never matters, case not in the negotiation fields, and order not in Accept-Encoding. Order is kept
 * in the others, since upstreams do read a preference into it.
 */
function normalise(name: string, value: string): string {
  if (!NEGOTIATION.has(name)) return value.trim().replace(/[ \t]*,[ \t]*/g, ',');
  const members = listMembers(value.toLowerCase()).map((member) => member.replace(/\s+/g, ''));
  return (name === 'accept-encoding' ? members.sort() : members).join(',');
}
