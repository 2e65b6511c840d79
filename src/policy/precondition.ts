import { type FieldLines, fieldValue, hasField } from './fields.ts';
import { parseHttpDate } from './http-date.ts';

/** True when any of the conditions that a cache evaluates is present (RFC 9111 §4.3.2). */
export function isConditional(fields: FieldLines): boolean {
  return hasField(fields, 'if-none-match') || hasField(fields, 'if-modified-since');
}

/**
 * Whether a GET or HEAD with these conditions is answered 304 from a stored 200 (RFC 9110 §13.2.2):
 * If-None-Match by weak comparison, else If-Modified-Since against Last-Modified, or where that is
 * absent against Date (RFC 9111 §4.3.2). `now` in ms since the epoch.
 */
export function isNotModified(request: FieldLines, stored: FieldLines, now: number): boolean {
  const noneMatch = fieldValue(request, 'if-none-match');
  if (noneMatch !== undefined) {
    if (noneMatch === '*') return true;
    const etag = fieldValue(stored, 'etag');
    return etag !== undefined && (noneMatch.match(ENTITY_TAG) ?? []).some((tag) => weak(tag) === weak(etag));
  }
  const since = fieldValue(request, 'if-modified-since');
  if (since === undefined) return false;
  const asked = parseHttpDate(since, now);
  const modified = parseHttpDate(
    fieldValue(stored, 'last-modified') ?? fieldValue(stored, 'date') ?? '',
    now,
  );
  return asked !== undefined && modified !== undefined && modified <= asked;
}

/** An opaque tag knows no escapes (RFC 9110 §8.8.3). One without quotes is no tag, but clients return what they got. */
const ENTITY_TAG = /(?:W\/)?"[^"]*"|[^",\s]+/g;

/** An entity tag without its weakness (RFC 9110 §8.8.3.2). */
function weak(etag: string): string {
  return etag.startsWith('W/') ? etag.slice(2) : etag;
}

/** Fields of a 200 that a 304 carries too; those describing the absent body stay out (RFC 9110 §15.4.5). */
const NOT_IN_304 = new Set([
  'content-length',
  'content-encoding',
  'content-language',
  'content-type',
  'content-range',
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
