import { STATUS_CODES, validateHeaderName, validateHeaderValue } from 'node:http';
import type { Socket } from 'node:net';
import { type FieldLines, sameName } from '../policy/fields.ts';
import { formatHttpDate } from '../policy/http-date.ts';

/**
 * The head of an answer, byte for byte as node:http writes it. `connection`: the lines that say what becomes
 * of the connection. `hasBody`: without a Content-Length it is chunked.
 * @throws TypeError for a name or value that could split the answer, or that HTTP has no place for
 */
export function responseHead(
  status: number,
  fields: FieldLines,
  { connection, hasBody, now }: { connection: string; hasBody: boolean; now: number },
): { readonly text: string; readonly chunked: boolean } {
  let text = statusLine(status);
  let isDated = false;
  let hasLength = false;
  for (let i = 0; i < fields.length; i += 2) {
    const name = fields[i] as string;
    const value = fields[i + 1] as string;
    if (!PLAIN_NAME.test(name)) validateHeaderName(name);
    if (!PLAIN_VALUE.test(value)) validateHeaderValue(name, value);
    text += `${name}: ${value}\r\n`;
    isDated ||= sameName(name, 'date');
    hasLength ||= sameName(name, 'content-length');
  }
  if (!isDated) text += `Date: ${httpDate(now)}\r\n`;
  text += connection;
  const chunked = hasBody && !hasLength;
  text += chunked ? 'Transfer-Encoding: chunked\r\n\r\n' : '\r\n';
  return { text, chunked };
}

/** More bytes than this wait for no client: nothing else bounds how many 1xx an upstream sends. */
const WAITING = 64 * 1024;

/** Sends a 1xx before the answer, any status and every field (RFC 9110 §15.2), unless its client takes nothing. */
export function writeInformational(socket: Socket, status: number, fields: FieldLines): void {
  if (socket.writableLength > WAITING) return;
  let head = `HTTP/1.1 ${status} \r\n`;
  for (let i = 0; i < fields.length; i += 2) head += `${fields[i]}: ${fields[i + 1]}\r\n`;
  socket.write(`${head}\r\n`, 'latin1');
}

/** Seen often and surely allowed; node judges the rest. */
const PLAIN_NAME = /^[A-Za-z-]+$/;
const PLAIN_VALUE = /^[ -~]*$/;

const statusLines = new Map<number, string>();

function statusLine(status: number): string {
  let line = statusLines.get(status);
  if (line === undefined) {
    line = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? 'unknown'}\r\n`;
    statusLines.set(status, line);
  }
  return line;
}

let dateSecond = -1;
let dateText = '';

function httpDate(now: number): string {
  const second = Math.floor(now / 1000);
  if (second !== dateSecond) {
    dateSecond = second;
    dateText = formatHttpDate(now);
  }
  return dateText;
}
