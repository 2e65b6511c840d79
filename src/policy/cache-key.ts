import { fieldValue } from './fields.ts';
import type { RequestHead } from './request.ts';
import type { KeyRule } from './route-rule.ts';

/** One-way digest of a secret; given by the composition root, since policy computes nothing native. */
export type Digest = (secret: string) => string;

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
    const cookies = parseCookies(fieldValue(request.fields, 'cookie') ?? '');
    for (const name of key.cookies) {
      const value = cookies.get(name);
      out += component(`cookie.${name}`, value === undefined ? undefined : digest(value));
    }
  }
  return out;
}

/** A space cannot occur in the URL, so components begin unambiguously. */
function component(name: string, value: string | undefined): string {
  return value === undefined ? ` ${name}-` : ` ${name}=${value.length}:${value}`;
}

function isSecret(name: string): boolean {
  return name === 'authorization' || name === 'cookie' || /token|secret|key|auth|session/.test(name);
}

/** Cookie pairs by name; of a repeated name the first counts (RFC 6265 §5.4 sends the closest first). */
export function parseCookies(value: string): ReadonlyMap<string, string> {
  const cookies = new Map<string, string>();
  for (const pair of value.split(/;|, /)) {
    const equals = pair.indexOf('=');
    if (equals < 0) continue;
    const name = pair.slice(0, equals).trim();
    if (!cookies.has(name)) cookies.set(name, pair.slice(equals + 1).trim());
  }
  return cookies;
}
