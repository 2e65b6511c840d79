import { type FieldLines, fieldValue, listMembers, withoutFields } from './fields.ts';

/**
 * The fields with those in `names` brought into one form (RFC 9111 §4.1): all lines in one, members in
 * lower case, sorted, without the white space that lists and parameters may have. For lists alone in which
 * none of that matters; the rule vouches for it. What comes out is what is keyed *and* sent, so that no odd
 * spelling can store an answer that only it would get.
 */
export function normaliseFields(fields: FieldLines, names: ReadonlySet<string>): FieldLines {
  const normal: string[] = [];
  for (const name of names) {
    const value = fieldValue(fields, name);
    if (value !== undefined) normal.push(name, listMembers(value).map(oneForm).sort().join(', '));
  }
  return normal.length === 0 ? fields : [...withoutFields(fields, names), ...normal];
}

function oneForm(member: string): string {
  return member.replace(/[ \t]*([;=])[ \t]*/g, '$1').toLowerCase();
}
