import t from 'tap';
import { codingsOf, isCodable } from '../../src/policy/content-coding-scope.ts';
import { answer, lines, rule, stored } from './given.ts';

const KIB = 1024;
const JSON_TYPE = 'Content-Type: application/json';

const ROWS: {
  id: string;
  fields: string[];
  status?: number;
  length?: number | 'unknown';
  expect: boolean;
}[] = [
  { id: 'JSON', fields: [JSON_TYPE], expect: true },
  { id: 'with parameters', fields: ['Content-Type: Application/JSON ; charset=utf-8'], expect: true },
  ...[
    'text/html',
    'text/css',
    'application/problem+json',
    'application/atom+xml',
    'image/svg+xml',
    'font/ttf',
  ].map((type) => ({ id: type, fields: [`Content-Type: ${type}`], expect: true })),
  ...['text/javascript', 'application/javascript', 'application/wasm', 'application/vnd.api+json'].map(
    (type) => ({
      id: type,
      fields: [`Content-Type: ${type}`],
      expect: true,
    }),
  ),
  ...[
    'image/png',
    'video/mp4',
    'application/zip',
    'application/octet-stream',
    'font/woff2',
    'multipart/mixed',
  ].map((type) => ({ id: type, fields: [`Content-Type: ${type}`], expect: false })),
  { id: 'no media type', fields: [], expect: false },
  { id: 'below 1 KiB', fields: [JSON_TYPE], length: 1023, expect: false },
  { id: 'of 1 KiB', fields: [JSON_TYPE], length: 1024, expect: true },
  { id: 'above 8 MiB', fields: [JSON_TYPE], length: 8 * KIB * KIB + 1, expect: false },
  { id: 'of unknown length', fields: [JSON_TYPE], length: 'unknown', expect: true },
  { id: 'not a 200', fields: [JSON_TYPE], status: 404, expect: false },
  { id: 'a part', fields: [JSON_TYPE], status: 206, expect: false },
  { id: 'no-transform', fields: [JSON_TYPE, 'Cache-Control: max-age=5, no-transform'], expect: false },
  {
    id: 'no-transform on a second line',
    fields: [JSON_TYPE, 'Cache-Control: public', 'Cache-Control: No-Transform'],
    expect: false,
  },
  {
    id: 'no-transform in a targeted field',
    fields: [JSON_TYPE, 'CDN-Cache-Control: no-transform'],
    expect: false,
  },
  {
    id: 'no-transform beside a targeted field',
    fields: [JSON_TYPE, 'CDN-Cache-Control: max-age=5', 'Cache-Control: no-transform'],
    expect: false,
  },
  ...['Content-Encoding: gzip', 'Content-Encoding: identity', 'Content-MD5: x', 'Digest: sha-256=x'].map(
    (field) => ({
      id: field,
      fields: [JSON_TYPE, field],
      expect: false,
    }),
  ),
  ...[
    'Repr-Digest: sha-256=:x:',
    'Content-Digest: sha-256=:x:',
    'Signature: a=:x:',
    'Content-Range: bytes 0-1/2',
  ].map((field) => ({ id: field, fields: [JSON_TYPE, field], expect: false })),
  ...['ETag: "1"', 'ETag: W/"1"', 'ETag: ""', 'ETag: "a;b"'].map((field) => ({
    id: field,
    fields: [JSON_TYPE, field],
    expect: true,
  })),
  ...['ETag: 1', 'ETag: W/1', 'ETag: "1', 'ETag: "1;br"', 'ETag: W/"1;gzip"', 'ETag: '].map((field) => ({
    id: field,
    fields: [JSON_TYPE, field],
    expect: false,
  })),
  { id: 'two entity tags', fields: [JSON_TYPE, 'ETag: "1"', 'ETag: "2"'], expect: false },
];

for (const { id, fields, status = 200, length = 4 * KIB, expect } of ROWS) {
  t.test(id, async (t) => {
    const bytes = length === 'unknown' ? undefined : length;
    t.equal(isCodable(answer(status, ...fields), bytes, ['cdn-cache-control']), expect);
  });
}

t.test('the codings of the rule that stored it, while it is there', async (t) => {
  const own = rule({ compress: ['br'] });
  const response = stored({ fields: lines(JSON_TYPE), body: new Uint8Array(2000) });
  t.same(codingsOf(response, [rule({ name: 'other', compress: ['gzip'] }), own]), ['br']);
  t.same(codingsOf(response, [rule()]), [], 'it compresses nothing');
  t.same(codingsOf(response, [rule({ compress: ['br'], fingerprint: 'f2' })]), [], 'it has changed');
  t.same(codingsOf(stored({ fields: lines(JSON_TYPE), body: new Uint8Array(20) }), [own]), [], 'too small');
});
