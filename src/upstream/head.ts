import { endToEnd, fieldValue } from '../policy/fields.ts';
import type { Framing, UpstreamHead } from '../proxy/ports.ts';

/** A head that undici has read. */
export interface ReadHead {
  readonly head: UpstreamHead;
  /** It has no body and announces one: what follows on its connection can be anything. */
  readonly isLast: boolean;
}

/**
 * A response head from undici's raw fields; bytes beyond ASCII are kept one to one (latin1). undefined where it
 * cannot be passed on: nobody could tell for sure where its body ends, or it could split what is sent.
 */
export function readHead(
  method: string,
  status: number,
  raw: readonly Buffer[],
  version: '1.0' | '1.1' | undefined,
): ReadHead | undefined {
  const lines = raw.map((bytes) => bytes.toString('latin1'));
  const coding = fieldValue(lines, 'transfer-encoding');
  const given = status < 200 ? undefined : fieldValue(lines, 'content-length');
  const length = given?.replace(ZEROS, '');
  const framing = version && framingOf(method, status, length, coding, version);
  if (framing === undefined) return undefined;
  const fields = endToEnd(lines);
  if (length !== undefined && length !== given) rewriteLength(fields, length);
  if (!isSendable(status, fields)) return undefined;
  return {
    head: { status, fields, framing, length: framing === 'length' ? Number(length) : undefined },
    isLast: coding !== undefined && (status === 204 || status === 304),
  };
}

/** Zeros in front of a length, which some take for the sign of an octal number. */
const ZEROS = /^0+(?=\d)/;
/** Beyond it, numbers are no longer exact. */
const LENGTH = /^\d{1,15}$/;

/** A coding that some reader could take for `chunked`, or that a body cannot be passed on without (RFC 9112 §7). */
const DOUBTFUL = /chunked|^(?:x-)?(?:gzip|compress)$|^deflate$|[^!#$%&'*+\-.^`|~\w]|^$/i;

/**
 * How the end of the body will be known (RFC 9112 §6.3); undefined where that is in doubt. Nobody asked for a transfer coding:
 * one that is known would be taken off its body, and not its meaning (§6.1), and HTTP/1.0 knows none. Behind one that is not
 * known the body ends with the connection.
 */
function framingOf(
  method: string,
  status: number,
  length: string | undefined,
  coding: string | undefined,
  version: '1.0' | '1.1',
): Framing | undefined {
  if (status < 200) return 'none';
  if (length !== undefined && !LENGTH.test(length)) return undefined;
  const isChunked = coding?.toLowerCase() === 'chunked';
  if (coding !== undefined && !isChunked && (length !== undefined || DOUBTFUL.test(coding))) return undefined;
  if (coding !== undefined && version === '1.0') return undefined;
  if (method === 'HEAD' || status === 204 || status === 304) return 'none';
  if (isChunked) return 'chunked';
  return length === undefined ? 'close' : 'length';
}

function rewriteLength(fields: string[], length: string): void {
  for (let i = 0; i < fields.length; i += 2) {
    if ((fields[i] as string).toLowerCase() === 'content-length') fields[i + 1] = length;
  }
}

const CONTROL = /[^\t\x20-\x7e\x80-\xff]/;

/**
 * Whether a head may leave as it came: a status of three digits, switching protocols apart, and no control character in a value,
 * which could split the response (RFC 9110 §5.5).
 */
function isSendable(status: number, fields: readonly string[]): boolean {
  if (status < 102 || status > 999) return false;
  for (let i = 1; i < fields.length; i += 2) if (CONTROL.test(fields[i] as string)) return false;
  return true;
}
