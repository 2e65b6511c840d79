import { cacheControl, type Directives } from './cache-control.ts';
import { type FieldLines, fieldValue, listMembers } from './fields.ts';
import { type BareItem, readDictionary } from './structured-field.ts';

/** The directives that count for a response here. */
export interface ResponseDirectives {
  readonly directives: Directives;
  /** Given by a targeted field: Cache-Control and Expires do not count (RFC 9213 §2.2). */
  readonly targeted: boolean;
}

/**
 * The directives of a response: of the first targeted field (`names`, lower case, most applicable first)
 * that is present and valid, else of Cache-Control. Whoever reads a response's directives reads these.
 */
export function responseDirectives(fields: FieldLines, names: readonly string[]): ResponseDirectives {
  for (const name of names) {
    const value = fieldValue(fields, name);
    const directives = value === undefined ? undefined : parseTargeted(value);
    if (directives !== undefined) return { directives, targeted: true };
  }
  return { directives: cacheControl(fields), targeted: false };
}

/** A targeted field that is empty, or no Dictionary, is as if absent (RFC 9213 §2.1). */
function parseTargeted(value: string): Directives | undefined {
  const members = readDictionary(value);
  if (members === undefined || members.size === 0) return undefined;
  const directives = new Map<string, string>();
  for (const [name, [item]] of members) {
    const argument = argumentOf(name, Array.isArray(item) ? undefined : item, value);
    if (argument !== undefined) directives.set(name, argument);
  }
  return directives;
}

/** No number of seconds and no field name: what takes an argument is not fresh by it, and permits nothing. */
const UNREADABLE = '?';

/** The directives whose argument is a list of field names (RFC 9111 §5.2.2.4, §5.2.2.7). */
const NAMING = new Set(['no-cache', 'private']);

/**
 * A value as Cache-Control would have it. A value of a type that the directive does not have is not
 * consumed (RFC 9213 §2.1), and it lifts nothing: `max-age="60"` leaves the response stale as
 * `max-age=x` does (RFC 9111 §4.2.1), and `no-store=1` still forbids. Parameters do not count; an inner
 * list is no item (undefined), and of no type that a directive has.
 */
function argumentOf(name: string, item: BareItem | undefined, value: string): string | undefined {
  if (item === true) return '';
  if (item === false) return undefined;
  if (NAMING.has(name)) return typeof item === 'string' ? item : '';
  return typeof item === 'number' && !isDecimal(name, value) ? String(item) : UNREADABLE;
}

/** `60.0` is a Decimal, which the parser's number does not tell any more. The last of a name counts. */
function isDecimal(name: string, value: string): boolean {
  const member = listMembers(value).findLast((one) => one.startsWith(`${name}=`));
  return member !== undefined && /^-?\d+\./.test(member.slice(name.length + 1));
}
