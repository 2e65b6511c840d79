import { ownText } from '../own-text.ts';
import type { UpstreamHead } from '../proxy/ports.ts';

/** The head of a plain response, and what it says of its connection. */
export interface PlainHead extends UpstreamHead {
  /** Where its body begins. */
  readonly end: number;
  /** Whether another request may follow on the connection. */
  readonly keeps: boolean;
  /** For how long the upstream keeps the connection, in s, where it says so. */
  readonly keptFor: number | undefined;
}

const STATUS_LINE = /HTTP\/1\.1 ([2-5]\d\d) [\t -~]*\r\n/y;
const FIELD_LINE =
  /([!#$%&'*+\-.^_`|~0-9A-Za-z]+): ?([!-~\x80-\xff](?:[\t -~\x80-\xff]*[!-~\x80-\xff])?)\r\n/y;
/** What may still become a status line, and another line. */
const BEGUN_STATUS =
  /^(?:H(?:T(?:T(?:P(?:\/(?:1(?:\.(?:1(?: (?:[2-5](?:\d(?:\d(?: [\t -~]*\r?)?)?)?)?)?)?)?)?)?)?)?)?)?$/;
const BEGUN_LINE = /^(?:[!#$%&'*+\-.^_`|~0-9A-Za-z]+(?::[\t -~\x80-\xff]*\r?)?|\r)?$/;
const CR = 13;
const LF = 10;

/** Fields that say something of the message or the connection; each at most once, and as simple as can be. */
const TELLING =
  /^(?:connection|content-length|http2-settings|keep-alive|proxy-.*|te|trailer|transfer-encoding|upgrade)$/i;
const LENGTH = /^(?:0|[1-9]\d{0,14})$/;
const KEPT_FOR = /timeout=(\d{1,9})(?!\d)/;

/**
 * Reads the head of a response at the start of `text` (latin1), where nobody could read it in another
 * way: HTTP/1.1, a final status, token names, visible values without blanks around them, and one plain word on
 * where the body ends (RFC 9112 §6.3). `more` where its end is not here yet; undefined for everything else,
 * lawful or not.
 */
export function readPlainHead(text: string, isToHead: boolean): PlainHead | 'more' | undefined {
  STATUS_LINE.lastIndex = 0;
  const line = STATUS_LINE.exec(text);
  if (line === null) return BEGUN_STATUS.test(text) ? 'more' : undefined;
  const status = Number(line[1]);
  const fields: string[] = [];
  let connection: string | undefined;
  let length: string | undefined;
  let coding: string | undefined;
  let kept: string | undefined;
  let at = STATUS_LINE.lastIndex;
  while (text.charCodeAt(at) !== CR) {
    FIELD_LINE.lastIndex = at;
    const field = FIELD_LINE.exec(text);
    if (field === null) return BEGUN_LINE.test(text.slice(at)) ? 'more' : undefined;
    const name = ownName(field[1] as string);
    const value = ownValue(field[2] as string);
    at = FIELD_LINE.lastIndex;
    if (!TELLING.test(name)) {
      fields.push(name, value);
      continue;
    }
    switch (name.toLowerCase()) {
      case 'connection':
        if (connection !== undefined) return undefined;
        connection = value.toLowerCase();
        break;
      case 'content-length':
        if (length !== undefined) return undefined;
        length = value;
        fields.push(name, value);
        break;
      case 'transfer-encoding':
        if (coding !== undefined) return undefined;
        coding = value;
        break;
      case 'keep-alive':
        if (kept !== undefined) return undefined;
        kept = value;
        break;
      default:
        return undefined;
    }
  }
  if (text.charCodeAt(at + 1) !== LF) return at + 1 === text.length ? 'more' : undefined;
  if (connection !== undefined && connection !== 'keep-alive' && connection !== 'close') return undefined;
  const framing = framingOf(isToHead, status, length, coding);
  if (framing === undefined) return undefined;
  return {
    status,
    fields,
    framing,
    length: framing === 'length' ? Number(length) : undefined,
    end: at + 2,
    keeps: connection !== 'close' && !isToHead,
    keptFor: kept === undefined ? undefined : secondsOf(kept),
  };
}

function framingOf(
  isToHead: boolean,
  status: number,
  length: string | undefined,
  coding: string | undefined,
): 'none' | 'length' | 'chunked' | undefined {
  if (length !== undefined && !LENGTH.test(length)) return undefined;
  // What a 304 would have been long is of no consequence; undici takes a length other than 0 for a failure.
  if (status === 304) return coding === undefined ? 'none' : undefined;
  if (status === 204) return coding === undefined && (length ?? '0') === '0' ? 'none' : undefined;
  if (isToHead && coding === undefined) return 'none';
  if (coding !== undefined) {
    if (coding !== 'chunked' || length !== undefined) return undefined;
    return isToHead ? 'none' : 'chunked';
  }
  return length === undefined ? undefined : 'length';
}

function secondsOf(kept: string): number | undefined {
  const told = KEPT_FOR.exec(kept)?.[1];
  return told === undefined ? undefined : Number(told);
}

/** Names that came before, so that all responses share one text of each. */
const NAMES = new Map<string, string>();
const MOST_NAMES = 1_000;
const LONGEST_NAME = 64;

function ownName(name: string): string {
  const known = NAMES.get(name);
  if (known !== undefined) return known;
  const own = ownText(name);
  if (name.length <= LONGEST_NAME && NAMES.size < MOST_NAMES) NAMES.set(own, own);
  return own;
}

/** V8 copies substrings that are shorter; a longer one, once stored, would keep the whole head. */
const SLICED = 13;

function ownValue(value: string): string {
  return value.length < SLICED ? value : ownText(value);
}
