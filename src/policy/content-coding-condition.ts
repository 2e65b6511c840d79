import { upstreamTags } from './content-coding-tag.ts';
import { type FieldLines, fieldValue, sameName, withoutFields } from './fields.ts';
import { isSafe } from './request.ts';
import type { RouteRule } from './route-rule.ts';

const PARTIAL = new Set(['range', 'if-range']);

/**
 * A client's fields as the upstream can answer them, on a route that compresses: the upstream knows the identity alone.
 * A write on condition of what its client got in a coding is one on condition of the identity. A part on condition of a
 * date could be put to the bytes of another form, which has the same date: the whole is asked for.
 */
export function askableConditions(
  fields: FieldLines,
  method: string,
  rule: RouteRule | undefined,
): FieldLines {
  if (rule === undefined || rule.compress.length === 0) return fields;
  if (!isSafe(method)) return withUpstreamTags(fields);
  const ifRange = fieldValue(fields, 'if-range');
  return ifRange === undefined || ifRange.includes('"') ? fields : withoutFields(fields, PARTIAL);
}

function withUpstreamTags(fields: FieldLines): FieldLines {
  if (fieldValue(fields, 'if-match') === undefined) return fields;
  return fields.map((text, i) => {
    const isTags = i % 2 === 1 && sameName(fields[i - 1] as string, 'if-match');
    return isTags ? upstreamTags(text) : text;
  });
}
