import { type FieldLines, fieldValue, listMembers } from './fields.ts';

/** The directives of one message: lower-case name → argument, `''` where it has none. */
export type Directives = ReadonlyMap<string, string>;

const NONE: Directives = new Map();
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

/**
 * The Cache-Control directives of a message (RFC 9111 §5.2). Malformed members are skipped. Of a
 * directive that occurs more than once the most restrictive reading wins: the smaller number of
 * seconds, and the form without field names (§4.2.1: consider it stale where it is ambiguous).
 */
export function cacheControl(fields: FieldLines): Directives {
  const value = fieldValue(fields, 'cache-control');
  if (value === undefined) return NONE;
  const directives = new Map<string, string>();
  for (const member of listMembers(value)) {
    const equals = member.indexOf('=');
    const name = (equals < 0 ? member : member.slice(0, equals)).toLowerCase();
    if (!TOKEN.test(name)) continue;
    const argument = equals < 0 ? '' : unquote(member.slice(equals + 1));
    const known = directives.get(name);
    directives.set(name, known === undefined ? argument : stricter(known, argument));
  }
  return directives;
}

function unquote(argument: string): string {
  if (argument.length < 2 || !argument.startsWith('"') || !argument.endsWith('"')) return argument;
  return argument.slice(1, -1).replace(/\\(.)/g, '$1');
}

function stricter(a: string, b: string): string {
  const [x, y] = [deltaSeconds(a), deltaSeconds(b)];
  if (x !== undefined && y !== undefined) return x <= y ? a : b;
  return x === undefined ? a : b;
}

/** Beyond any freshness lifetime of use; RFC 9111 §1.2.2 lets an implementation cap at 2³¹ s. */
const MAX_SECONDS = 2 ** 31;

/** A non-negative integer of seconds (RFC 9111 §1.2.2), capped at 2³¹; undefined where it is none. */
export function deltaSeconds(argument: string | undefined): number | undefined {
  if (argument === undefined || !/^\d+$/.test(argument)) return undefined;
  return Math.min(Number(argument), MAX_SECONDS);
}

/**
 * The seconds of a directive in ms: undefined where the directive is absent, 0 where its argument
 * is not a number of seconds, so that what cannot be read is never fresh (RFC 9111 §4.2.1).
 */
export function directiveTime(directives: Directives, name: string): number | undefined {
  const argument = directives.get(name);
  if (argument === undefined) return undefined;
  return (deltaSeconds(argument) ?? 0) * 1000;
}
