import { type Chunked, readChunked } from './chunk-reader.ts';
import type { Leniency } from './leniencies.ts';
import { type FieldLine, readLines } from './line-reader.ts';

/** A request as one reader has it; latin1. */
export interface ReadRequest {
  readonly method: string;
  /** As in the request line. */
  readonly target: string;
  readonly version: string;
  /** Of Host, or of an absolute-form; empty where there is none. */
  readonly host: string;
  readonly fields: readonly FieldLine[];
  readonly body: string;
  /** Where it begins and ends in what was read. */
  readonly start: number;
  readonly end: number;
  /** Nothing behind it is a request. */
  readonly isLast: boolean;
}

/** What one reader makes of all that came over a connection. */
export interface Reading {
  readonly requests: readonly ReadRequest[];
  /** Why there are no more: all was read, the rest is not here yet, or cannot be read. */
  readonly rest: 'nothing' | 'unread' | 'more' | 'wrong';
  /** Where the rest begins. */
  readonly at: number;
}

/** Reads all requests of a connection, one behind the other (RFC 9112 §2.2). */
export function readRequests(text: string, how: Leniency, from = 0): Reading {
  const requests: ReadRequest[] = [];
  let at = from;
  for (;;) {
    at = behindEmptyLines(text, at, how);
    if (at === text.length) return { requests, rest: 'nothing', at };
    const request = readRequest(text, at, how);
    if (request === 'more' || request === 'wrong') return { requests, rest: request, at };
    requests.push(request);
    at = request.end;
    if (request.isLast && at < text.length) return { requests, rest: 'unread', at };
  }
}

/** What a server may skip before a request (RFC 9112 §2.2). */
function behindEmptyLines(text: string, from: number, { lineEnds, isNode }: Leniency): number {
  let at = from;
  for (;;) {
    if (text.startsWith('\r\n', at)) at += 2;
    else if ((lineEnds === 'lf' || isNode) && text[at] === '\n') at++;
    else if ((lineEnds === 'cr' || isNode) && text[at] === '\r') at++;
    else return at;
  }
}

