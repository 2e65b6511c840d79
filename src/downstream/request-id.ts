import { randomBytes } from 'node:crypto';
import { type FieldLines, fieldValue } from '../policy/fields.ts';

/** The source of a regular expression for ids that are taken over. */
export const REQUEST_ID = '[\\w.:+/=@-]{1,128}';

const VALID = new RegExp(`^${REQUEST_ID}$`);

/** Ids of this process: random, then counted, so that making one costs nothing. */
const prefix = randomBytes(8).toString('hex');
let count = 0;

/** The client's X-Request-Id where it is a plain token of at most 128 characters, else a new one. */
export function requestId(fields: FieldLines): string {
  const given = fieldValue(fields, 'x-request-id');
  return given !== undefined && VALID.test(given) ? given : newRequestId();
}

/** An id that no other request of this process has, nor of others. */
export function newRequestId(): string {
  return `${prefix}-${(count++).toString(36)}`;
}
