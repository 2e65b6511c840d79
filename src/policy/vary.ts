import { type FieldLines, fieldLineValues, fieldValue, listMembers, trimmed } from './fields.ts';
import { type Digest, isSecret } from './secret.ts';

/** Which request fields select among the responses of one resource (RFC 9110 §12.5.5). */
export type Vary =
  | { readonly kind: 'none' }
  /** By something that no other request can be known to match. */
  | { readonly kind: 'star' }
  /** Lower case, sorted, without repetition. */
  | { readonly kind: 'fields'; readonly names: readonly string[] };

const NAME = /^[\w!#$%&'*+.^`|~-]+$/;

/** Set anew for every request: what the upstream varied by is not what the client sent. */
const OWN = new Set(['x-forwarded-for', 'x-request-id']);

/**
 * Reads Vary over all its lines. `*` anywhere makes it `star` (RFC 9111 §4.1), and so does what is no
 * field name, or a field that the proxy sets anew.
 */
export function parseVary(fields: FieldLines): Vary {
  const names = new Set<string>();
  for (const member of fieldLineValues(fields, 'vary').flatMap((line) => line.split(','))) {
    const name = trimmed(member).toLowerCase();
    if (name === '') continue;
    if (name === '*' || !NAME.test(name) || OWN.has(name)) return { kind: 'star' };
    names.add(name);
  }
  return names.size === 0 ? { kind: 'none' } : { kind: 'fields', names: [...names].sort() };
}

/**
 * The variant key: what the request says in the fields that `vary` names. Length-prefixed, so that
 * no value can forge another variant; an absent field differs from an empty one (RFC 9111 §4.1).
 * Values that may be secrets are digested.
 */
export function variantKey(vary: readonly string[], requestFields: FieldLines, digest: Digest): string {
  let key = '';
  for (const name of vary) {
    const value = fieldValue(requestFields, name);
    const normal = value === undefined ? undefined : normalise(name, value);
    const told = normal !== undefined && isSecret(name) ? digest(normal) : normal;
    key += told === undefined ? `${name}-;` : `${name}=${told.length}:${told};`;
  }
  return key;
}

const NEGOTIATION = new Set(['accept', 'accept-charset', 'accept-encoding', 'accept-language']);

/**
 * Two values that mean the same select the same variant (RFC 9111 §4.1), as far as every upstream reads
 * them alike: in the negotiation fields white space around members and parameters never matters, in
 * Accept-Encoding neither case nor order does. Anything more would let an upstream that compares more
 * strictly store its answer to an odd value for those who send the usual one.
 */
function normalise(name: string, value: string): string {
  if (!NEGOTIATION.has(name)) return trimmed(value);
  const members = listMembers(value).map((member) =>
    member.includes('"') ? member : member.replace(/[ \t]*;[ \t]*/g, ';'),
  );
  if (name !== 'accept-encoding') return members.join(',');
  return members
    .map((member) => member.toLowerCase())
    .sort()
    .join(',');
}
