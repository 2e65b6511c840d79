import { deepStrictEqual, equal } from 'node:assert/strict';
import fc from 'fast-check';
import t from 'tap';
import { parseNoVarySearch } from '../../src/policy/no-vary-search.ts';
import type { SearchRecord, Stored, StoredResponse, VaryRecord } from '../../src/policy/stored-response.ts';
import { decodeStored, encodeStored } from '../../src/store/redis-codec.ts';
import { authenticator, checksum } from '../../src/store/value-check.ts';
import { searchRecord as searchRecordSample, storedResponse, varyRecord } from './stored-samples.ts';

const text = fc.string({ unit: 'binary', maxLength: 40 });
/** What a field value may hold as node:http hands it over. */
const latin1 = fc.string({
  unit: fc
    .integer({ min: 0x20, max: 0xff })
    .filter((code) => code !== 0x7f)
    .map((code) => String.fromCharCode(code)),
  maxLength: 60,
});
const fieldName = fc.stringMatching(/^x-[!#$%&'*+.^_`|~0-9A-Za-z-]{0,20}$/);
const time = fc.double({ noNaN: true, noDefaultInfinity: true }).map((number) => number + 0);

const checks = { 'CRC-32': checksum, HMAC: authenticator(['a secret of the test']) };

const PLAIN = { noNullPrototype: true };

const columns = {
  key: text,
  variant: text,
  search: text,
  url: text,
  route: text,
  rule: text,
  tags: fc.array(text, { maxLength: 4 }),
  status: fc.integer({ min: 200, max: 999 }),
  fields: fc.array(fc.tuple(fieldName, latin1), { maxLength: 6 }).map((pairs) => pairs.flat()),
  body: fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
  requestTime: time,
  responseTime: time,
  initialAge: time,
  lifetime: time,
  staleWhileRevalidate: time,
  staleIfError: time,
  mustRevalidate: fc.boolean(),
  alwaysValidate: fc.boolean(),
  asOf: time,
  heard: fc.constant(-1),
};
const response: fc.Arbitrary<StoredResponse> = fc.record(columns, PLAIN);
const { search, url, route, tags, asOf, heard } = columns;
const record: fc.Arbitrary<VaryRecord> = fc.record(
  {
    vary: fc.array(text, { maxLength: 5 }),
    until: time,
    expires: time,
    ...{ search, url, route, tags, asOf, heard },
  },
  PLAIN,
);
const searchRule = fc
  .tuple(
    fc.constantFrom('params=', 'except=', 'key-order, params=', 'key-order, except='),
    fc.array(fc.string({ minLength: 1 }), { minLength: 1, maxLength: 4 }),
  )
  .map(([member, names]) => {
    const rule = parseNoVarySearch([
      'No-Vary-Search',
      `${member}(${names.map((name) => `"${encodeURIComponent(name)}"`).join(' ')})`,
    ]);
    if (rule === undefined) throw new Error('a rule');
    return rule;
  });
const searchRecord: fc.Arbitrary<SearchRecord> = fc.record({ searchRule, expires: time }, PLAIN);

for (const [name, check] of Object.entries(checks)) {
  t.test(`what was encoded is decoded, whatever it holds: ${name}`, (t) => {
    fc.assert(
      fc.property(text, fc.oneof(response, record, searchRecord), (key, stored: Stored) => {
        deepStrictEqual(decodeStored(encodeStored(key, stored, check), key, check), stored);
      }),
      { numRuns: 300 },
    );
    t.end();
  });
}

t.test('a value with another check, or by another key, is absent', (t) => {
  const { HMAC } = checks;
  const stored = storedResponse();
  const signed = encodeStored('k', stored, HMAC);
  t.not(decodeStored(signed, 'k', HMAC), undefined);
  t.equal(decodeStored(signed, 'k'), undefined, 'without a key');
  t.equal(decodeStored(signed, 'k', authenticator(['another secret'])), undefined, 'with another key');
  const rotated = authenticator(['another secret', 'a secret of the test']);
  t.strictSame(decodeStored(signed, 'k', rotated), decodeStored(signed, 'k', HMAC), 'with the key of before');
  const anew = encodeStored('k', stored, rotated);
  t.equal(decodeStored(anew, 'k', HMAC), undefined, 'the first of two writes');
  t.not(decodeStored(anew, 'k', authenticator(['another secret'])), undefined);
  t.equal(decodeStored(encodeStored('k', stored), 'k', HMAC), undefined, 'a value without');
  const forged = encodeStored('k', stored, { ...checksum, mark: HMAC.mark });
  t.equal(decodeStored(forged, 'k', HMAC), undefined, 'the mark alone');
  const stripped = encodeStored('k', stored, { ...HMAC, mark: checksum.mark });
  t.equal(decodeStored(stripped, 'k'), undefined, 'the mark of a checksum over one');
  t.end();
});

t.test('a tier key that is the cache key itself', (t) => {
  const stored = storedResponse({ heard: -1 });
  t.strictSame(decodeStored(encodeStored(stored.key, stored), stored.key), stored);
  t.end();
});

t.test('the value of another key is refused', (t) => {
  fc.assert(
    fc.property(text, text, (key, other) => {
      fc.pre(key !== other);
      equal(decodeStored(encodeStored(key, storedResponse({ key })), other), undefined);
    }),
  );
  t.end();
});

for (const [name, sample] of [
  ['a response', storedResponse()],
  ['a record of Vary', varyRecord()],
  ['a record of No-Vary-Search', searchRecordSample()],
] as const) {
  const check = name === 'a record of Vary' ? checks.HMAC : checksum;
  t.test(`${name}: every truncation, extension and bit flip is refused`, (t) => {
    const value = encodeStored('k', sample, check);
    let accepted = 0;
    for (let length = 0; length < value.byteLength; length++) {
      if (decodeStored(value.subarray(0, length), 'k', check) !== undefined) accepted++;
    }
    t.equal(accepted, 0, 'truncated');
    t.equal(decodeStored(Buffer.concat([value, Buffer.from([0])]), 'k', check), undefined, 'extended');
    for (let bit = 0; bit < value.byteLength * 8; bit++) {
      const flipped = Buffer.from(value);
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      if (decodeStored(flipped, 'k', check) !== undefined) accepted++;
    }
    t.equal(accepted, 0, 'flipped');
    t.not(decodeStored(value, 'k', check), undefined);
    t.end();
  });
}

t.test('a value of another version is absent', (t) => {
  for (const version of [1, 2, 3, 5]) {
    const value = encodeStored('k', storedResponse());
    value.writeUInt8(version, 2);
    checksum.write(value, value.byteLength - checksum.length);
    t.equal(decodeStored(value, 'k'), undefined, `${version}`);
  }
  t.end();
});

t.test('any bytes are refused, none throw', (t) => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      equal(decodeStored(Buffer.from(bytes), 'k'), undefined);
    }),
  );
  t.end();
});

