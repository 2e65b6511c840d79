import { areSendable } from '../policy/field-syntax.ts';
import { readSearchRule } from '../policy/no-vary-search.ts';
import {
  isResponse,
  isVaryRecord,
  type SearchRecord,
  type Stored,
  type StoredResponse,
  type VaryRecord,
} from '../policy/stored-response.ts';
import { checksum, type ValueCheck } from './value-check.ts';

/*
 * One value per variant, so that head and body never tear:
 *
 *     0  2  magic CA 5E
 *     2  1  version
 *     3  1  kind: 1 stored response, 2 record of Vary, 3 record of No-Vary-Search
 *     4  1  check at the end: 0 CRC-32, 1 HMAC-SHA-256
 *     5  4  length of the head, big endian like all numbers here
 *     9  4  length of the body
 *    13     head: a JSON array in UTF-8, the full tier key first
 *     …     body: raw bytes
 *     …     check of everything before it: 4 or 32 bytes
 *
 * Strings go through JSON and so come back identical, lone surrogates and bytes ≥0x80 of field
 * values included. A change of the layout or of the head's columns is a new version: an older
 * Cacheside then reads an absent value, never a wrong one.
 */
const MAGIC = 0xca5e;
const VERSION = 4;
const RESPONSE = 1;
const VARY_RECORD = 2;
const SEARCH_RECORD = 3;
const PREFIX = 13;

/** The value to keep in Redis under the tier key `key`. `heard` is not written. */
export function encodeStored(key: string, stored: Stored, check: ValueCheck = checksum): Buffer {
  const isWhole = isResponse(stored);
  const head = JSON.stringify(isWhole ? responseColumns(key, stored) : recordColumns(key, stored));
  const headLength = Buffer.byteLength(head);
  const bodyLength = isWhole ? stored.body.byteLength : 0;
  const value = Buffer.allocUnsafe(PREFIX + headLength + bodyLength + check.length);
  value.writeUInt16BE(MAGIC, 0);
  value.writeUInt8(VERSION, 2);
  value.writeUInt8(isWhole ? RESPONSE : isVaryRecord(stored) ? VARY_RECORD : SEARCH_RECORD, 3);
  value.writeUInt8(check.mark, 4);
  value.writeUInt32BE(headLength, 5);
  value.writeUInt32BE(bodyLength, 9);
  value.write(head, PREFIX);
  if (isWhole) value.set(stored.body, PREFIX + headLength);
  check.write(value, value.byteLength - check.length);
  return value;
}

/**
 * Reads what `encodeStored` wrote for `expectedKey`. Undefined for anything else: truncated, altered,
 * of another version, with another check, or copied from another key. The body is cut from `value`, of which
 * one that is kept needs a copy.
 */
export function decodeStored(
  value: Buffer,
  expectedKey: string,
  check: ValueCheck = checksum,
): Stored | undefined {
  if (value.byteLength < PREFIX + check.length) return undefined;
  if (value.readUInt16BE(0) !== MAGIC || value.readUInt8(2) !== VERSION) return undefined;
  if (value.readUInt8(4) !== check.mark) return undefined;
  const headEnd = PREFIX + value.readUInt32BE(5);
  const bodyEnd = headEnd + value.readUInt32BE(9);
  if (bodyEnd + check.length !== value.byteLength || !check.holds(value, bodyEnd)) return undefined;

  const columns = parse(value.toString('utf8', PREFIX, headEnd));
  if (!Array.isArray(columns) || columns[0] !== expectedKey) return undefined;
  switch (value.readUInt8(3)) {
    case RESPONSE:
      return readResponse(columns, value.subarray(headEnd, bodyEnd));
    case VARY_RECORD:
      return bodyEnd === headEnd ? readVaryRecord(columns) : undefined;
    case SEARCH_RECORD:
      return bodyEnd === headEnd ? readSearchRecord(columns) : undefined;
    default:
      return undefined;
  }
}

