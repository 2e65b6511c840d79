import { type FieldLines, fieldValue, hasField, withoutFields } from './fields.ts';
import { notModifiedFields } from './precondition.ts';
import { type ByteRange, sizeOf } from './range.ts';

/** The Content-Range of a part of a body of `length` bytes (RFC 9110 §14.4). */
export function contentRange({ first, last }: ByteRange, length: number): string {
  return `bytes ${first}-${last}/${length}`;
}

/** The Content-Range of a 416 (RFC 9110 §15.5.17); `length` of the body in bytes. */
export function unsatisfiedRange(length: number): string {
  return `bytes */${length}`;
}

/** The fields of a 206 with one part, made from those of the whole response of `length` bytes. */
export function partFields(
  request: FieldLines,
  whole: FieldLines,
  range: ByteRange,
  length: number,
): string[] {
  const fields = fieldsOfPartial(request, whole);
  fields.push('Content-Range', contentRange(range, length), 'Content-Length', String(sizeOf(range)));
  return fields;
}

/** A multipart/byteranges message (RFC 9110 §14.6), its bodies left out. */
export interface Multipart {
  readonly fields: FieldLines;
  readonly parts: readonly { readonly head: string; readonly range: ByteRange }[];
  readonly tail: string;
  /** Bytes of all of the body. */
  readonly size: number;
}

/**
 * The 206 with several parts of a body of `length` bytes. `boundary` is a token that does not occur in
 * the body. Heads and tail have one character a byte.
 */
export function multipart(
  request: FieldLines,
  whole: FieldLines,
  { ranges, length, boundary }: { ranges: readonly ByteRange[]; length: number; boundary: string },
): Multipart {
  const type = fieldValue(whole, 'content-type');
  const typeLine = type === undefined ? '' : `Content-Type: ${type}\r\n`;
  const parts = ranges.map((range, i) => {
    const delimiter = `${i === 0 ? '' : '\r\n'}--${boundary}\r\n`;
    return { head: `${delimiter}${typeLine}Content-Range: ${contentRange(range, length)}\r\n\r\n`, range };
  });
  const tail = `\r\n--${boundary}--\r\n`;
  const size = parts.reduce((sum, { head, range }) => sum + head.length + sizeOf(range), tail.length);
  const fields = withoutFields(fieldsOfPartial(request, whole), CONTENT_TYPE);
  fields.push('Content-Type', `multipart/byteranges; boundary=${boundary}`, 'Content-Length', String(size));
  return { fields, parts, tail, size };
}

const CONTENT_TYPE = new Set(['content-type']);

/** What is true of the message that carries the whole, and of no part (RFC 9110 §8.6, §14.4, RFC 9530 §2). */
const OF_WHOLE_MESSAGE = new Set(['content-length', 'content-range', 'content-digest', 'content-md5']);

/**
 * The fields of the whole response that its parts have too (RFC 9110 §15.3.7): all that describe it, or,
 * since whoever asks with If-Range has those already, what a 304 would have.
 */
function fieldsOfPartial(request: FieldLines, whole: FieldLines): string[] {
  return withoutFields(hasField(request, 'if-range') ? notModifiedFields(whole) : whole, OF_WHOLE_MESSAGE);
}

/**
 * Tells clients that parts are to be had of a response that is stored whole, where the upstream says
 * nothing of it (RFC 9110 §14.3). `Accept-Ranges: none` stays as it is: that is the upstream's word
 * about itself, and keeps nobody who asks for a part from getting one.
 */
export function offerRanges(status: number, fields: FieldLines): FieldLines {
  return status !== 200 || hasField(fields, 'accept-ranges') ? fields : [...fields, 'Accept-Ranges', 'bytes'];
}
