import t from 'tap';
import { multipart, offerRanges, partFields, unsatisfiedRange } from '../../src/policy/byteranges.ts';
import { lines, NOW_DATE } from './given.ts';

const KEPT = [
  'Cache-Control: max-age=1',
  'Content-Location: /a',
  `Date: ${NOW_DATE}`,
  'Expires: 0',
  'ETag: "a"',
  'Vary: Accept',
  'X-A: 1',
];
const DESCRIBING = ['Content-Type: a/b', 'Content-Language: de', 'Last-Modified: x'];
const OF_MESSAGE = ['content-length: 10', 'Content-Digest: x', 'Content-MD5: x'];
const WHOLE = lines(...KEPT, ...DESCRIBING, ...OF_MESSAGE);
const RANGE = { first: 2, last: 4 };
const OWN = ['Content-Range: bytes 2-4/10', 'Content-Length: 3'];

t.test('the fields of a part (RFC 9110 §15.3.7)', (t) => {
  t.strictSame(partFields([], WHOLE, RANGE, 10), lines(...KEPT, ...DESCRIBING, ...OWN));
  t.strictSame(
    partFields(lines('If-Range: "a"'), WHOLE, RANGE, 10),
    lines(...KEPT, ...OWN),
    'whoever names the response has what describes it',
  );
  t.end();
});

t.test('several parts (RFC 9110 §14.6, §15.3.7.2)', (t) => {
  const ranges = [RANGE, { first: 9, last: 9 }];
  const message = multipart([], WHOLE, { ranges, length: 10, boundary: 'B' });
  const body = '0123456789';
  const text = message.parts
    .map(({ head, range }) => head + body.slice(range.first, range.last + 1))
    .join('');
  const expected =
    '--B\r\nContent-Type: a/b\r\nContent-Range: bytes 2-4/10\r\n\r\n234\r\n' +
    '--B\r\nContent-Type: a/b\r\nContent-Range: bytes 9-9/10\r\n\r\n9\r\n--B--\r\n';
  t.equal(text + message.tail, expected);
  t.equal(message.size, expected.length);
  const others = ['Content-Language: de', 'Last-Modified: x'];
  const type = 'Content-Type: multipart/byteranges; boundary=B';
  t.strictSame(message.fields, lines(...KEPT, ...others, type, `Content-Length: ${expected.length}`));

  const untyped = multipart(lines('If-Range: "a"'), lines(...KEPT), { ranges, length: 10, boundary: 'B' });
  t.equal(untyped.parts[0]?.head, '--B\r\nContent-Range: bytes 2-4/10\r\n\r\n');
  t.strictSame(untyped.fields, lines(...KEPT, type, `Content-Length: ${untyped.size}`));
  const named = multipart(lines('If-Range: "a"'), WHOLE, { ranges, length: 10, boundary: 'B' });
  t.match(named.parts[0]?.head, 'Content-Type: a/b', 'each part has its type all the same');
  t.end();
});

t.test('nothing of it is there (RFC 9110 §15.5.17)', (t) => {
  t.equal(unsatisfiedRange(10), 'bytes */10');
  t.end();
});

t.test('parts are offered of what is stored, where nobody spoke of them (RFC 9110 §14.3)', (t) => {
  t.strictSame(offerRanges(200, lines('A: b')), lines('A: b', 'Accept-Ranges: bytes'));
  const none = lines('accept-ranges: none');
  t.equal(offerRanges(200, none), none);
  t.strictSame(offerRanges(404, []), []);
  t.end();
});
