/**
 * Header fields as they stand on the wire: `[name, value, name, value, …]`, names in the sender's
 * case, one pair per line. RFC 9110 §5.
 */
export type FieldLines = readonly string[];

/** Fields to be sent, most of them again and again. */
export interface KeptFields {
  readonly lines: FieldLines;
  /** As a door has written them once, which is its own to say. */
  written?: WrittenFields | undefined;
  /** Those of them that a 304 carries. */
  notModified?: KeptFields | undefined;
}

/** Fields to be kept, nothing made of them yet. */
export function keptFields(lines: FieldLines): KeptFields {
  return { lines, written: undefined, notModified: undefined };
}

/** Fields as they go over the wire, and what of them whoever frames the message must know. */
export interface WrittenFields {
  readonly text: string;
  readonly isDated: boolean;
  readonly hasLength: boolean;
}

/** True when both names are the same field; names are case-insensitive (RFC 9110 §5.1). */
export function sameName(a: string, lowerCaseName: string): boolean {
  return a.length === lowerCaseName.length && (a === lowerCaseName || a.toLowerCase() === lowerCaseName);
}

/**
 * The combined value of all lines of one field, joined by `, ` (RFC 9110 §5.3), or undefined where
 * the field does not occur.
 */
export function fieldValue(fields: FieldLines, lowerCaseName: string): string | undefined {
  let combined: string | undefined;
  for (let i = 0; i < fields.length; i += 2) {
    if (!sameName(fields[i] as string, lowerCaseName)) continue;
    const value = fields[i + 1] as string;
    combined = combined === undefined ? value : `${combined}, ${value}`;
  }
  return combined;
}

/** Every line of one field, in order, for the fields that must not be joined (Set-Cookie). */
export function fieldLineValues(fields: FieldLines, lowerCaseName: string): string[] {
  const values: string[] = [];
  for (let i = 0; i < fields.length; i += 2) {
    if (sameName(fields[i] as string, lowerCaseName)) values.push(fields[i + 1] as string);
  }
  return values;
}

/** True when the field occurs at all, even empty. */
export function hasField(fields: FieldLines, lowerCaseName: string): boolean {
  for (let i = 0; i < fields.length; i += 2) {
    if (sameName(fields[i] as string, lowerCaseName)) return true;
  }
  return false;
}

/** Names that came before; they are few, and whoever sends others makes them be told anew. */
const knownNames = new Map<string, string>();
const MOST_NAMES = 1_000;
const LONGEST_NAME = 64;

/** A field name in lower case. */
export function lowerName(name: string): string {
  const known = knownNames.get(name);
  if (known !== undefined) return known;
  // A copy, lest it keep all of the message that it was read from.
  const own = name.length > LONGEST_NAME ? name : name.split('').join('');
  const lower = own.toLowerCase();
  if (name.length > LONGEST_NAME) return lower;
  if (knownNames.size >= MOST_NAMES) knownNames.clear();
  knownNames.set(own, lower);
  return lower;
}

/** The lines whose lower-case name is not in `names`. */
export function withoutFields(fields: FieldLines, names: { has(lowerCaseName: string): boolean }): string[] {
  const kept: string[] = [];
  for (let i = 0; i < fields.length; i += 2) {
    const name = fields[i] as string;
    if (!names.has(lowerName(name))) kept.push(name, fields[i + 1] as string);
  }
  return kept;
}

const QUOTED = /"(?:[^"\\]|\\.)*"/sy;

/**
 * The members of a comma-separated list, without the white space around them, empty ones dropped
 * (RFC 9110 §5.6.1). Commas inside quoted strings do not separate; a quote that is never closed is an
 * ordinary character, so that it hides nothing.
 */
export function listMembers(value: string): string[] {
  const members: string[] = [];
  let quotesCount = true;
  let start = 0;
  for (let i = 0; i <= value.length; i++) {
    if (i === value.length || value[i] === ',') {
      const member = trimmed(value.slice(start, i));
      if (member !== '') members.push(member);
      start = i + 1;
    } else if (value[i] === '"' && quotesCount) {
      QUOTED.lastIndex = i;
      quotesCount = QUOTED.test(value);
      if (quotesCount) i = QUOTED.lastIndex - 1;
    }
  }
  return members;
}

/** Without the white space that HTTP knows (RFC 9110 §5.6.3); `trim` would take bytes beyond ASCII too. */
export function trimmed(value: string): string {
  return value.replace(/^[ \t]+|(?<![ \t])[ \t]+$/g, '');
}

/** Fields that belong to one connection and never pass a proxy (RFC 9110 §7.6.1). */
const HOP_BY_HOP = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'proxy-authenticate',
  'proxy-authentication-info',
  'proxy-authorization',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'http2-settings',
]);

/**
 * Meant for every recipient, so that no Connection may nominate them (RFC 9110 §7.6.1): without them a
 * response would look more shareable than it is.
 */
const FOR_ALL = new Set([
  ...['cache-control', 'pragma', 'expires', 'date', 'age', 'vary', 'set-cookie', 'authorization', 'cookie'],
  ...['host', 'content-length', 'content-type', 'content-encoding', 'content-range'],
]);

/**
 * The end-to-end fields: hop-by-hop ones and whatever `Connection` nominates are left out
 * (RFC 9110 §7.6.1). `Content-Length` is kept; whoever frames the message decides about it.
 */
export function endToEnd(fields: FieldLines): string[] {
  const connection = fieldValue(fields, 'connection');
  if (connection === undefined || connection === 'keep-alive') return withoutFields(fields, HOP_BY_HOP);
  const nominated = listMembers(connection.toLowerCase()).filter((name) => !FOR_ALL.has(name));
  return withoutFields(fields, nominated.length === 0 ? HOP_BY_HOP : new Set([...HOP_BY_HOP, ...nominated]));
}
