import t from 'tap';
import {
  currentAge,
  explicitLifetime,
  hasUnreadableAge,
  initialAge,
  remainingFreshness,
} from '../../src/policy/freshness.ts';
import { uselessAfter } from '../../src/policy/stored-response.ts';
import { responseDirectives } from '../../src/policy/targeted-fields.ts';
import { NOW, NOW_DATE, ok, SECOND, stored } from './given.ts';

const HOUR_LATER = 'Sun, 06 Nov 1994 09:49:37 GMT';
const HOUR = 3600 * SECOND;

const LIFETIMES: readonly { id: string; rfc: string; given: string[]; expect: number | undefined }[] = [
  { id: 'silence', rfc: '9111 §4.2.1', given: [], expect: undefined },
  { id: 'other directives', rfc: '9111 §4.2.1', given: ['Cache-Control: public'], expect: undefined },
  {
    id: 's-maxage first',
    rfc: '9111 §4.2.1',
    given: ['Cache-Control: max-age=60, s-maxage=5', `Expires: ${HOUR_LATER}`],
    expect: 5 * SECOND,
  },
  {
    id: 's-maxage first, longer and on another line',
    rfc: '9111 §5.2.2.10',
    given: ['Cache-Control: max-age=1', 'Cache-Control: s-maxage=3600'],
    expect: HOUR,
  },
  {
    id: 'then max-age',
    rfc: '9111 §5.3',
    given: ['Cache-Control: max-age=60', 'Expires: 0'],
    expect: 60 * SECOND,
  },
  {
    id: 'then Expires',
    rfc: '9111 §5.3',
    given: [`Expires: ${HOUR_LATER}`, `Date: ${NOW_DATE}`],
    expect: HOUR,
  },
  { id: 'Expires without Date', rfc: '9111 §4.2.1', given: [`Expires: ${HOUR_LATER}`], expect: HOUR },
  {
    id: 'Expires, an unreadable Date',
    rfc: '9110 §6.6.1',
    given: [`Expires: ${HOUR_LATER}`, 'Date: x'],
    expect: HOUR,
  },
  {
    id: 'Expires, two Dates',
    rfc: '9110 §6.6.1',
    given: [`Expires: ${HOUR_LATER}`, `Date: ${NOW_DATE}`, `Date: ${HOUR_LATER}`],
    expect: HOUR,
  },
  {
    id: 'Expires of RFC 850',
    rfc: '9110 §5.6.7',
    given: ['Expires: Sunday, 06-Nov-94 09:49:37 GMT'],
    expect: HOUR,
  },
  {
    id: 'Expires of asctime',
    rfc: '9110 §5.6.7',
    given: ['Expires: Sun Nov  6 09:49:37 1994'],
    expect: HOUR,
  },
  {
    id: 'Expires in another case',
    rfc: '9111 §4.2',
    given: ['Expires: SUN, 06 nov 1994 09:49:37 gmt'],
    expect: HOUR,
  },
  {
    id: 'Expires of another zone',
    rfc: '9111 §4.2',
    given: ['Expires: Sun, 06 Nov 1994 09:49:37 UTC'],
    expect: 0,
  },
  {
    id: 'Expires before Date',
    rfc: '9111 §4.2.1',
    given: [`Expires: ${NOW_DATE}`, `Date: ${HOUR_LATER}`],
    expect: 0,
  },
  { id: 'Expires: 0', rfc: '9111 §5.3', given: ['Expires: 0'], expect: 0 },
  { id: 'Expires: -1', rfc: '9111 §5.3', given: ['Expires: -1'], expect: 0 },
  { id: 'an empty Expires', rfc: '9111 §5.3', given: ['Expires:'], expect: 0 },
  {
    id: 'two Expires: the earlier',
    rfc: '9111 §4.2.1',
    given: [`Expires: ${HOUR_LATER}`, `Expires: ${NOW_DATE}`],
    expect: 0,
  },
  {
    id: 'two Expires, one unreadable',
    rfc: '9111 §4.2.1',
    given: [`Expires: ${HOUR_LATER}`, 'Expires: 0'],
    expect: 0,
  },
  {
    id: 'two Expires on one line',
    rfc: '9111 §5.3',
    given: [`Expires: ${HOUR_LATER}, ${HOUR_LATER}`],
    expect: 0,
  },
  {
    id: 'an unreadable s-maxage',
    rfc: '9111 §4.2.1',
    given: ['Cache-Control: s-maxage=x, max-age=60'],
    expect: 0,
  },
  { id: 'a negative max-age', rfc: '9111 §1.2.2', given: ['Cache-Control: max-age=-60'], expect: 0 },
  { id: 'no number', rfc: '9111 §4.2.1', given: ['Cache-Control: max-age'], expect: 0 },
  { id: 'a quoted max-age', rfc: '9111 §5.2', given: ['Cache-Control: max-age="60"'], expect: 60 * SECOND },
  { id: 'single quotes', rfc: '9111 §5.2', given: ["Cache-Control: max-age='60'"], expect: 0 },
  { id: 'a fraction', rfc: '9111 §1.2.2', given: ['Cache-Control: max-age=1.5'], expect: 0 },
  { id: 'letters behind', rfc: '9111 §1.2.2', given: ['Cache-Control: max-age=60s'], expect: 0 },
  { id: 'space around =', rfc: '9111 §5.2', given: ['Cache-Control: max-age = 60'], expect: 0 },
  {
    id: 'inside a quoted string',
    rfc: '9111 §5.2',
    given: ['Cache-Control: x="max-age=60", max-age=1'],
    expect: SECOND,
  },
  {
    id: 'twice: the smaller, which is the first or makes it stale earlier',
    rfc: '9111 §4.2.1',
    given: ['Cache-Control: max-age=60, max-age=5'],
    expect: 5 * SECOND,
  },
  {
    id: 'leading zeros',
    rfc: '9111 §1.2.2',
    given: ['Cache-Control: max-age=0060'],
    expect: 60 * SECOND,
  },
  {
    id: 'an overflow',
    rfc: '9111 §1.2.2',
    given: ['Cache-Control: max-age=99999999999999999999'],
    expect: 2 ** 31 * SECOND,
  },
  {
    id: 'a targeted field',
    rfc: '9213 §2.2',
    given: ['CDN-Cache-Control: max-age=60', 'Cache-Control: max-age=5'],
    expect: 60 * SECOND,
  },
  {
    id: 'a targeted field: its s-maxage first',
    rfc: '9213 §2.2',
    given: ['CDN-Cache-Control: max-age=60, s-maxage=5'],
    expect: 5 * SECOND,
  },
  {
    id: 'a targeted field without a lifetime hides Expires',
    rfc: '9213 §2.2',
    given: ['CDN-Cache-Control: public', `Expires: ${HOUR_LATER}`, 'Cache-Control: max-age=60'],
    expect: undefined,
  },
  {
    id: 'a targeted lifetime that cannot be read',
    rfc: '9213 §2.1',
    given: ['CDN-Cache-Control: max-age="60"', 'Cache-Control: max-age=60'],
    expect: 0,
  },
];

