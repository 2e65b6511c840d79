import type { FieldLines } from './fields.ts';

/**
 * Lines of a name and a value each (RFC 9110 §5.1, §5.5), none of which frames a message or concerns one
 * connection alone (RFC 9110 §7.6.1, RFC 9112 §6). NUL, which neither may hold, stands behind each.
 */
const LINES =
  /^(?:(?!(?:content-length|transfer-encoding|trailer|connection|keep-alive|proxy-connection|te|upgrade)\0)[!#$%&'*+\-.^_`|~0-9a-z]+\0[\t -~\x80-\xff]*\0)*$/i;

/** Whether these may be sent behind a stored response, wherever they come from. */
export function areSendable(fields: FieldLines): boolean {
  return fields.length === 0 || LINES.test(`${fields.join('\0')}\0`);
}
