import { fieldValue } from './fields.ts';
import type { ResponseHead } from './request.ts';
import type { StoredResponse } from './stored-response.ts';
import { validatorsOf } from './validator.ts';

/** What the upstream's answer to a HEAD means for the stored response that would have answered a GET. */
export type HeadUpdate =
  /** It speaks of the stored one, which takes over its fields and is as fresh as it says. */
  | 'freshen'
  /** It speaks of another one: the stored one is out of date. */
  | 'invalidate'
  /** It says nothing of the stored one. */
  | 'none';

/**
 * Only a 200 tells (RFC 9111 §4.3.5). All it has of ETag, Last-Modified and Content-Length must be the
 * stored response's, to the letter: the RFC knows no weak comparison here. Without a validator nothing
 * is freshened, other than the RFC suggests: a body of the same length may be another one.
 */
export function decideHeadUpdate(stored: StoredResponse, head: ResponseHead): HeadUpdate {
  if (head.status !== 200) return 'none';
  if (stored.status !== 200) return 'invalidate';
  const length = fieldValue(head.fields, 'content-length');
  if (length !== undefined && Number(length) !== stored.body.byteLength) return 'invalidate';
  const own = validatorsOf(stored.fields);
  const { etag, lastModified } = validatorsOf(head.fields);
  if (etag !== undefined && etag !== own.etag) return 'invalidate';
  if (lastModified !== undefined && lastModified !== own.lastModified) return 'invalidate';
  return etag === undefined && lastModified === undefined ? 'none' : 'freshen';
}
