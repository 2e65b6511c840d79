import type { Detail } from './cache-status.ts';
import { type FieldLines, withoutFields } from './fields.ts';
import type { RequestHead, ResponseHead } from './request.ts';
import type { RouteRule } from './route-rule.ts';
import { decideStorage, type ExchangeTimes, type StorageTerms } from './storability.ts';
import type { StoredResponse } from './stored-response.ts';
import { validatorsOf } from './validator.ts';
import { parseVary } from './vary.ts';

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

/** Fields that describe the stored body and that a 304 cannot change (RFC 9111 §3.2). */
const BODY_FIELDS = new Set([
  'content-encoding',
  'content-length',
  'content-range',
  'content-type',
  'content-md5',
]);

/** The outcome of freshening: new terms, or why the response may not be kept any longer. */
export type Freshened =
  | { readonly kind: 'freshened'; readonly terms: StorageTerms }
  | { readonly kind: 'no-longer-storable'; readonly fields: FieldLines; readonly detail: Detail };

/**
 * A stored response with the fields of a 304 laid over its own (RFC 9111 §3.2, §4.3.4), its terms
 * decided anew. Age starts again from the 304. A 304 with the strong validator of another response
 * says nothing of this one, which is then not to be trusted any longer.
 */
export function freshen(
  request: RequestHead,
  stored: StoredResponse,
  notModified: ResponseHead,
  rule: RouteRule,
  times: ExchangeTimes,
): Freshened {
  if (isOfAnother(stored, notModified)) {
    return { kind: 'no-longer-storable', fields: stored.fields, detail: 'validator-mismatch' };
  }
  const fields = overlay(stored.fields, notModified.fields);
  const storage = decideStorage(request, { status: stored.status, fields }, rule, times);
  return storage.kind === 'store'
    ? { kind: 'freshened', terms: storage.terms }
    : { kind: 'no-longer-storable', fields, detail: storage.detail };
}

function isOfAnother(stored: StoredResponse, notModified: ResponseHead): boolean {
  const { etag } = validatorsOf(notModified.fields);
  return etag !== undefined && !etag.startsWith('W/') && etag !== validatorsOf(stored.fields).etag;
}

function overlay(stored: FieldLines, update: FieldLines): string[] {
  // The Date of the first exchange says nothing about the 304's.
  const replaced = new Set(['date']);
  const news = varyOfBoth(stored, update);
  for (let i = 0; i < update.length; i += 2) {
    const name = (update[i] as string).toLowerCase();
    if (BODY_FIELDS.has(name) || name === 'vary') continue;
    replaced.add(name);
    news.push(update[i] as string, update[i + 1] as string);
  }
  if (news.length > 0) replaced.add('vary');
  return withoutFields(stored, replaced).concat(news);
}

/**
 * The Vary line of a freshened response: the body was selected by all that the first response named,
 * so that a 304 which names less must not offer it to those who would have been sent another one.
 */
function varyOfBoth(stored: FieldLines, update: FieldLines): string[] {
  const [was, is] = [parseVary(stored), parseVary(update)];
  if (is.kind === 'none') return [];
  if (is.kind === 'star' || was.kind === 'star') return ['Vary', '*'];
  const names = was.kind === 'none' ? is.names : [...new Set([...was.names, ...is.names])];
  return ['Vary', names.join(', ')];
}
