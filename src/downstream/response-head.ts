import { STATUS_CODES, validateHeaderName, validateHeaderValue } from 'node:http';
import type { Socket } from 'node:net';
import type { Clock } from '../clock.ts';
import { ownText } from '../own-text.ts';
import { type FieldLines, type KeptFields, sameName, type WrittenFields } from '../policy/fields.ts';
import { formatHttpDate } from '../policy/http-date.ts';
import type { Signature } from '../proxy/ports.ts';

/** How a message ends, and what becomes of its connection. */
export interface Framing {
  /** The lines that say what becomes of the connection. */
  readonly connection: string;
  /** Without a Content-Length it is chunked. */
  readonly hasBody: boolean;
  readonly clock: Pick<Clock, 'now'>;
}

/**
 * The head of an answer, byte for byte as node:http writes it.
 * @throws TypeError for a value that could split the answer
 */
export function responseHead(
  status: number,
  { text, isDated, hasLength }: WrittenFields,
  signature: Signature,
  { connection, hasBody, clock }: Framing,
): { readonly text: string; readonly chunked: boolean } {
  const chunked = hasBody && !hasLength;
  const date = isDated ? '' : `Date: ${httpDate(clock.now())}\r\n`;
  const end = chunked ? 'Transfer-Encoding: chunked\r\n\r\n' : '\r\n';
  return {
    text: statusLine(status) + text + writeSignature(signature) + date + connection + end,
    chunked,
  };
}

/** As field lines. */
export function signatureLines({ cacheStatus, requestId, age }: Signature): readonly string[] {
  return ['Cache-Status', cacheStatus, 'X-Request-Id', requestId, 'Age', String(age)];
}

/** Every answer has these, so that they are written without a look at each name. */
function writeSignature({ cacheStatus, requestId, age }: Signature): string {
  if (!PLAIN_VALUE.test(cacheStatus)) validateHeaderValue('Cache-Status', cacheStatus);
  return `Cache-Status: ${cacheStatus}\r\nX-Request-Id: ${requestId}\r\nAge: ${age}\r\n`;
}

/**
 * Fields that are written once, in one piece: as it was put together the text is a string for each of its parts, 100
 * bytes a field. @throws as `writeFields` does
 */
export function writeKept(fields: KeptFields): WrittenFields {
  if (fields.written !== undefined) return fields.written;
  const written = writeFields(fields.lines);
  fields.written = { ...written, text: ownText(written.text) };
  return fields.written;
}

/** @throws TypeError for a name or value that could split the answer, or that HTTP has no place for */
export function writeFields(fields: FieldLines): WrittenFields {
  let text = '';
  let isDated = false;
  let hasLength = false;
  for (let i = 0; i < fields.length; i += 2) {
    const name = nameOf(fields[i] as string);
    const value = fields[i + 1] as string;
    if (!PLAIN_VALUE.test(value)) validateHeaderValue(name.name, value);
    text += `${name.begun}${value}\r\n`;
    isDated ||= name.isDate;
    hasLength ||= name.isLength;
  }
  return { text, isDated, hasLength };
}

/** A field name that may be sent. */
interface FieldName {
  readonly name: string;
  /** As a line begins. */
  readonly begun: string;
  readonly isDate: boolean;
  readonly isLength: boolean;
}

/** Names are few; whoever sends more of them than this makes them be looked at again. */
const KNOWN_NAMES = 1_000;
const knownNames = new Map<string, FieldName>();

function nameOf(name: string): FieldName {
  const known = knownNames.get(name);
  if (known !== undefined) return known;
  validateHeaderName(name);
  if (knownNames.size >= KNOWN_NAMES) knownNames.clear();
  const own = ownText(name);
  const isDate = sameName(own, 'date');
  const fresh = { name: own, begun: `${own}: `, isDate, isLength: sameName(own, 'content-length') };
  knownNames.set(own, fresh);
  return fresh;
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

/** Surely allowed; node judges the rest. */
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