t.test('what no client could be sent is nothing of ours, whoever wrote it', async (t) => {
  const withOne = (change: Partial<StoredResponse>) =>
    decodeStored(encodeStored('k', storedResponse({ key: 'k', ...change }), checksum), 'k', checksum);
  for (const status of [0, 99, 100, 101, 199, 1000, 200.5, -200])
    t.equal(withOne({ status }), undefined, `${status}`);
  for (const status of [200, 304, 599, 999]) t.ok(withOne({ status }), `${status}`);
  const refused = [
    ['', 'v'],
    ['a b', 'v'],
    ['a:', 'v'],
    ['a\r\n', 'v'],
    ['a', 'v\r\nset-cookie: x'],
    ['a', 'v\n'],
    ['a', '\0'],
    ['a', '\u0100'],
    ['a', 'ok', 'b', '\x7f'],
    ['Content-Length', '5'],
    ['transfer-encoding', 'chunked'],
    ['x', 'y', 'Connection', 'close'],
    ['Upgrade', 'h2c'],
  ];
  for (const fields of refused) t.equal(withOne({ fields }), undefined, JSON.stringify(fields));
  for (const fields of [[], ['x-te', ''], ['Trailers', '\t \xff'], ['content-length-x', '1']])
    t.strictSame((withOne({ fields }) as StoredResponse | undefined)?.fields, fields, JSON.stringify(fields));
});
