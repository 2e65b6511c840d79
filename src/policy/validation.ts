import type { Detail } from './cache-status.ts';
import { updatedFields } from './field-update.ts';
import type { FieldLines } from './fields.ts';
import type { RequestHead, ResponseHead } from './request.ts';
import type { RouteRule } from './route-rule.ts';
import { decideStorage, type ExchangeTimes, type StorageTerms } from './storability.ts';
import type { StoredResponse } from './stored-response.ts';
import type { TraceWord } from './trace.ts';
import { isWeak, opaqueTag, validatorsOf } from './validator.ts';

/** The fields that make a request conditional on a stored response (RFC 9111 §4.3.1). */
export function conditionalFields(stored: StoredResponse): string[] {
  const fields: string[] = [];
  const { etag, lastModified } = validatorsOf(stored.fields);
  if (etag !== undefined) fields.push('If-None-Match', etag);
  if (lastModified !== undefined) fields.push('If-Modified-Since', lastModified);
  return fields;
}

/** What the upstream's answer to a validation means (RFC 9111 §4.3.3). */
export type Validation =
  /** 304: the stored response is good again. */
  | { readonly kind: 'freshen' }
  /** A whole new response takes its place. */
  | { readonly kind: 'replace' }
  /** 500, 502, 503 or 504: an error, in place of which a stale response may be served. */
  | { readonly kind: 'error' };

/** RFC 5861 §4 names the statuses that count as errors. */
const ERRORS = new Set([500, 502, 503, 504]);

export function decideValidation(response: ResponseHead): Validation {
  if (response.status === 304) return { kind: 'freshen' };
  return ERRORS.has(response.status) ? { kind: 'error' } : { kind: 'replace' };
}

/** The outcome of freshening: new terms, or why the response may not be kept any longer. */
export type Freshened =
  | { readonly kind: 'freshened'; readonly terms: StorageTerms; readonly reasons: readonly TraceWord[] }
  | {
      readonly kind: 'no-longer-storable';
      readonly fields: FieldLines;
      readonly detail: Detail;
      readonly reasons: readonly TraceWord[];
    };

/**
 * A stored response with the fields of a 304, or of the answer to a HEAD, laid over its own (RFC 9111 §3.2,
 * §4.3.4, §4.3.5), its terms decided anew. Age starts again from there. A 304 that names the validator of
 * another response says nothing of this one, which is then not to be trusted any longer.
 */
export function freshen(
  request: RequestHead,
  stored: StoredResponse,
  notModified: ResponseHead,
  rule: RouteRule,
  times: ExchangeTimes,
): Freshened {
  if (isOfAnother(stored, notModified)) {
    return { kind: 'no-longer-storable', fields: stored.fields, detail: 'validator-mismatch', reasons: [] };
  }
  const fields = updatedFields(stored.fields, notModified.fields);
  const storage = decideStorage(request, { status: stored.status, fields }, rule, times);
  const { reasons } = storage;
  return storage.kind === 'store'
    ? { kind: 'freshened', terms: storage.terms, reasons }
    : { kind: 'no-longer-storable', fields, detail: storage.detail, reasons };
}

/**
 * What a 304 names must be the stored response's (RFC 9111 §4.3.4): a strong ETag to the letter, a weak one by
 * weak comparison, Last-Modified where nothing better is there. One that names nothing answers the condition
 * it was sent, which had one stored response's validators.
 */
function isOfAnother(stored: StoredResponse, notModified: ResponseHead): boolean {
  const { etag, lastModified } = validatorsOf(notModified.fields);
  const own = validatorsOf(stored.fields);
  if (etag !== undefined && (own.etag !== undefined || !isWeak(etag))) {
    return isWeak(etag) ? opaqueTag(etag) !== opaqueTag(own.etag ?? '') : etag !== own.etag;
  }
  if (own.etag !== undefined || (etag === undefined && lastModified === undefined)) return false;
  return lastModified === undefined || lastModified !== own.lastModified;
}