for (const { id, rfc, given, expect } of LIFETIMES) {
  t.test(`lifetime: ${id} (RFC ${rfc})`, (t) => {
    const response = ok(...given);
    const directives = responseDirectives(response.fields, ['cdn-cache-control']);
    t.equal(explicitLifetime(response, directives, NOW), expect);
    t.end();
  });
}

const AGES: readonly {
  id: string;
  rfc: string;
  given: string[];
  sent?: number;
  arrived?: number;
  expect: number;
  unreadable?: true;
}[] = [
  { id: 'none', rfc: '9111 §4.2.3', given: [], expect: 0 },
  { id: 'time on the way', rfc: '9111 §4.2.3', given: [], sent: NOW - 300, expect: 300 },
  { id: 'Age and time on the way', rfc: '9111 §4.2.3', given: ['Age: 10'], sent: NOW - 300, expect: 10_300 },
  {
    id: 'a Date in the past',
    rfc: '9111 §4.2.3',
    given: [`Date: ${NOW_DATE}`],
    sent: NOW + 30_000,
    arrived: NOW + 30_000,
    expect: 30_000,
  },
  {
    id: 'a Date of this second',
    rfc: '9111 §4.2.3',
    given: [`Date: ${NOW_DATE}`],
    sent: NOW + 990,
    arrived: NOW + 990,
    expect: 0,
  },
  { id: 'a Date in the future', rfc: '9111 §4.2.3', given: [`Date: ${HOUR_LATER}`], expect: 0 },
  {
    id: 'the larger of both',
    rfc: '9111 §4.2.3',
    given: [`Date: ${NOW_DATE}`, 'Age: 5'],
    sent: NOW + 9000,
    arrived: NOW + 9000,
    expect: 9000,
  },
  { id: 'an unreadable Date', rfc: '9110 §6.6.1', given: ['Date: x'], expect: 0 },
  { id: 'a list: the first', rfc: '9111 §5.1', given: ['Age: 10, 20'], expect: 10_000, unreadable: true },
  {
    id: 'two lines: the first',
    rfc: '9111 §5.1',
    given: ['Age: 10', 'Age: 0'],
    expect: 10_000,
    unreadable: true,
  },
  { id: 'a negative one is ignored', rfc: '9111 §5.1', given: ['Age: -10'], expect: 0, unreadable: true },
  { id: 'a fraction is ignored', rfc: '9111 §5.1', given: ['Age: 10.0'], expect: 0, unreadable: true },
  { id: 'parameters are ignored', rfc: '9111 §5.1', given: ['Age: 10;x=1'], expect: 0, unreadable: true },
  { id: 'nonsense is ignored', rfc: '9111 §5.1', given: ['Age: x, 10'], expect: 0, unreadable: true },
  { id: 'an empty one is ignored', rfc: '9111 §5.1', given: ['Age:'], expect: 0, unreadable: true },
  { id: 'an overflow', rfc: '9111 §1.2.2', given: ['Age: 99999999999999999999'], expect: 2 ** 31 * SECOND },
  {
    id: 'a clock that was set back on the way',
    rfc: '9111 §4.2.3',
    given: ['Age: 10'],
    sent: NOW + HOUR,
    expect: 10_000,
  },
];

