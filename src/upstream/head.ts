import { endToEnd, fieldValue } from '../policy/fields.ts';
import type { Framing, UpstreamHead } from '../proxy/ports.ts';

/** A response head from undici's raw fields; bytes beyond ASCII are kept one to one (latin1). */
export function readHead(method: string, status: number, raw: readonly Buffer[]): UpstreamHead {
  const lines = raw.map((bytes) => bytes.toString('latin1'));
  const length = fieldValue(lines, 'content-length');
  const framing = framingOf(method, status, length, fieldValue(lines, 'transfer-encoding'));
  return {
    status,
    fields: endToEnd(lines),
    framing,
    length: framing === 'length' ? Number(length) : undefined,
  };
}

/** How the end of the body will be known (RFC 9112 §6.3). */
function framingOf(
  method: string,
  status: number,
  length: string | undefined,
  coding: string | undefined,
): Framing {
  if (method === 'HEAD' || status < 200 || status === 204 || status === 304) return 'none';
  if (coding !== undefined) return /(?:^|,)\s*chunked\s*$/i.test(coding) ? 'chunked' : 'close';
  return length === undefined ? 'close' : 'length';
}

const CONTROL = /[^\t\x20-\x7e\x80-\xff]/;

/**
 * Whether a head may leave as it came: a status of three digits, switching protocols apart, and no control character in a value,
 * which could split the response (RFC 9110 §5.5).
 */
export function isSendable({ status, fields }: UpstreamHead): boolean {
  if (status < 102 || status > 999) return false;
  for (let i = 1; i < fields.length; i += 2) if (CONTROL.test(fields[i] as string)) return false;
  return true;
}
