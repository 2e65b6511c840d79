import t from 'tap';
import {
  isForOrigin,
  isNotModified,
  isRangeCurrent,
  notModifiedFields,
} from '../../src/policy/precondition.ts';
import { lines, NOW, NOW_DATE } from './given.ts';

const EARLIER = 'Sun, 06 Nov 1994 07:49:37 GMT';
const ETAG = ['ETag: "a"'];

const ROWS: readonly { id: string; rfc?: string; given: string[]; stored: string[]; expect: boolean }[] = [
  { id: 'no condition', given: [], stored: ETAG, expect: false },
  { id: 'the ETag', rfc: '9110 §13.1.2', given: ['If-None-Match: "a"'], stored: ETAG, expect: true },
  { id: 'another ETag', rfc: '9110 §13.1.2', given: ['If-None-Match: "b"'], stored: ETAG, expect: false },
  { id: 'case of an ETag', rfc: '9110 §8.8.3.2', given: ['If-None-Match: "A"'], stored: ETAG, expect: false },
  {
    id: 'in a list',
    rfc: '9110 §13.1.2',
    given: ['If-None-Match: "x", "a","y"'],
    stored: ETAG,
    expect: true,
  },
  {
    id: 'on another line',
    rfc: '9110 §5.3',
    given: ['If-None-Match: "x"', 'If-None-Match: "a"'],
    stored: ETAG,
    expect: true,
  },
  {
    id: 'weak against strong',
    rfc: '9110 §8.8.3.2',
    given: ['If-None-Match: W/"a"'],
    stored: ETAG,
    expect: true,
  },
  {
    id: 'strong against weak',
    rfc: '9110 §8.8.3.2',
    given: ['If-None-Match: "a"'],
    stored: ['ETag: W/"a"'],
    expect: true,
  },
  { id: 'a comma within', given: ['If-None-Match: "b,a"'], stored: ['ETag: "b,a"'], expect: true },
  { id: 'a comma within is no list', given: ['If-None-Match: "b, a"'], stored: ['ETag: a'], expect: false },
  {
    id: 'a backslash escapes nothing',
    rfc: '9110 §8.8.3',
    given: ['If-None-Match: "x\\", "a"'],
    stored: ETAG,
    expect: true,
  },
  { id: 'without quotes', given: ['If-None-Match: x, a'], stored: ['ETag: a'], expect: true },
  { id: 'any', rfc: '9110 §13.1.2', given: ['If-None-Match: *'], stored: ETAG, expect: true },
  { id: 'any, without an ETag', rfc: '9110 §13.1.2', given: ['If-None-Match: *'], stored: [], expect: true },
  {
    id: 'any in a list is none',
    rfc: '9110 §13.1.2',
    given: ['If-None-Match: "x", *'],
    stored: ETAG,
    expect: false,
  },
  { id: 'empty', given: ['If-None-Match:'], stored: ETAG, expect: false },
  { id: 'no ETag stored', given: ['If-None-Match: "a"'], stored: [], expect: false },
  {
    id: 'If-None-Match goes first',
    rfc: '9110 §13.2.2',
    given: ['If-None-Match: "b"', `If-Modified-Since: ${NOW_DATE}`],
    stored: [...ETAG, `Last-Modified: ${EARLIER}`],
    expect: false,
  },
  {
    id: 'not modified since',
    rfc: '9110 §13.1.3',
    given: [`If-Modified-Since: ${NOW_DATE}`],
    stored: [`Last-Modified: ${EARLIER}`],
    expect: true,
  },
  {
    id: 'modified in that second',
    rfc: '9110 §13.1.3',
    given: [`If-Modified-Since: ${NOW_DATE}`],
    stored: [`Last-Modified: ${NOW_DATE}`],
    expect: true,
  },
  {
    id: 'modified since',
    rfc: '9110 §13.1.3',
    given: [`If-Modified-Since: ${EARLIER}`],
    stored: [`Last-Modified: ${NOW_DATE}`],
    expect: false,
  },
  {
    id: 'since an old form of date',
    rfc: '9110 §5.6.7',
    given: ['If-Modified-Since: Sunday, 06-Nov-94 08:49:37 GMT'],
    stored: [`Last-Modified: ${EARLIER}`],
    expect: true,
  },
  {
    id: 'since no date',
    rfc: '9110 §13.1.3',
    given: ['If-Modified-Since: 0'],
    stored: [`Last-Modified: ${EARLIER}`],
    expect: false,
  },
  {
    id: 'modified at no date',
    given: [`If-Modified-Since: ${NOW_DATE}`],
    stored: ['Last-Modified: 0', `Date: ${EARLIER}`],
    expect: false,
  },
  {
    id: 'Date in place of Last-Modified',
    rfc: '9111 §4.3.2',
    given: [`If-Modified-Since: ${NOW_DATE}`],
    stored: [`Date: ${NOW_DATE}`],
    expect: true,
  },
  { id: 'neither', given: [`If-Modified-Since: ${NOW_DATE}`], stored: [], expect: false },
  {
    id: 'If-Match is for the origin',
    rfc: '9111 §4.3.2',
    given: ['If-Match: "a"', `If-Unmodified-Since: ${NOW_DATE}`],
    stored: ETAG,
    expect: false,
  },
];