const REQUEST_LINE = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+) ([!-~]+) HTTP\/(1\.[01])$/;
const NODE_REQUEST_LINE = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+) +([!-~]+) +(?:HTTP|RTSP)\/(1\.[01])$/;
const LOOSE_REQUEST_LINE = /^\s*([^\s]+)\s+([^\s]+)(?:\s+(?:HTTP\/)?([\d.]+).*)?$/i;
/** Origin-form, absolute-form, asterisk-form (RFC 9112 §3.2); what is for CONNECT alone is nobody's to forward. */
const TARGET = /^(?:\/|https?:\/\/|\*$)/i;
const HOST = /^[A-Za-z0-9._~!$&'()*+,;=-]+(?::\d*)?$|^\[[0-9A-Fa-f:.]+\](?::\d*)?$/;

function readRequest(text: string, start: number, how: Leniency): ReadRequest | 'more' | 'wrong' {
  const head = readLines(text, start, how);
  if (typeof head === 'string') return head;
  const line = requestLine(how).exec(head.first);
  if (line === null || !(how.looseRequestLine || TARGET.test(line[2] ?? ''))) return 'wrong';
  const [, method = '', target = '', version = '1.1'] = line;
  const { fields } = head;
  const host = hostOf(target, version, valuesOf(fields, 'host'), how);
  if (host === undefined) return 'wrong';
  const framing = framingOf(method, version, fields, how);
  if (framing === 'wrong') return 'wrong';
  const content = framing === 'chunked' ? readChunked(text, head.end, how) : sized(text, head.end, framing);
  if (typeof content === 'string') return content;
  const isLast = !how.neverCloses && closes(version, fields, how);
  return { method, target, version, host, fields, ...content, start, isLast };
}

const requestLine = ({ looseRequestLine, isNode }: Leniency): RegExp =>
  looseRequestLine ? LOOSE_REQUEST_LINE : isNode ? NODE_REQUEST_LINE : REQUEST_LINE;

const sized = (text: string, at: number, length: number): Chunked | 'more' =>
  at + length > text.length ? 'more' : { body: text.slice(at, at + length), end: at + length };

const valuesOf = (fields: readonly FieldLine[], name: string): string[] =>
  fields.filter(([given]) => given.toLowerCase() === name).map(([, value]) => value);

/** RFC 9112 §3.2; undefined where it names none, or several. */
function hostOf(
  target: string,
  version: string,
  hosts: readonly string[],
  { hosts: which, trims }: Leniency,
): string | undefined {
  const inTarget = /^https?:\/\/([^/?#]+)/i.exec(target)?.[1];
  if (which === 'target' && inTarget !== undefined) return inTarget.toLowerCase();
  if (which !== undefined || trims) return (which === 'last' ? hosts.at(-1) : hosts[0])?.toLowerCase() ?? '';
  const [host, ...more] = hosts;
  if (more.length > 0) return undefined;
  if (host === undefined) return version === '1.0' ? (inTarget?.toLowerCase() ?? '') : undefined;
  if (!HOST.test(host) || (inTarget ?? host).toLowerCase() !== host.toLowerCase()) return undefined;
  return host.toLowerCase();
}

/** The length of the body, or that it is chunked (RFC 9112 §6.3). */
function framingOf(
  method: string,
  version: string,
  fields: readonly FieldLine[],
  how: Leniency,
): number | 'chunked' | 'wrong' {
  if (how.bodiless?.test(method)) return 0;
  const codings = valuesOf(fields, 'transfer-encoding');
  const lengths = valuesOf(fields, 'content-length');
  if (codings.length > 0 && lengths.length > 0 && how.counts === undefined) return 'wrong';
  if (codings.length > 0 && (how.counts !== 'length' || lengths.length === 0)) {
    const isChunked = chunks(codings, version, how);
    if (isChunked !== false || lengths.length === 0) return isChunked === true ? 'chunked' : isChunked || 0;
  }
  return lengths.length === 0 ? 0 : lengthOf(lengths, how);
}

function chunks(codings: readonly string[], version: string, how: Leniency): boolean | 'wrong' {
  const value = codings.join(',').toLowerCase();
  const list = value.split(',').map((coding) => coding.trim());
  switch (how.chunked) {
    case 'alone':
      return value === 'chunked';
    case 'contained':
      return value.includes('chunked');
    case 'anywhere':
      return list.includes('chunked');
    case 'last':
      return list.at(-1) === 'chunked';
    default:
      if (version === '1.0' && !how.oldChunked) return 'wrong';
      return value === 'chunked' || 'wrong';
  }
}

function lengthOf(lengths: readonly string[], { lengths: which, looseLengths }: Leniency): number | 'wrong' {
  const all = which === undefined ? lengths : lengths.flatMap((line) => line.split(','));
  if (all.length > 1 && which === undefined) return 'wrong';
  const length = (which === 'last' ? all.at(-1) : all[0])?.replace(/^[ \t]+|[ \t]+$/g, '') ?? '';
  if (looseLengths) return Math.max(0, Number.parseInt(length, /^\s*[+-]?0x/i.test(length) ? 16 : 10) || 0);
  return /^(?:0|[1-9]\d{0,14})$/.test(length) ? Number(length) : 'wrong';
}

/** RFC 9112 §9.3. */
function closes(version: string, fields: readonly FieldLine[], { isNode }: Leniency): boolean {
  const lines = [...valuesOf(fields, 'connection'), ...(isNode ? valuesOf(fields, 'proxy-connection') : [])];
  const options = lines.flatMap((value) => value.split(',').map((option) => option.trim().toLowerCase()));
  return options.includes('close') || (version === '1.0' && !options.includes('keep-alive'));
}
