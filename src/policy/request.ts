import type { FieldLines } from './fields.ts';

/** The head of a request as policy sees it: validated, normalised, end-to-end fields only. */
export interface RequestHead {
  readonly method: string;
  readonly scheme: 'http' | 'https';
  /** Host and port in lower case, as the client named them. */
  readonly authority: string;
  /** Normalised path: what is matched is what is keyed is what is sent. Starts with `/`. */
  readonly path: string;
  /** Raw query without the `?`; empty where there is none. */
  readonly query: string;
  readonly fields: FieldLines;
}

/** The head of a response from the upstream, end-to-end fields only. */
export interface ResponseHead {
  readonly status: number;
  readonly fields: FieldLines;
}

/** Every method that IANA's registry calls safe, but PRI, which is no request. */
const SAFE: ReadonlySet<string> = new Set([
  ...['GET', 'HEAD', 'OPTIONS', 'TRACE'],
  ...['PROPFIND', 'QUERY', 'REPORT', 'SEARCH'],
]);

/** Methods whose request must not change anything (RFC 9110 §9.2.1, §16.1.1). They are case-sensitive. */
export function isSafe(method: string): boolean {
  return SAFE.has(method);
}
