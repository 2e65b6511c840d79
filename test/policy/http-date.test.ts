import t from 'tap';
import { formatHttpDate, parseHttpDate } from '../../src/policy/http-date.ts';
import { NOW, NOW_DATE } from './given.ts';

const utc = (text: string) => Date.parse(`${text}Z`);
const IN_2026 = utc('2026-06-15T00:00:00');

const ROWS: readonly { id: string; rfc?: string; given: string; now?: number; expect: number | undefined }[] =
  [
    { id: 'IMF-fixdate', rfc: '9110 §5.6.7', given: NOW_DATE, expect: NOW },
    { id: 'RFC 850', rfc: '9110 §5.6.7', given: 'Sunday, 06-Nov-94 08:49:37 GMT', expect: NOW },
    { id: 'asctime', rfc: '9110 §5.6.7', given: 'Sun Nov  6 08:49:37 1994', expect: NOW },
    { id: 'asctime, two digits', given: 'Sun Nov 16 08:49:37 1994', expect: utc('1994-11-16T08:49:37') },
    {
      id: 'two-digit year, ahead by less than 50 years',
      given: 'Monday, 01-Jan-70 00:00:00 GMT',
      now: IN_2026,
      expect: utc('2070-01-01T00:00:00'),
    },
    {
      id: 'two-digit year, ahead by more than 50 years',
      rfc: '9110 §5.6.7',
      given: 'Monday, 01-Jan-77 00:00:00 GMT',
      now: IN_2026,
      expect: utc('1977-01-01T00:00:00'),
    },
    { id: 'IMF-fixdate, any case', rfc: '9111 §4.2', given: 'SUN, 06 nOV 1994 08:49:37 gmt', expect: NOW },
    { id: 'RFC 850, any case', rfc: '9111 §4.2', given: 'sunday, 06-NOV-94 08:49:37 GMT', expect: NOW },
    { id: 'asctime, any case', rfc: '9111 §4.2', given: 'sun nov  6 08:49:37 1994', expect: NOW },
    { id: 'UTC', rfc: '9111 §4.2', given: 'Sun, 06 Nov 1994 08:49:37 UTC', expect: undefined },
    { id: 'one-digit hour', given: 'Sun, 06 Nov 1994 8:49:37 GMT', expect: undefined },
    { id: 'two-digit year without dashes', given: 'Sun, 06 Nov 94 08:49:37 GMT', expect: undefined },
    { id: 'no comma', given: 'Sun 06 Nov 1994 08:49:37 GMT', expect: undefined },
    { id: 'two spaces', given: 'Sun, 06  Nov 1994 08:49:37 GMT', expect: undefined },
    { id: 'leap day', given: 'Thu, 29 Feb 2024 00:00:00 GMT', expect: utc('2024-02-29T00:00:00') },
    { id: 'no leap day', given: 'Thu, 29 Feb 2023 00:00:00 GMT', expect: undefined },
    {
      id: 'leap second at the end of a year',
      given: 'Sat, 31 Dec 2016 23:59:60 GMT',
      expect: utc('2016-12-31T23:59:59'),
    },
    { id: 'year 1', given: 'Mon, 01 Jan 0001 00:00:00 GMT', expect: -62_135_596_800_000 },
    { id: 'day 0', given: 'Sun, 00 Nov 1994 08:49:37 GMT', expect: undefined },
    { id: 'day 31 of a short month', given: 'Sun, 31 Nov 1994 08:49:37 GMT', expect: undefined },
    { id: 'day 32', given: 'Sun, 32 Dec 1994 08:49:37 GMT', expect: undefined },
    { id: 'hour 24', given: 'Sun, 06 Nov 1994 24:00:00 GMT', expect: undefined },
    { id: 'minute 60', given: 'Sun, 06 Nov 1994 08:60:00 GMT', expect: undefined },
    { id: 'second 61', given: 'Sun, 06 Nov 1994 08:49:61 GMT', expect: undefined },
    { id: 'unknown month', given: 'Sun, 06 Nox 1994 08:49:37 GMT', expect: undefined },
    { id: 'RFC 850, unknown month', given: 'Sunday, 06-Nox-94 08:49:37 GMT', expect: undefined },
    { id: 'another zone', given: 'Sun, 06 Nov 1994 08:49:37 CET', expect: undefined },
    { id: 'an offset', given: 'Sun, 06 Nov 1994 08:49:37 +0000', expect: undefined },
    { id: 'one-digit day', given: 'Sun, 6 Nov 1994 08:49:37 GMT', expect: undefined },
    { id: 'two dates', given: `${NOW_DATE}, ${NOW_DATE}`, expect: undefined },
    { id: '0', given: '0', expect: undefined },
    { id: '-1', given: '-1', expect: undefined },
    { id: 'empty', given: '', expect: undefined },
    { id: 'ISO 8601', given: '1994-11-06T08:49:37Z', expect: undefined },
    { id: 'something in front', given: `x${NOW_DATE}`, expect: undefined },
    { id: 'something behind', given: `${NOW_DATE} x`, expect: undefined },
  ];

for (const row of ROWS) {
  t.test(`parse: ${row.id}`, (t) => {
    t.equal(parseHttpDate(row.given, row.now ?? NOW), row.expect);
    t.end();
  });
}

t.test('what is written is read again', (t) => {
  t.equal(formatHttpDate(NOW), NOW_DATE);
  t.equal(formatHttpDate(NOW + 999), NOW_DATE, 'fractions of a second are dropped');
  for (const time of [
    0,
    utc('2000-02-29T23:59:59'),
    utc('2026-01-09T05:06:07'),
    utc('9999-12-31T23:59:59'),
  ]) {
    t.equal(parseHttpDate(formatHttpDate(time), NOW), time);
  }
  t.end();
});
