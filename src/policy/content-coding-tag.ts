import type { Form } from './content-coding.ts';

/** An entity tag as the grammar has it (RFC 9110 §8.8.3). */
const TAG = /^(W\/)?"([\x21\x23-\x7e\x80-\xff]*)"$/;
const SUFFIX = /;(?:br|zstd|gzip)"$/;

/**
 * The entity tag of a form whose identity has this one. Two forms may share no strong tag (RFC 9110 §8.8.1), so that
 * `"1"` is `"1;br"` in Brotli; a weak one tells of the same content in whatever coding, and stays. No part of a coded
 * form is ever sent, so that it does not matter whether another version of the encoder would make other bytes.
 */
export function tagOfForm(etag: string, form: Form): string {
  return form === 'identity' || etag.startsWith('W/') ? etag : `${etag.slice(0, -1)};${form}"`;
}

/** True where forms can be told apart from this tag on: it is one, and none that a form could have. */
export function isCodableTag(etag: string): boolean {
  return TAG.test(etag) && !SUFFIX.test(etag);
}

const CODED = /"([\x21\x23-\x7e\x80-\xff]*);(?:br|zstd|gzip)"/g;

/**
 * An If-Match with the upstream's own tags in place of those of its forms: who edits what it got in a coding has seen
 * what the identity says, and the upstream knows the tag of the identity alone.
 */
export function upstreamTags(ifMatch: string): string {
  return ifMatch.replace(CODED, '"$1"');
}
