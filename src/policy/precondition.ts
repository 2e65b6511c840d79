import { type FieldLines, fieldValue, hasField, sameName } from './fields.ts';
import { parseHttpDate } from './http-date.ts';
import { opaqueTag, validatorsOf } from './validator.ts';

/**
 * Whether a request carries If-Match or If-Unmodified-Since. A cache may ignore them (RFC 9110 §13.1.1,
 * §13.1.4) and must not evaluate them itself (RFC 9111 §4.3.2); whoever fetches a body part by part under
 * If-Match relies on the 412 that ends it, so that such a request goes to the upstream as it is.
 */
export function isForOrigin(fields: FieldLines): boolean {
  for (let i = 0; i < fields.length; i += 2) {
    const name = fields[i] as string;
    if (name.length === 8 && sameName(name, 'if-match')) return true;
    if (name.length === 19 && sameName(name, 'if-unmodified-since')) return true;
  }
  return false;
}

/**
 * Whether a GET or HEAD with these conditions is answered 304 in place of a 200 (RFC 9110 §13.2.2):
 * If-None-Match by weak comparison, else If-Modified-Since against Last-Modified. Of a stored response
 * Date stands in where Last-Modified is absent (RFC 9111 §4.3.2); one that was fetched just now has a
 * Date that says nothing of what the client has. `now` in ms since the epoch.
 */
export function isNotModified(
  request: FieldLines,
  response: FieldLines,
  now: number,
  from: 'store' | 'upstream' = 'store',
): boolean {
  const noneMatch = fieldValue(request, 'if-none-match');
  if (noneMatch !== undefined) {
    if (noneMatch === '*') return true;
    const etag = fieldValue(response, 'etag');
    return etag !== undefined && namesTag(noneMatch, etag);
  }
  const since = fieldValue(request, 'if-modified-since');
  if (since === undefined) return false;
  const asked = parseHttpDate(since, now);
  const date = from === 'store' ? fieldValue(response, 'date') : undefined;
  const modified = parseHttpDate(fieldValue(response, 'last-modified') ?? date ?? '', now);
  return asked !== undefined && modified !== undefined && modified <= asked;
}

/** Whether this tag is among those of an If-None-Match, by weak comparison (RFC 9110 §8.8.3.2). */
export function namesTag(noneMatch: string, etag: string): boolean {
  return (noneMatch.match(ENTITY_TAG) ?? []).some((tag) => opaqueTag(tag) === opaqueTag(etag));
}

/** The one form of an entity tag that compares strongly (RFC 9110 §8.8.3). */
const STRONG_TAG = /^"[\x21\x23-\x7e\x80-\xff]*"$/;

/**
 * Whether a Range may be answered with parts: If-Range is absent, or has the strong entity tag of the
 * response, or exactly its Last-Modified where that is a strong validator (RFC 9110 §13.1.5). A date is
 * one where the response was made at least a second after it, so that no second change can bear the same
 * (§8.8.2.2). `byDate`: false where a date is no validator, since other forms of the response share it. `now` in
 * ms since the epoch.
 */
export function isRangeCurrent(
  request: FieldLines,
  response: FieldLines,
  now: number,
  byDate = true,
): boolean {
  const ifRange = fieldValue(request, 'if-range');
  if (ifRange === undefined) return true;
  const { etag, lastModified } = validatorsOf(response);
  if (ifRange === etag) return STRONG_TAG.test(etag);
  if (ifRange !== lastModified || !byDate) return false;
  const modified = parseHttpDate(lastModified, now);
  const made = parseHttpDate(fieldValue(response, 'date') ?? '', now);
  return modified !== undefined && made !== undefined && made >= modified + 1000;
}

/** An opaque tag knows no escapes (RFC 9110 §8.8.3). One without quotes is no tag, but clients return what they got. */
const ENTITY_TAG = /(?:W\/)?"[^"]*"|[^",\s]+/g;

/** Fields of a 200 that a 304 carries too; those describing the absent body stay out (RFC 9110 §15.4.5). */
const NOT_IN_304 = new Set([
  'content-length',
  'content-encoding',
  'content-language',
  'content-type',
  'content-range',
  'content-digest',
  'content-md5',
  'last-modified',
]);

/** The stored fields that a 304 is sent with; Last-Modified only where there is no ETag. */
export function notModifiedFields(stored: FieldLines): string[] {
  const hasEtag = hasField(stored, 'etag');
  const kept: string[] = [];
  for (let i = 0; i < stored.length; i += 2) {
    const name = (stored[i] as string).toLowerCase();
    if (NOT_IN_304.has(name) && (name !== 'last-modified' || hasEtag)) continue;
    kept.push(stored[i] as string, stored[i + 1] as string);
  }
  return kept;
}
