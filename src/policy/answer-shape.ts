import { type FieldLines, hasField, sameName } from './fields.ts';
import { isNotModified, isRangeCurrent } from './precondition.ts';
import { type RangeSelection, selectRanges } from './range.ts';
import type { RequestHead } from './request.ts';

/** What of a response its client wants. */
export type AnswerShape =
  | RangeSelection
  /** The client has it: 304. */
  | { readonly kind: 'not-modified' };

/** A complete response to a GET. */
export interface Representation {
  readonly status: number;
  readonly fields: FieldLines;
  /** Bytes of its body; undefined where that is not known yet. */
  readonly length: number | undefined;
  /** Whether it is in the store, or was just fetched for this client without the client's conditions. */
  readonly from: 'store' | 'upstream';
  /**
   * Where it is one of several forms, its parts: none of a coded one; of the identity none on condition of a date, which is
   * that of every form. Undefined: all.
   */
  readonly parts?: 'none' | 'not-by-date' | undefined;
}

const WHOLE: AnswerShape = { kind: 'whole' };

/** True where a request may want less than the whole of a response; the rest need not ask for a shape. */
export function mayWantLess(request: RequestHead): boolean {
  if (request.asksNothing === true) return false;
  const { fields } = request;
  for (let i = 0; i < fields.length; i += 2) {
    const name = fields[i] as string;
    switch (name.length) {
      case 5:
        if (sameName(name, 'range')) return true;
        break;
      case 13:
        if (sameName(name, 'if-none-match')) return true;
        break;
      case 17:
        if (sameName(name, 'if-modified-since')) return true;
    }
  }
  return false;
}

/**
 * What a client gets of a 200, in the order of RFC 9110 §13.2.2: 304 by its own conditions, else the
 * parts that its Range selects while If-Range holds, else the whole. A HEAD has no parts, a response of
 * another status neither parts nor conditions (RFC 9111 §4.3.2). Several parts of a response with a
 * content coding are not offered: whether that is the message's or each part's, recipients disagree.
 * `now` in ms since the epoch.
 */
export function decideShape(request: RequestHead, response: Representation, now: number): AnswerShape {
  const { method, fields } = request;
  if (response.status !== 200 || (method !== 'GET' && method !== 'HEAD')) return WHOLE;
  if (isNotModified(fields, response.fields, now, response.from)) return { kind: 'not-modified' };
  const { length, parts } = response;
  if (method === 'HEAD' || length === undefined || parts === 'none') return WHOLE;
  if (hasField(response.fields, 'content-range')) return WHOLE;
  const selection = selectRanges(fields, length);
  if (selection.kind === 'whole') return WHOLE;
  if (!isRangeCurrent(fields, response.fields, now, parts !== 'not-by-date')) return WHOLE;
  if (selection.kind === 'parts' && hasField(response.fields, 'content-encoding')) return WHOLE;
  return selection;
}
