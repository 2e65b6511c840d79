import type { Leniency } from './leniencies.ts';
import { endOfLine, readLines } from './line-reader.ts';

/** A body, and what is behind it. */
export interface Chunked {
  readonly body: string;
  readonly end: number;
}

/** Below 2^64, which all that ever comes is. */
const SIZE = /^0*([0-9A-Fa-f]{1,16})(?:[ \t]*;[\t -~\x80-\xff]*)?$/;
const LOOSE_SIZE = /^[\s\0]*[+]?(?:0x)?_?([0-9A-Fa-f]+)/i;

/** Reads a chunked body with its trailers (RFC 9112 §7.1). */
export function readChunked(text: string, from: number, how: Leniency): Chunked | 'more' | 'wrong' {
  let body = '';
  let at = from;
  for (;;) {
    const line = endOfLine(text, at, how);
    if (typeof line === 'string') return line;
    const size = sizeOf(text.slice(at, line.at), how);
    if (size === 'wrong') return 'wrong';
    at = line.next;
    if (size === 0) break;
    const data = text.slice(at, at + size);
    at += size;
    if (at > text.length) return 'more';
    body += data;
    const behind = behindData(text, at, how);
    if (typeof behind === 'string') return behind;
    at = behind;
  }
  if (how.ignoresTrailers) return { body, end: text.startsWith('\r\n', at) ? at + 2 : at };
  const trailers = readLines(text, at, how, '');
  return typeof trailers === 'string' ? trailers : { body, end: trailers.end };
}

function sizeOf(line: string, { looseSizes, wraps }: Leniency): number | 'wrong' {
  const digits = (looseSizes ? LOOSE_SIZE : SIZE).exec(line)?.[1];
  if (digits === undefined) return 'wrong';
  const size = Number.parseInt(wraps ? digits.slice(-8) : digits, 16);
  return size;
}

/** The line's end behind a chunk's data. */
function behindData(text: string, at: number, how: Leniency): number | 'more' | 'wrong' {
  if (text.startsWith('\r\n', at)) return at + 2;
  if (how.looseChunkEnds) return text[at] === '\n' || text[at] === '\r' ? at + 1 : at;
  if (how.lineEnds === 'lf' && text[at] === '\n') return at + 1;
  if (how.lineEnds === 'cr' && text[at] === '\r') return at + 1;
  return text.length < at + 2 && '\r\n'.startsWith(text.slice(at)) ? 'more' : 'wrong';
}
