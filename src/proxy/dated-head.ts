import { fieldValue, withoutFields } from '../policy/fields.ts';
import { formatHttpDate, parseHttpDate } from '../policy/http-date.ts';
import type { UpstreamHead } from './ports.ts';

const DATE: ReadonlySet<string> = new Set(['date']);

/**
 * Without a Date that can be read, a head has the time of its arrival (`now`, ms since the epoch), for whoever gets it now
 * or later (RFC 9110 §6.6.1).
 */
export function datedHead(head: UpstreamHead, now: number): UpstreamHead {
  const date = fieldValue(head.fields, 'date');
  if (date !== undefined && parseHttpDate(date, now) !== undefined) return head;
  const { status, framing, length } = head;
  const fields = withoutFields(head.fields, DATE);
  fields.push('Date', formatHttpDate(now));
  return { status, fields, framing, length };
}
