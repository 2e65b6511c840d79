import { type FieldLines, fieldLineValues } from './fields.ts';
import { parseHttpDate } from './http-date.ts';

/** What a conditional request can ask about (RFC 9110 §8.8): undefined where absent, empty or ambiguous. */
export interface Validators {
  readonly etag: string | undefined;
  readonly lastModified: string | undefined;
}

/** One entity tag, or what some send for one: without quotes. A list, or `*`, asks about more than the response that has it. */
const TAG = /^(?:W\/)?(?:"[^"]*"|(?!\*$)[^\s",]+)$/;

export function validatorsOf(fields: FieldLines): Validators {
  const etag = only(fieldLineValues(fields, 'etag')) ?? '';
  const modified = only(fieldLineValues(fields, 'last-modified'));
  return {
    etag: TAG.test(etag) ? etag : undefined,
    // Only the two-digit form asks what time it is, and not whether it is a date at all.
    lastModified: parseHttpDate(modified ?? '', 0) === undefined ? undefined : modified,
  };
}

function only(values: readonly string[]): string | undefined {
  return values.length === 1 && values[0] !== '' ? values[0] : undefined;
}

/** True when a conditional request can ask about this response. */
export function hasValidator(fields: FieldLines): boolean {
  const { etag, lastModified } = validatorsOf(fields);
  return etag !== undefined || lastModified !== undefined;
}

export function isWeak(etag: string): boolean {
  return etag.startsWith('W/');
}

/** An entity tag without its weakness: what weak comparison compares (RFC 9110 §8.8.3.2). */
export function opaqueTag(etag: string): string {
  return isWeak(etag) ? etag.slice(2) : etag;
}
