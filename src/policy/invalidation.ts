import { fieldLineValues } from './fields.ts';
import { originOf } from './origin.ts';
import { isSafe, type RequestHead, type ResponseHead } from './request.ts';
import { parseRequestTarget } from './request-target.ts';

/**
 * The URLs that an unsafe request made invalid (RFC 9111 §4.4): its target, and what Location and
 * Content-Location name on the same origin, once the upstream answered 2xx or 3xx. Empty otherwise.
 */
export function invalidatedUrls(request: RequestHead, response: ResponseHead): string[] {
  if (!invalidates(request, response)) return [];
  const urls = new Set([targetUrl(request)]);
  for (const name of ['location', 'content-location']) {
    for (const reference of fieldLineValues(response.fields, name)) {
      for (const url of urlsNamed(reference, request)) urls.add(url);
    }
  }
  return [...urls];
}

/** True when an unsafe method changed something: a non-error answer (RFC 9111 §4.4). */
export function invalidates(request: RequestHead, response: ResponseHead): boolean {
  return !isSafe(request.method) && response.status >= 200 && response.status < 400;
}

/** The target URI (RFC 9110 §7.1), as stored responses have it. */
export function targetUrl(request: RequestHead): string {
  const query = request.query === '' ? '' : `?${request.query}`;
  return `${originOf(request.scheme, request.authority)}${request.path}${query}`;
}

/**
 * The URL on the request's own origin that a reference in its response names, in each spelling in
 * which clients would ask for it; empty where it names none.
 */
export function urlsNamed(reference: string, request: RequestHead): string[] {
  const base = targetUrl(request);
  // A field's bytes beyond ASCII are what a client would percent-encode.
  const ascii = reference.replace(
    /[\x80-\xff]/g,
    (byte) => `%${byte.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  if (!URL.canParse(base) || !URL.canParse(ascii, base)) return [];
  const url = new URL(ascii, base);
  if (url.origin !== new URL(base).origin) return [];
  const origin = originOf(request.scheme, request.authority);
  const urls = new Set<string>();
  // Browsers encode quotes in a query, others leave them: both spellings are keys of their own.
  for (const query of [url.search, `?${queryOf(ascii)}`]) {
    const target = parseRequestTarget(query === '?' ? url.pathname + url.search : url.pathname + query);
    if (target === undefined) continue;
    urls.add(target.query === '' ? `${origin}${target.path}` : `${origin}${target.path}?${target.query}`);
  }
  return [...urls];
}

function queryOf(reference: string): string {
  return /^[^?#]*\?([^#]*)/.exec(reference)?.[1] ?? '';
}
