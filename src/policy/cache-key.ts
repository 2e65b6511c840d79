import { type FieldLines, fieldLineValues, fieldValue, trimmed } from './fields.ts';
import type { RequestHead } from './request.ts';
import type { KeyRule } from './route-rule.ts';
import { type Digest, isSecret } from './secret.ts';

/**
 * The query that counts: selected, and sorted by name where the rule says so (order among equal
 * names is kept). On a cacheable fetch this is also the query that is sent.
 */
export function selectQuery(query: string, key: KeyRule): string {
  if (query === '' || key.include === 'none') return '';
  if (key.include === 'all' && key.exclude.length === 0 && !key.sort) return query;
  const parameters = query
    .split('&')
    .filter((parameter) => parameter !== '')
    .map((parameter) => ({ name: parameterName(parameter), parameter }))
    .filter(({ name }) => isSelected(name, key));
  if (key.sort) parameters.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
  return parameters.map(({ parameter }) => parameter).join('&');
}

function parameterName(parameter: string): string {
  const equals = parameter.indexOf('=');
  const name = equals < 0 ? parameter : parameter.slice(0, equals);
  try {
    return decodeURIComponent(name.replaceAll('+', ' '));
  } catch {
    return name;
  }
}

function isSelected(name: string, key: KeyRule): boolean {
  if (key.include !== 'all' && key.include !== 'none' && !key.include.has(name)) return false;
  return !key.exclude.some((pattern) =>
    pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : name === pattern,
  );
}

/** `scheme://authority/path?query` with the query that counts: what a purge by URL names. */
export function effectiveUrl(request: RequestHead, key: KeyRule): string {
  const query = selectQuery(request.query, key);
  const base = `${request.scheme}://${request.authority}${request.path}`;
  return query === '' ? base : `${base}?${query}`;
}

/**
 * The cache key: the effective URL, then every selected header and cookie, each length-prefixed so
 * that no value can forge another key. Independent of the method. Values that may be secrets
 * (cookies, Authorization and the like) are digested.
 */
export function cacheKey(url: string, request: RequestHead, key: KeyRule, digest: Digest): string {
  if (key.headers.length === 0 && key.cookies.length === 0) return url;
  let out = url;
  for (const name of key.headers) {
    const value = fieldValue(request.fields, name);
    out += component(name, value !== undefined && isSecret(name) ? digest(value) : value);
  }
  if (key.cookies.length > 0) {
    const cookies = parseCookies(request.fields);
    for (const name of key.cookies) {
      const values = cookies.get(name);
      out += component(`cookie.${name}`, values === undefined ? undefined : digest(values.join(';')));
    }
  }
  return out;
}

/** A cache key without its query, and the query: what is left of a key where the query does not count as a whole. */
export function splitCacheKey(key: string): { readonly base: string; readonly query: string } {
  const space = key.indexOf(' ');
  const end = space < 0 ? key.length : space;
  const question = key.indexOf('?');
  if (question < 0 || question > end) return { base: key, query: '' };
  return { base: key.slice(0, question) + key.slice(end), query: key.slice(question + 1, end) };
}

/** What a key has behind its URL. A space cannot occur in that, so components begin unambiguously. */
export function component(name: string, value: string | undefined): string {
  return value === undefined ? ` ${name}-` : ` ${name}=${value.length}:${value}`;
}

/**
 * The values of every cookie by name, in their order; a cookie without a name stands under `''`. All
 * values of a repeated name count, since upstreams differ in which of them they take. A comma does not
 * separate cookies (RFC 6265 §4.2.1).
 */
export function parseCookies(fields: FieldLines): ReadonlyMap<string, readonly string[]> {
  const cookies = new Map<string, string[]>();
  for (const pair of fieldLineValues(fields, 'cookie').flatMap((line) => line.split(';'))) {
    const equals = pair.indexOf('=');
    const name = equals < 0 ? '' : trimmed(pair.slice(0, equals));
    const value = trimmed(pair.slice(equals + 1));
    if (name === '' && value === '') continue;
    const known = cookies.get(name);
    if (known === undefined) cookies.set(name, [value]);
    else known.push(value);
  }
  return cookies;
}