function recordColumns(key: string, record: VaryRecord | SearchRecord): unknown[] {
  if (!isVaryRecord(record)) return [key, record.searchRule.text, record.expires];
  const { vary, until, expires, search, url, route, tags, asOf } = record;
  return [key, vary, until, expires, search, url, route, tags, asOf];
}

function readVaryRecord(columns: unknown[]): VaryRecord | undefined {
  const [, vary, until, expires, search, url, route, tags, asOf] = columns;
  if (!isStrings(vary) || typeof until !== 'number' || typeof expires !== 'number') return undefined;
  if (typeof search !== 'string' || typeof url !== 'string' || typeof route !== 'string') return undefined;
  if (!isStrings(tags) || typeof asOf !== 'number') return undefined;
  return { vary, until, expires, search, url, route, tags, asOf, heard: -1 };
}

function readSearchRecord([, text, expires]: unknown[]): SearchRecord | undefined {
  const searchRule = typeof text === 'string' ? readSearchRule(text) : undefined;
  if (searchRule === undefined || typeof expires !== 'number') return undefined;
  return { searchRule, expires };
}

/** The order of the columns is the format: a change here is a new version. */
function responseColumns(key: string, stored: StoredResponse): unknown[] {
  return [
    key,
    // Most tier keys are cache keys (no Vary): not written twice.
    stored.key === key ? 0 : stored.key,
    stored.variant,
    stored.search,
    stored.url,
    stored.route,
    stored.rule,
    stored.tags,
    stored.status,
    stored.fields,
    stored.requestTime,
    stored.responseTime,
    stored.initialAge,
    stored.lifetime,
    stored.staleWhileRevalidate,
    stored.staleIfError,
    (stored.mustRevalidate ? 1 : 0) | (stored.alwaysValidate ? 2 : 0),
    stored.asOf,
  ];
}

/* By their numbers: an array's iterator costs as much as the rest of it. */
function readResponse(columns: unknown[], body: Buffer): StoredResponse | undefined {
  const { 0: tierKey, 1: otherKey, 2: variant, 3: search, 4: url, 5: route, 6: rule, 7: tags } = columns;
  const { 8: status, 9: fields, 10: requestTime, 11: responseTime, 12: initialAge, 13: lifetime } = columns;
  const { 14: staleWhileRevalidate, 15: staleIfError, 16: flags, 17: asOf, length } = columns;
  const key = otherKey === 0 ? tierKey : otherKey;
  if (length !== 18 || typeof key !== 'string' || typeof variant !== 'string') return undefined;
  if (typeof search !== 'string' || typeof url !== 'string') return undefined;
  if (typeof route !== 'string' || typeof rule !== 'string' || typeof status !== 'number') return undefined;
  if (!isStrings(tags) || !isStrings(fields) || fields.length % 2 !== 0) return undefined;
  // Others may write here, too: what no client could be sent is nothing of ours.
  if (!Number.isInteger(status) || status < 200 || status > 999 || !areSendable(fields)) return undefined;
  if (typeof requestTime !== 'number' || typeof responseTime !== 'number') return undefined;
  if (typeof initialAge !== 'number' || typeof lifetime !== 'number') return undefined;
  if (typeof staleWhileRevalidate !== 'number' || typeof staleIfError !== 'number') return undefined;
  if (typeof flags !== 'number' || typeof asOf !== 'number') return undefined;
  return {
    key,
    variant,
    search,
    url,
    route,
    rule,
    tags,
    status,
    fields,
    body,
    requestTime,
    responseTime,
    initialAge,
    lifetime,
    staleWhileRevalidate,
    staleIfError,
    mustRevalidate: (flags & 1) !== 0,
    alwaysValidate: (flags & 2) !== 0,
    asOf,
    heard: -1,
  };
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}

function isStrings(value: unknown): value is string[] {
  return Array.isArray(value) && value.every(isString);
}

function isString(value: unknown): value is string {
  return typeof value === 'string';
}
