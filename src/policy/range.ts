import { type FieldLines, fieldLineValues, trimmed } from './fields.ts';

/** Positions of the first and the last byte, both of them in it (RFC 9110 §14.1.2). */
export interface ByteRange {
  readonly first: number;
  readonly last: number;
}

/** What a Range asks for of a body whose length is known. */
export type RangeSelection =
  /** No Range that counts. */
  | { readonly kind: 'whole' }
  | { readonly kind: 'part'; readonly range: ByteRange }
  /** At least two, none touching another, in the order in which they were asked for. */
  | { readonly kind: 'parts'; readonly ranges: readonly ByteRange[] }
  /** Valid, and nothing of it is within the body: 416. */
  | { readonly kind: 'unsatisfiable' };

const WHOLE: RangeSelection = { kind: 'whole' };
const UNSATISFIABLE: RangeSelection = { kind: 'unsatisfiable' };

/** More parts than this cost more than they spare. */
const MAX_PARTS = 16;

/** As it was asked for, perhaps beyond the body. */
type RangeSpec =
  | { readonly kind: 'from'; readonly first: number; readonly last: number }
  | { readonly kind: 'suffix'; readonly length: number };

/**
 * What the Range of a request selects of a body of `length` bytes (RFC 9110 §14.2). Ranges that overlap
 * or touch become one. A Range counts for nothing where it is malformed, of another unit than bytes or
 * on several lines; nor of an empty body, no part of which Content-Range could name; nor where it asks
 * for more than the whole in pieces, or for very many of them: §14.2 leaves all of that to the server.
 */
export function selectRanges(request: FieldLines, length: number): RangeSelection {
  const [line, ...more] = fieldLineValues(request, 'range');
  if (line === undefined || more.length > 0 || length === 0) return WHOLE;
  const specs = parseRange(line);
  if (specs === undefined) return WHOLE;
  const wanted = specs.flatMap((spec) => within(spec, length) ?? []);
  const [only] = wanted;
  if (only === undefined) return UNSATISFIABLE;
  if (wanted.length === 1) return { kind: 'part', range: only };
  if (wanted.reduce((sum, range) => sum + sizeOf(range), 0) > length) return WHOLE;
  const ranges = coalesce(wanted);
  const [single] = ranges;
  if (ranges.length === 1 && single !== undefined) return { kind: 'part', range: single };
  return ranges.length > MAX_PARTS ? WHOLE : { kind: 'parts', ranges };
}

/** The names of units are case-insensitive (RFC 9110 §14.1). */
const BYTES = /^bytes=/i;
const SPEC = /^(?:(\d+)-(\d*)|-(\d+))$/;

/** The specs of a byte range set (RFC 9110 §14.1.1); undefined where any of it is invalid. */
function parseRange(value: string): RangeSpec[] | undefined {
  if (!BYTES.test(value)) return undefined;
  const set = value.slice('bytes='.length);
  // White space belongs to the commas, and to nothing else (RFC 9110 §5.6.1).
  if (/^[ \t]+[^ \t,]|[^ \t,][ \t]+$/.test(set)) return undefined;
  const specs: RangeSpec[] = [];
  for (const member of set.split(',')) {
    const text = trimmed(member);
    if (text === '') continue;
    const spec = parseSpec(text);
    if (spec === undefined) return undefined;
    specs.push(spec);
  }
  return specs.length === 0 ? undefined : specs;
}

function parseSpec(text: string): RangeSpec | undefined {
  const [, from, to, suffix] = SPEC.exec(text) ?? [];
  if (suffix !== undefined) return { kind: 'suffix', length: Number(suffix) };
  if (from === undefined) return undefined;
  const first = Number(from);
  const last = to === undefined || to === '' ? Number.POSITIVE_INFINITY : Number(to);
  return last < first ? undefined : { kind: 'from', first, last };
}

/** The bytes that a spec has of a body; undefined where there are none (RFC 9110 §14.1.2). */
function within(spec: RangeSpec, length: number): ByteRange | undefined {
  if (spec.kind === 'suffix') {
    return spec.length === 0 ? undefined : { first: Math.max(0, length - spec.length), last: length - 1 };
  }
  if (spec.first >= length) return undefined;
  return { first: spec.first, last: Math.min(spec.last, length - 1) };
}

/** Each group of ranges that overlap or touch as one, where the first of them was asked for (RFC 9110 §15.3.7.2). */
function coalesce(wanted: readonly ByteRange[]): ByteRange[] {
  const groups: { first: number; last: number; asked: number }[] = [];
  const ascending = wanted.map((range, asked) => ({ ...range, asked })).sort((a, b) => a.first - b.first);
  for (const range of ascending) {
    const group = groups.at(-1);
    if (group === undefined || range.first > group.last + 1) {
      groups.push(range);
      continue;
    }
    group.last = Math.max(group.last, range.last);
    group.asked = Math.min(group.asked, range.asked);
  }
  return groups.sort((a, b) => a.asked - b.asked).map(({ first, last }) => ({ first, last }));
}

/** Bytes in a range. */
export function sizeOf({ first, last }: ByteRange): number {
  return last - first + 1;
}
