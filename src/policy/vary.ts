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

/** Fields whose value is a list without meaning in its order where no weights are given. */
const UNORDERED = new Set(['accept-encoding', 'accept', 'accept-language', 'accept-charset']);

/**
 * Two values that mean the same to the semantics of the field select the same variant (RFC 9111
 * §4.1): white space, and in the negotiation fields case and, without weights, order.
 */
function normalise(name: string, value: string): string {
  if (!UNORDERED.has(name)) return value.trim().replace(/[ \t]*,[ \t]*/g, ',');
  const members = listMembers(value.toLowerCase()).map((member) => member.replace(/\s+/g, ''));
  const weighted = members.some((member) => member.includes(';'));
  return (name === 'accept-encoding' || !weighted ? members.sort() : members).join(',');
}
