import { STATUS_CODES } from 'node:http';

/** The members of a problem document (RFC 9457 §3.1); without a type of its own it is about the status. */
export function problemDocument(
  status: number,
  detail: string,
  extensions: Readonly<Record<string, unknown>> = {},
): Record<string, unknown> {
  return { type: 'about:blank', title: STATUS_CODES[status] ?? 'Error', status, detail, ...extensions };
}