for (const row of ROWS) {
  t.test(row.id, (t) => {
    t.equal(isNotModified(lines(...row.given), lines(...row.stored), NOW), row.expect);
    t.end();
  });
}

t.test('the Date of what was fetched just now is no Last-Modified (RFC 9110 §13.1.3)', (t) => {
  const since = lines(`If-Modified-Since: ${NOW_DATE}`);
  t.notOk(isNotModified(since, lines(`Date: ${EARLIER}`), NOW, 'upstream'));
  t.ok(isNotModified(since, lines(`Last-Modified: ${EARLIER}`), NOW, 'upstream'));
  t.ok(isNotModified(lines('If-None-Match: "a"'), lines(...ETAG), NOW, 'upstream'));
  t.end();
});

const RANGE_ROWS: readonly { id: string; rfc: string; given: string[]; stored: string[]; expect: boolean }[] =
  [
    { id: 'no If-Range', rfc: '9110 §13.2.2', given: [], stored: [], expect: true },
    { id: 'the strong tag', rfc: '9110 §13.1.5', given: ['If-Range: "a"'], stored: ETAG, expect: true },
    { id: 'another tag', rfc: '9110 §13.1.5', given: ['If-Range: "b"'], stored: ETAG, expect: false },
    {
      id: 'a weak tag of a strong one',
      rfc: '9110 §8.8.3.2',
      given: ['If-Range: W/"a"'],
      stored: ETAG,
      expect: false,
    },
    {
      id: 'a strong tag of a weak one',
      rfc: '9110 §8.8.3.2',
      given: ['If-Range: "a"'],
      stored: ['ETag: W/"a"'],
      expect: false,
    },
    {
      id: 'the same weak tag',
      rfc: '9110 §8.8.3.2',
      given: ['If-Range: W/"a"'],
      stored: ['ETag: W/"a"'],
      expect: false,
    },
    {
      id: 'no tag, but alike',
      rfc: '9110 §8.8.3',
      given: ['If-Range: a'],
      stored: ['ETag: a'],
      expect: false,
    },
    { id: 'two tags', rfc: '9110 §13.1.5', given: ['If-Range: "a", "b"'], stored: ETAG, expect: false },
    {
      id: 'two lines',
      rfc: '9110 §13.1.5',
      given: ['If-Range: "a"', 'If-Range: "a"'],
      stored: ETAG,
      expect: false,
    },
    { id: 'any', rfc: '9110 §13.1.5', given: ['If-Range: *'], stored: ETAG, expect: false },
    { id: 'nothing', rfc: '9110 §13.1.5', given: ['If-Range:'], stored: ETAG, expect: false },
    { id: 'nothing stored', rfc: '9110 §13.1.5', given: ['If-Range: "a"'], stored: [], expect: false },
    {
      id: 'two ETags stored',
      rfc: '9110 §8.8.3',
      given: ['If-Range: "a"'],
      stored: ['ETag: "a"', 'ETag: "b"'],
      expect: false,
    },
    {
      id: 'exactly Last-Modified, a minute old when sent',
      rfc: '9110 §13.1.5',
      given: [`If-Range: ${EARLIER}`],
      stored: [`Last-Modified: ${EARLIER}`, `Date: ${NOW_DATE}`],
      expect: true,
    },
    {
      id: 'a later date than Last-Modified',
      rfc: '9110 §13.1.5',
      given: [`If-Range: ${NOW_DATE}`],
      stored: [`Last-Modified: ${EARLIER}`, `Date: ${NOW_DATE}`],
      expect: false,
    },
    {
      id: 'the same date in another form',
      rfc: '9110 §13.1.5',
      given: ['If-Range: Sunday, 06-Nov-94 07:49:37 GMT'],
      stored: [`Last-Modified: ${EARLIER}`, `Date: ${NOW_DATE}`],
      expect: false,
    },
    {
      id: 'modified in the second it was sent in',
      rfc: '9110 §8.8.2.2',
      given: [`If-Range: ${NOW_DATE}`],
      stored: [`Last-Modified: ${NOW_DATE}`, `Date: ${NOW_DATE}`],
      expect: false,
    },
    {
      id: 'sent at nobody knows what time',
      rfc: '9110 §8.8.2.2',
      given: [`If-Range: ${EARLIER}`],
      stored: [`Last-Modified: ${EARLIER}`],
      expect: false,
    },
    {
      id: 'a date where only a tag is stored',
      rfc: '9110 §13.1.5',
      given: [`If-Range: ${EARLIER}`],
      stored: ETAG,
      expect: false,
    },
    {
      id: 'no date, but alike',
      rfc: '9110 §13.1.5',
      given: ['If-Range: 0'],
      stored: ['Last-Modified: 0', `Date: ${NOW_DATE}`],
      expect: false,
    },
  ];

