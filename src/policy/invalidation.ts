import { fieldLineValues } from './fields.ts';
import { isSafe, type RequestHead, type ResponseHead } from './request.ts';
import { parseRequestTarget } from './request-target.ts';

/**
 * The URLs that an unsafe request made invalid (RFC 9111 §4.4): its target, and what Location and
 * Content-Location name on the same origin, once the upstream answered 2xx or 3xx. Empty otherwise.
 */
export function invalidatedUrls(request: RequestHead, response: ResponseHead): string[] {
  if (!invalidates(request, response)) return [];
  const origin = `${request.scheme}://${request.authority}`;
  const query = request.query === '' ? '' : `?${request.query}`;
  const target = `${origin}${request.path}${query}`;
  const urls = new Set([target]);
  for (const name of ['location', 'content-location']) {
    for (const reference of fieldLineValues(response.fields, name)) {
      const url = sameOrigin(reference, target, origin);
      if (url !== undefined) urls.add(url);
    }
  }
  return [...urls];
}

/** True when an unsafe method changed something: a non-error answer (RFC 9111 §4.4). */
export function invalidates(request: RequestHead, response: ResponseHead): boolean {
  return !isSafe(request.method) && response.status >= 200 && response.status < 400;
}

function sameOrigin(reference: string, base: string, origin: string): string | undefined {
  if (!URL.canParse(reference, base)) return undefined;
  const url = new URL(reference, base);
  if (url.origin !== new URL(origin).origin) return undefined;
  const target = parseRequestTarget(`${url.pathname}${url.search}`);
  if (target === undefined) return undefined;
  return target.query === '' ? `${origin}${target.path}` : `${origin}${target.path}?${target.query}`;
}
