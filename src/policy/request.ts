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
  /**
   * One object for all requests of one target and Host with no fields but such as change neither where a request
   * leads nor whether it is looked up, unless a rule names them; undefined where the fields may say more.
   */
  readonly place?: object | undefined;
  /** True where no field asks for anything but what a first look at what is stored gives. */
  readonly asksNothing?: boolean;
}

/** A request with another method or other fields. A head is not to be spread: it may read its fields only when asked. */
export function alteredRequest(
  { method, scheme, authority, path, query, fields }: RequestHead,
  altered: { readonly method?: string; readonly fields?: FieldLines },
): RequestHead {
  return { method, scheme, authority, path, query, fields, ...altered };
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