for (const row of RANGE_ROWS) {
  t.test(`If-Range: ${row.id} (RFC ${row.rfc})`, (t) => {
    t.equal(isRangeCurrent(lines(...row.given), lines(...row.stored), NOW), row.expect);
    t.end();
  });
}

t.test('preconditions that are for the origin (RFC 9111 §4.3.2)', (t) => {
  t.ok(isForOrigin(lines('if-match: "a"')));
  t.ok(isForOrigin(lines('A: b', 'IF-UNMODIFIED-SINCE:')));
  t.notOk(isForOrigin(lines('If-None-Match: *', 'If-Modified-Since: x', 'If-Range: "a"', 'Range: x')));
  t.end();
});

t.test('a 304 describes no body (RFC 9110 §15.4.5)', (t) => {
  const body = [
    'Content-Type: a/b',
    'Content-Encoding: br',
    'Content-Language: de',
    'content-length: 1',
    'Content-Range: x',
    'Content-Digest: x',
    'Content-MD5: x',
  ];
  const kept = [
    'Cache-Control: max-age=1',
    'Content-Location: /a',
    `Date: ${NOW_DATE}`,
    'Expires: 0',
    'Vary: Accept',
    'X-A: 1',
  ];
  const modified = `Last-Modified: ${EARLIER}`;
  t.strictSame(notModifiedFields(lines(...body, ...kept, ...ETAG, modified)), lines(...kept, ...ETAG));
  t.strictSame(notModifiedFields(lines(...body, modified, ...kept)), lines(modified, ...kept));
  t.end();
});
