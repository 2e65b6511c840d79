import type { FieldLines } from '../policy/fields.ts';
import type { LineFormat } from './formats.ts';

/** One request as a log tells of it. What it does not tell is undefined. */
export interface TrafficRequest {
  /** ms since the epoch. */
  readonly time: number | undefined;
  readonly method: string;
  /** Path and query, as they were sent. */
  readonly target: string;
  /** Host and port in lower case. */
  readonly authority: string | undefined;
  readonly status: number | undefined;
  /** Of the body, or of the whole response where a log has only that. */
  readonly bytes: number | undefined;
  /** ms. */
  readonly duration: number | undefined;
  /** Whether it named a user, and so carried Authorization. */
  readonly hasUser: boolean;
  /** Fields of the request that the log has; names may be in any case. */
  readonly fields: FieldLines;
  /** Fields of the response; undefined: the log has none. */
  readonly responseFields: FieldLines | undefined;
}

/** What one line comes to. */
export type ReadLine =
  | { readonly kind: 'request'; readonly format: LineFormat; readonly request: TrafficRequest }
  /** It tells of something else: a comment, a line about the server itself. */
  | { readonly kind: 'skipped' }
  | { readonly kind: 'unreadable'; readonly why: string };

const NO_FIELDS: FieldLines = Object.freeze([]);

/** A request of which a line says no more than this. */
export function barely(
  given: Pick<TrafficRequest, 'method' | 'target' | 'authority'> & Partial<TrafficRequest>,
): TrafficRequest {
  const { time, method, target, authority, status, bytes, duration } = given;
  const { hasUser = false, fields = NO_FIELDS, responseFields } = given;
  return { time, method, target, authority, status, bytes, duration, hasUser, fields, responseFields };
}

export function unreadable(why: string): ReadLine {
  return { kind: 'unreadable', why };
}