for (const row of AGES) {
  t.test(`initial age: ${row.id} (RFC ${row.rfc})`, (t) => {
    const arrived = row.arrived ?? NOW;
    t.equal(initialAge(ok(...row.given), row.sent ?? arrived, arrived), row.expect);
    t.equal(hasUnreadableAge(ok(...row.given)), row.unreadable ?? false);
    t.end();
  });
}

t.test('current age and remaining freshness (RFC 9111 §4.2.3)', (t) => {
  const old = stored({ initialAge: 5 * SECOND, lifetime: 60 * SECOND });
  t.equal(currentAge(old, NOW + 10 * SECOND), 15 * SECOND);
  t.equal(remainingFreshness(old, NOW + 10 * SECOND), 45 * SECOND);
  t.equal(remainingFreshness(old, NOW + 55 * SECOND), 0);
  t.equal(currentAge(old, NOW - HOUR), 5 * SECOND, 'a clock set back makes nothing younger');
  t.end();
});

t.test('a response is of no use after its last window', (t) => {
  const over = { initialAge: 10 * SECOND, staleWhileRevalidate: SECOND, staleIfError: 2 * SECOND };
  t.equal(uselessAfter(stored(over), 0), NOW + 52 * SECOND);
  t.equal(uselessAfter(stored(over), HOUR), NOW + 50 * SECOND + HOUR);
  t.equal(uselessAfter(stored({ ...over, lifetime: 0 }), 0), NOW + 2 * SECOND);
  t.end();
});
