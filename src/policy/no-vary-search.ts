import { splitCacheKey } from './cache-key.ts';
import { type FieldLines, fieldValue } from './fields.ts';
import type { RouteRule } from './route-rule.ts';
import { readDictionary } from './structured-field.ts';

/**
 * Which differences of the query do not matter to a response ("URL variation config" of
 * draft-ietf-httpbis-no-vary-search §4). Never the default, under which every difference does.
 */
export interface SearchRule {
  /** Whether the order of parameters of different names does not matter. */
  readonly ignoresOrder: boolean;
  /** Whether `names` are the parameters that do not matter, or the only ones that do. */
  readonly listed: 'ignored' | 'significant';
  /** Percent-decoded. */
  readonly names: ReadonlySet<string>;
  /** The same for every spelling of one rule, and for no other rule; without NUL. */
  readonly text: string;
}

/**
 * The rule of a response's No-Vary-Search (draft §5); undefined, and so the default, where the field is
 * absent, malformed, contradictory, or says nothing. Unknown members are ignored. A list of parameters
 * that matter is taken as `except=("a")`, which the draft has by now, and as `params, except=("a")`,
 * which it had first and browsers know; `params` alone means none matters, as `except=()` does.
 */
export function parseNoVarySearch(fields: FieldLines): SearchRule | undefined {
  const value = fieldValue(fields, 'no-vary-search');
  if (value === undefined) return undefined;
  const members = dictionary(value);
  const ignoresOrder = members?.get('key-order') ?? false;
  const params = members?.get('params');
  const except = members?.get('except');
  if (members === undefined || typeof ignoresOrder !== 'boolean') return undefined;
  if (except !== undefined || params === true) {
    const isOne = (params === undefined || params === true) && typeof except !== 'boolean';
    return isOne ? searchRule(ignoresOrder, 'significant', except ?? []) : undefined;
  }
  const ignored = typeof params === 'object' ? params : [];
  return searchRule(ignoresOrder, 'ignored', ignored);
}

type Member = boolean | readonly string[];

const KNOWN = new Set(['key-order', 'params', 'except']);

/** The members known to the draft; undefined where the field is no dictionary, or one of them neither boolean nor list of strings. */
function dictionary(value: string): Map<string, Member> | undefined {
  const read = readDictionary(value);
  if (read === undefined) return undefined;
  const members = new Map<string, Member>();
  for (const [name, [member]] of read) {
    if (!KNOWN.has(name)) continue;
    const known = Array.isArray(member) ? strings(member.map(([item]) => item)) : member;
    if (typeof known !== 'boolean' && !isList(known)) return undefined;
    members.set(name, known);
  }
  return members;
}

function strings(items: readonly unknown[]): readonly string[] | undefined {
  return items.every((item) => typeof item === 'string') ? items : undefined;
}

function isList(member: unknown): member is readonly string[] {
  return Array.isArray(member);
}

function searchRule(
  ignoresOrder: boolean,
  listed: SearchRule['listed'],
  encoded: readonly string[],
): SearchRule | undefined {
  const names = new Set(encoded.map(decodedName));
  if (!ignoresOrder && listed === 'ignored' && names.size === 0) return undefined;
  const sorted = [...names].sort().map((name) => `${encodeURIComponent(name)};`);
  const text = `${ignoresOrder ? '~' : ''}${listed === 'ignored' ? '-' : '+'}${sorted.join('')}`;
  return { ignoresOrder, listed, names, text };
}

/** A name as the field gives it: percent-encoded UTF-8, `+` for a space ("parse a key", draft §5). */
function decodedName(encoded: string): string {
  const parameter = encoded.replace(/[&=]/g, encodeURIComponent);
  return parameters(`${parameter}=`)[0]?.[0] ?? '';
}

const RULE = /^(~?)([-+])((?:[^;]*;)*)$/;

/** The rule of `SearchRule.text`; undefined where the text is none. */
export function readSearchRule(text: string): SearchRule | undefined {
  const [whole, order, sign, names = ''] = RULE.exec(text) ?? [];
  if (whole === undefined) return undefined;
  return searchRule(order === '~', sign === '-' ? 'ignored' : 'significant', names.split(';').slice(0, -1));
}

/** Whether a difference in the values of this parameter can matter. */
export function isSignificant(rule: SearchRule, name: string): boolean {
  return rule.names.has(name) === (rule.listed === 'significant');
}

/**
 * The canonical query: two queries are equivalent under the rule iff theirs are equal (draft §6). Each
 * name and value is encoded, so that none can forge another; in ASCII, without NUL.
 */
export function canonicalQuery(query: string, rule: SearchRule): string {
  if (query === '') return '';
  const pairs = parameters(query).filter(([name]) => isSignificant(rule, name));
  // Among equal names the order counts; `sort` is stable, and compares code units as the draft does.
  if (rule.ignoresOrder) pairs.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  return pairs.map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`).join('&');
}

/**
 * For which queries a response is stored beside its own, as in `StoredResponse.search`. For none where a
 * tag of the route is made of a parameter that does not matter: a purge of that tag could not reach all
 * that it would answer. `key`: its cache key.
 */
export function storedSearch(fields: FieldLines, key: string, rule: RouteRule): string {
  const searchRule = rule.noVarySearch === 'respect' ? parseNoVarySearch(fields) : undefined;
  if (searchRule === undefined) return '';
  const names = rule.tags.flat().flatMap((part) => (part.kind === 'query' ? [part.name] : []));
  if (!names.every((name) => isSignificant(searchRule, name))) return '';
  return searchOf(splitCacheKey(key).query, searchRule);
}

/** The rule, and the query canonical under it: equal for responses that may stand in for each other. */
export function searchOf(query: string, rule: SearchRule): string {
  return `${rule.text}\u0000${canonicalQuery(query, rule)}`;
}

/** The rule that `searchOf` was given; undefined where the text is not from there. */
export function ruleOfSearch(search: string): SearchRule | undefined {
  return readSearchRule(search.slice(0, Math.max(0, search.indexOf('\u0000'))));
}

/** The parser of application/x-www-form-urlencoded of the URL standard. */
function parameters(query: string): [name: string, value: string][] {
  // An empty parameter is skipped; without it, a leading `?` would be.
  return [...new URLSearchParams(`&${query}`)];
}
