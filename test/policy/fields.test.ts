import t from 'tap';
import {
  endToEnd,
  fieldLineValues,
  fieldValue,
  hasField,
  listMembers,
  sameName,
  trimmed,
  withoutFields,
} from '../../src/policy/fields.ts';
import { lines } from './given.ts';

const LISTS: readonly { id: string; rfc?: string; given: string; expect: string[] }[] = [
  { id: 'empty', given: '', expect: [] },
  { id: 'one', given: 'a', expect: ['a'] },
  { id: 'several', rfc: '9110 §5.6.1', given: 'a, b ,c', expect: ['a', 'b', 'c'] },
  { id: 'empty members', rfc: '9110 §5.6.1.2', given: ', a,, ,b,', expect: ['a', 'b'] },
  { id: 'tabs', given: '\ta\t,\t b', expect: ['a', 'b'] },
  { id: 'a comma in quotes', rfc: '9110 §5.6.4', given: 'x="a, b", c', expect: ['x="a, b"', 'c'] },
  { id: 'an escaped quote', given: 'x="a\\", b", c', expect: ['x="a\\", b"', 'c'] },
  { id: 'an escaped backslash', given: 'x="a\\\\", b', expect: ['x="a\\\\"', 'b'] },
  { id: 'quotes side by side', given: '"a""b,c",d', expect: ['"a""b,c"', 'd'] },
  { id: 'an open quote hides nothing', given: 'x="a, private', expect: ['x="a', 'private'] },
  { id: 'a backslash at the end', given: 'private, x="\\', expect: ['private', 'x="\\'] },
  { id: 'an open quote behind a closed one', given: '"a,b", "c, d', expect: ['"a,b"', '"c', 'd'] },
  { id: 'no-break space is no white space', given: 'a\u00a0,b', expect: ['a\u00a0', 'b'] },
];

for (const row of LISTS) {
  t.test(`list: ${row.id}`, (t) => {
    t.same(listMembers(row.given), row.expect);
    t.end();
  });
}

t.test('a list is read in linear time', (t) => {
  const started = process.hrtime.bigint();
  listMembers('"\\'.repeat(100_000));
  listMembers(`${'"\\"'.repeat(100_000)},`);
  trimmed(`x${' \t'.repeat(100_000)}x`);
  t.ok(process.hrtime.bigint() - started < 2_000_000_000n, 'quadratic would take minutes');
  t.end();
});

const FIELDS = lines('A: 1', 'b: 2', 'a: 3', 'Empty:');

t.test('fields by name', (t) => {
  t.equal(fieldValue(FIELDS, 'a'), '1, 3', 'lines are joined in order (RFC 9110 §5.3)');
  t.equal(fieldValue(FIELDS, 'empty'), '');
  t.equal(fieldValue(FIELDS, 'c'), undefined);
  t.same(fieldLineValues(FIELDS, 'a'), ['1', '3']);
  t.same(fieldLineValues(FIELDS, 'c'), []);
  t.ok(hasField(FIELDS, 'empty'));
  t.notOk(hasField(FIELDS, 'c'));
  t.same(withoutFields(FIELDS, new Set(['a', 'c'])), ['b', '2', 'Empty', '']);
  t.ok(sameName('ETag', 'etag'));
  t.notOk(sameName('ETags', 'etag'));
  t.equal(fieldValue(lines('__proto__: x'), 'constructor'), undefined);
  t.end();
});

t.test('a value is trimmed of HTTP white space alone', (t) => {
  t.equal(trimmed(' \ta b\t '), 'a b');
  t.equal(trimmed('\u00a0a\v'), '\u00a0a\v');
  t.equal(trimmed('   '), '');
  t.end();
});

const HOPS: readonly { id: string; rfc: string; given: string[]; expect: string[] }[] = [
  {
    id: 'hop-by-hop fields',
    rfc: '9110 §7.6.1',
    given: ['TE: trailers', 'Keep-Alive: 5', 'Proxy-Connection: x', 'Transfer-Encoding: chunked', 'X: 1'],
    expect: ['X: 1'],
  },
  {
    id: 'proxy credentials and upgrades',
    rfc: '9111 §3.1',
    given: ['Proxy-Authenticate: a', 'Proxy-Authorization: b', 'Proxy-Authentication-Info: c', 'Upgrade: d'],
    expect: [],
  },
  {
    id: 'what Connection nominates, over all its lines',
    rfc: '9110 §7.6.1',
    given: ['Connection: X-A, close', 'connection: x-b', 'x-a: 1', 'X-B: 2', 'X-C: 3'],
    expect: ['X-C: 3'],
  },
  {
    id: 'Connection cannot hide what makes a response private',
    rfc: '9110 §7.6.1',
    given: [
      'Connection: Cache-Control, set-cookie, vary',
      'Cache-Control: private',
      'Set-Cookie: a=b',
      'Vary: *',
    ],
    expect: ['Cache-Control: private', 'Set-Cookie: a=b', 'Vary: *'],
  },
  {
    id: 'Content-Length stays',
    rfc: '9112 §6.2',
    given: ['Content-Length: 3'],
    expect: ['Content-Length: 3'],
  },
];

for (const row of HOPS) {
  t.test(`end to end: ${row.id}`, (t) => {
    t.same(endToEnd(lines(...row.given)), lines(...row.expect));
    t.end();
  });
}
