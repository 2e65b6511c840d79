import {
  endToEnd,
  type FieldLines,
  fieldLineValues,
  fieldValue,
  listMembers,
  sameName,
} from '../policy/fields.ts';
import type { RequestHead } from '../policy/request.ts';
import { parseRequestTarget } from '../policy/request-target.ts';
import { isAuthority } from './authority.ts';

/** A request as it came off the wire, parsed but not yet believed. */
export interface RawRequest {
  readonly method: string;
  readonly target: string;
  /** As in the request line, such as `1.1`. */
  readonly version: string;
  readonly fields: FieldLines;
  readonly scheme: 'http' | 'https';
}

/** Bounds of a request head. */
export interface HeadLimits {
  readonly maxFields: number;
  /** Bytes. */
  readonly maxTarget: number;
}

/** A request head that policy may see, or why it must not. */
export type ReadHead =
  | { readonly kind: 'head'; readonly head: RequestHead; readonly hasBody: boolean }
  | { readonly kind: 'refused'; readonly status: number; readonly why: string };

/** Fields that may occur once; two of them mean that two readers can disagree. */
const SINGLETONS = [
  'host',
  'content-length',
  'content-type',
  'authorization',
  'transfer-encoding',
  'expect',
  'range',
];

/** Fields that end at no hop: a Connection that nominates one of them would hide it from the upstream. */
const NOT_NOMINABLE = new Set([
  ...[
    'host',
    'content-length',
    'content-type',
    'authorization',
    'cookie',
    'cache-control',
    'range',
    'expect',
  ],
  ...[
    'x-forwarded-for',
    'x-forwarded-host',
    'x-forwarded-proto',
    'via',
    'if-none-match',
    'if-modified-since',
    'if-match',
    'if-unmodified-since',
    'if-range',
  ],
]);

/** Names that are not to be had with `_` in them either: CGI and its heirs read it as `-`. */
const WITH_A_TWIN = new Set([...SINGLETONS, ...NOT_NOMINABLE, 'x-request-id', 'proxy-authorization']);

/**
 * Reads a request head strictly: whatever two implementations could read in two ways is refused, so
 * that what is matched is what is keyed is what is sent (RFC 9112 §3, §6.3, §11).
 */
export function readRequestHead(raw: RawRequest, limits: HeadLimits): ReadHead {
  const { method, fields } = raw;
  if (fields.length / 2 > limits.maxFields) return refuse(431, 'too many header lines');
  if (raw.target.length > limits.maxTarget) return refuse(414, 'the request target is too long');
  if (raw.version !== '1.1' && raw.version !== '1.0')
    return refuse(505, 'only HTTP/1.1 and HTTP/1.0 are spoken');
  if (method === 'TRACE') return refuse(405, 'TRACE is not answered');
  if (method === 'CONNECT') return refuse(501, 'CONNECT is not implemented');
  const ambiguity = ambiguous(raw);
  if (ambiguity !== undefined) return refuse(400, ambiguity);
  if (expectsMore(raw)) return refuse(417, 'no expectation but 100-continue is met');

  const host = fieldValue(fields, 'host');
  const absolute = absoluteForm(raw.target);
  if (absolute === undefined) return refuse(400, 'the request target is not in origin-form');
  if (host === undefined && raw.version !== '1.0') return refuse(400, 'the Host field is missing');
  const authority = (host ?? absolute.authority ?? 'localhost').toLowerCase();
  if (!isAuthority(authority)) return refuse(400, 'the Host field is malformed');
  if (absolute.authority !== undefined && absolute.authority.toLowerCase() !== authority) {
    return refuse(400, 'the request target and the Host field name different hosts');
  }
  const target = parseRequestTarget(absolute.target);
  if (target === undefined) return refuse(400, 'the request target is malformed');
  const hasBody =
    fieldValue(fields, 'transfer-encoding') !== undefined ||
    Number(fieldValue(fields, 'content-length') ?? 0) > 0;
  const head: RequestHead = {
    method,
    scheme: raw.scheme,
    authority,
    path: target.path,
    query: target.query,
    fields: endToEnd(fields),
  };
  return { kind: 'head', head, hasBody };
}

function refuse(status: number, why: string): ReadHead {
  return { kind: 'refused', status, why };
}

/** Why the message could be read in two ways; undefined where it cannot. */
function ambiguous({ fields, version }: RawRequest): string | undefined {
  for (const name of SINGLETONS) {
    if (countLines(fields, name) > 1) return `more than one ${name} line`;
  }
  for (let i = 0; i < fields.length; i += 2) {
    const name = fields[i] as string;
    if (!name.includes('_')) continue;
    const twin = name.toLowerCase().replaceAll('_', '-');
    if (WITH_A_TWIN.has(twin)) return `${name} could be read as ${twin}`;
  }
  const length = fieldValue(fields, 'content-length');
  const coding = fieldValue(fields, 'transfer-encoding');
  if (length !== undefined && !/^(?:0|[1-9]\d{0,14})$/.test(length)) return 'the content-length is malformed';
  if (coding !== undefined) {
    if (length !== undefined) return 'both content-length and transfer-encoding';
    if (version === '1.0') return 'transfer-encoding in HTTP/1.0';
    if (coding.toLowerCase() !== 'chunked') return 'a transfer-encoding other than chunked';
  }
  let ends = false;
  let persists = /keep-alive/i.test(fieldValue(fields, 'proxy-connection') ?? '');
  for (const value of fieldLineValues(fields, 'connection')) {
    for (const nominated of listMembers(value)) {
      const option = nominated.toLowerCase();
      if (NOT_NOMINABLE.has(option)) return `connection nominates ${option}`;
      if (option === 'close') ends = true;
      else if (option === 'keep-alive') persists = true;
    }
  }
  // By RFC 9112 §9.3 it ends; node's parser goes on with what is behind it.
  if (version === '1.0' && ends && persists) return 'connection is both close and keep-alive';
  return undefined;
}

/** HTTP/1.0 knows no expectations (RFC 9110 §10.1.1); node takes any value that has 100-continue in it for that. */
function expectsMore({ fields, version }: RawRequest): boolean {
  const expectation = fieldValue(fields, 'expect');
  return expectation !== undefined && version !== '1.0' && expectation.toLowerCase() !== '100-continue';
}

function countLines(fields: FieldLines, name: string): number {
  let count = 0;
  for (let i = 0; i < fields.length; i += 2) if (sameName(fields[i] as string, name)) count++;
  return count;
}

/** Origin-form as it is; absolute-form of http(s) taken apart (RFC 9112 §3.2.2); else undefined. */
function absoluteForm(target: string): { authority: string | undefined; target: string } | undefined {
  if (target.startsWith('/')) return { authority: undefined, target };
  const match = /^https?:\/\/([^/?#]+)([/?].*)?$/i.exec(target);
  if (match === null) return undefined;
  const rest = match[2] ?? '/';
  return { authority: match[1], target: rest.startsWith('/') ? rest : `/${rest}` };
}
