import { type FieldLines, listMembers, sameName } from './fields.ts';

/** The directives of one message: lower-case name → argument, `''` where it has none. */
export type Directives = ReadonlyMap<string, string>;

const NONE: Directives = new Map();

/** A directive as the grammar has it (RFC 9111 §5.2). */
const DIRECTIVE = /^([\w!#$%&'*+.^`|~-]+)(?:=(?:([\w!#$%&'*+.^`|~-]+)|"((?:[^"\\]|\\.)*)"))?$/s;
const NAME = /^[\w!#$%&'*+.^`|~-]+/;
const FORBIDDING = /(?<![\w-])(?:no-store|no-cache|private)(?![\w-])/g;

/**
 * The Cache-Control directives of a message (RFC 9111 §5.2). Each line is read for itself, so that no
 * quote hides the next one. Of a directive that occurs more than once the most restrictive reading
 * wins: the smaller number of seconds, and the form without field names (§4.2.1: consider it stale
 * where it is ambiguous). A member that breaks the grammar still forbids what it names, as in
 * `max-age=60; private`, and permits nothing: its number of seconds cannot be read.
 */
export function cacheControl(fields: FieldLines): Directives {
  let directives: Directives | undefined;
  for (let i = 0; i < fields.length; i += 2) {
    if (!sameName(fields[i] as string, 'cache-control')) continue;
    const line = directivesOf(fields[i + 1] as string);
    directives = directives === undefined ? line : joined(directives, line);
  }
  return directives ?? NONE;
}

/** Lines that came before: most responses of a service have one of a few. */
const knownLines = new Map<string, Directives>();
const MOST_LINES = 500;
const LONGEST_LINE = 200;

function directivesOf(line: string): Directives {
  const known = knownLines.get(line);
  if (known !== undefined) return known;
  // A copy, lest a piece of it keep all of the message that it was read from.
  const own = line.length > LONGEST_LINE ? line : line.split('').join('');
  const directives = new Map<string, string>();
  for (const member of listMembers(own)) addMember(directives, member);
  if (line.length > LONGEST_LINE) return directives;
  if (knownLines.size >= MOST_LINES) knownLines.clear();
  knownLines.set(own, directives);
  return directives;
}

function joined(a: Directives, b: Directives): Directives {
  const all = new Map(a);
  for (const [name, argument] of b) add(all, name, argument);
  return all;
}

function addMember(directives: Map<string, string>, member: string): void {
  const [whole, name, token, quoted] = DIRECTIVE.exec(member) ?? [];
  if (whole !== undefined && name !== undefined) {
    return add(directives, name.toLowerCase(), token ?? quoted?.replace(/\\(.)/gs, '$1') ?? '');
  }
  const broken = member.toLowerCase();
  const [leading] = broken.match(NAME) ?? [];
  if (leading !== undefined && leading !== 'public') {
    add(directives, leading, broken.slice(leading.length));
  }
  for (const forbidding of broken.match(FORBIDDING) ?? []) add(directives, forbidding, '');
}

function add(directives: Map<string, string>, name: string, argument: string): void {
  const known = directives.get(name);
  directives.set(name, known === undefined ? argument : stricter(known, argument));
}

function stricter(a: string, b: string): string {
  const [x, y] = [deltaSeconds(a), deltaSeconds(b)];
  if (x !== undefined && y !== undefined) return x <= y ? a : b;
  return a === '' || b === '' ? '' : `${a},${b}`;
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
