import t from 'tap';
import { cacheControl } from '../../src/policy/cache-control.ts';
import {
  currentAge,
  type Freshness,
  forbidsStale,
  freshnessLifetime,
  initialAge,
  remainingFreshness,
  staleWindows,
} from '../../src/policy/freshness.ts';
import type { ResponseHead } from '../../src/policy/request.ts';
import type { RouteRule } from '../../src/policy/route-rule.ts';
import { uselessAfter } from '../../src/policy/stored-response.ts';
import { answer, lines, NOW, NOW_DATE, ok, rule, SECOND, stored } from './given.ts';

const HOUR_LATER = 'Sun, 06 Nov 1994 09:49:37 GMT';
const HOUR = 3600 * SECOND;
const ruled = rule({ ttl: 10 * SECOND, statusTtl: new Map([[404, SECOND]]) });
const of = (lifetime: number, source: Freshness['source']): Freshness => ({ lifetime, source });

const LIFETIMES: readonly {
  id: string;
  rfc?: string;
  given: ResponseHead;
  rule?: RouteRule;
  random?: number;
  expect: Freshness;
}[] = [
  { id: 'silence', given: ok(), expect: of(0, 'none') },
  {
    id: 's-maxage first',
    rfc: '9111 §4.2.1',
    given: ok('Cache-Control: max-age=60, s-maxage=5', `Expires: ${HOUR_LATER}`),
    expect: of(5 * SECOND, 's-maxage'),
  },
  {
    id: 'then max-age',
    rfc: '9111 §4.2.1',
    given: ok('Cache-Control: max-age=60', 'Expires: 0'),
    expect: of(60 * SECOND, 'max-age'),
  },
  {
    id: 'then Expires',
    rfc: '9111 §5.3',
    given: ok(`Expires: ${HOUR_LATER}`, `Date: ${NOW_DATE}`),
    expect: of(HOUR, 'expires'),
  },
  {
    id: 'Expires without Date',
    rfc: '9110 §6.6.1',
    given: ok(`Expires: ${HOUR_LATER}`),
    expect: of(HOUR, 'expires'),
  },
  {
    id: 'Expires, an unreadable Date',
    given: ok(`Expires: ${HOUR_LATER}`, 'Date: x'),
    expect: of(HOUR, 'expires'),
  },
  {
    id: 'Expires of RFC 850',
    rfc: '9110 §5.6.7',
    given: ok('Expires: Sunday, 06-Nov-94 09:49:37 GMT'),
    expect: of(HOUR, 'expires'),
  },
  {
    id: 'Expires before Date',
    given: ok(`Expires: ${NOW_DATE}`, `Date: ${HOUR_LATER}`),
    expect: of(0, 'expires'),
  },
  { id: 'Expires: 0', rfc: '9111 §5.3', given: ok('Expires: 0'), rule: ruled, expect: of(0, 'expires') },
  { id: 'Expires: -1', rfc: '9111 §5.3', given: ok('Expires: -1'), rule: ruled, expect: of(0, 'expires') },
  { id: 'an empty Expires', given: ok('Expires:'), rule: ruled, expect: of(0, 'expires') },
  {
    id: 'two Expires: the earlier',
    rfc: '9111 §4.2.1',
    given: ok(`Expires: ${HOUR_LATER}`, `Expires: ${NOW_DATE}`),
    expect: of(0, 'expires'),
  },
  {
    id: 'two Expires, one unreadable',
    given: ok(`Expires: ${HOUR_LATER}`, 'Expires: 0'),
    expect: of(0, 'expires'),
  },
  {
    id: 'an unreadable s-maxage',
    rfc: '9111 §4.2.1',
    given: ok('Cache-Control: s-maxage=x, max-age=60'),
    expect: of(0, 's-maxage'),
  },
  {
    id: 'a negative max-age',
    rfc: '9111 §1.2.2',
    given: ok('Cache-Control: max-age=-60'),
    rule: ruled,
    expect: of(0, 'max-age'),
  },
  {
    id: 'a quoted max-age',
    rfc: '9111 §5.2',
    given: ok('Cache-Control: max-age="60"'),
    expect: of(60 * SECOND, 'max-age'),
  },
  { id: 'a fraction', given: ok('Cache-Control: max-age=1.5'), expect: of(0, 'max-age') },
  {
    id: 'an overflow',
    rfc: '9111 §1.2.2',
    given: ok('Cache-Control: max-age=99999999999999999999'),
    expect: of(2 ** 31 * SECOND, 'max-age'),
  },
  { id: 'the rule where the upstream is silent', given: ok(), rule: ruled, expect: of(10 * SECOND, 'ttl') },
  {
    id: 'the rule behind the upstream',
    given: ok('Cache-Control: max-age=60'),
    rule: ruled,
    expect: of(60 * SECOND, 'max-age'),
  },
  {
    id: 'the rule alone',
    given: ok('Cache-Control: max-age=60'),
    rule: { ...ruled, origin: 'ignore' },
    expect: of(10 * SECOND, 'ttl'),
  },
  { id: 'the status first', given: answer(404), rule: ruled, expect: of(SECOND, 'status-ttl') },
  ...[200, 203, 204, 300, 301, 308].map((status) => ({
    id: `ttl covers ${status}`,
    given: answer(status),
    rule: ruled,
    expect: of(10 * SECOND, 'ttl'),
  })),
  ...[302, 307, 400, 403, 405, 410, 500, 503].map((status) => ({
    id: `ttl does not cover ${status}`,
    given: answer(status),
    rule: ruled,
    expect: of(0, 'none'),
  })),
  {
    id: 'max-ttl bounds the upstream',
    given: ok('Cache-Control: max-age=60'),
    rule: rule({ maxTtl: 5 * SECOND }),
    expect: of(5 * SECOND, 'max-age'),
  },
  {
    id: 'max-ttl lengthens nothing',
    given: ok('Cache-Control: max-age=1'),
    rule: rule({ maxTtl: 5 * SECOND }),
    expect: of(SECOND, 'max-age'),
  },
  {
    id: 'jitter shortens',
    given: ok(),
    rule: { ...ruled, jitter: 0.2 },
    random: 0.5,
    expect: of(9 * SECOND, 'ttl'),
  },
  {
    id: 'jitter at its least',
    given: ok(),
    rule: { ...ruled, jitter: 0.2 },
    random: 0,
    expect: of(10 * SECOND, 'ttl'),
  },
  {
    id: 'whole milliseconds',
    given: ok(),
    rule: { ...ruled, jitter: 1 / 3 },
    random: 0.5,
    expect: of(8333, 'ttl'),
  },
];

for (const row of LIFETIMES) {
  t.test(`lifetime: ${row.id}`, (t) => {
    const directives = cacheControl(row.given.fields);
    t.strictSame(
      freshnessLifetime(row.given, directives, row.rule ?? rule(), NOW, row.random ?? 0),
      row.expect,
    );
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
  { id: 'a list: the first', rfc: '9111 §5.1', given: ['Age: 10, 20'], expect: 10_000 },
  { id: 'two lines: the first', rfc: '9111 §5.1', given: ['Age: 10', 'Age: 0'], expect: 10_000 },
  { id: 'a negative one is ignored', rfc: '9111 §5.1', given: ['Age: -10'], expect: 0 },
  { id: 'nonsense is ignored', rfc: '9111 §5.1', given: ['Age: x, 10'], expect: 0 },
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
  t.test(`initial age: ${row.id}`, (t) => {
    const arrived = row.arrived ?? NOW;
    t.equal(initialAge(ok(...row.given), row.sent ?? arrived, arrived), row.expect);
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

const both = (whileRevalidate: number, ifError: number) => ({ whileRevalidate, ifError });
const own = { staleWhileRevalidate: 7 * SECOND, staleIfError: 9 * SECOND };
const GRANTED = 'stale-while-revalidate=1, stale-if-error=2';

const WINDOWS: readonly {
  id: string;
  rfc?: string;
  given: string;
  rule?: Partial<RouteRule>;
  expect: ReturnType<typeof staleWindows>;
  forbids?: true;
}[] = [
  { id: 'silence', given: '', expect: both(0, 0) },
  { id: "the upstream's", rfc: '5861 §3', given: GRANTED, expect: both(SECOND, 2 * SECOND) },
  { id: 'unreadable', rfc: '5861 §3', given: 'stale-while-revalidate=x, stale-if-error', expect: both(0, 0) },
  { id: "the rule's first", given: GRANTED, rule: own, expect: both(7 * SECOND, 9 * SECOND) },
  {
    id: 'the rule closes them',
    given: GRANTED,
    rule: { staleWhileRevalidate: 0, staleIfError: 0 },
    expect: both(0, 0),
  },
  { id: 'the upstream ignored', given: GRANTED, rule: { origin: 'ignore' }, expect: both(0, 0) },
  {
    id: 'must-revalidate',
    rfc: '9111 §5.2.2.2',
    given: `${GRANTED}, must-revalidate`,
    rule: own,
    expect: both(0, 0),
    forbids: true,
  },
  {
    id: 'must-revalidate, the upstream ignored',
    given: 'must-revalidate',
    rule: { ...own, origin: 'ignore' },
    expect: both(0, 0),
    forbids: true,
  },
  {
    id: 'proxy-revalidate',
    rfc: '9111 §5.2.2.8',
    given: 'proxy-revalidate',
    rule: own,
    expect: both(0, 0),
    forbids: true,
  },
  {
    id: 's-maxage',
    rfc: '9111 §5.2.2.10',
    given: 's-maxage=5',
    rule: own,
    expect: both(0, 0),
    forbids: true,
  },
  {
    id: 's-maxage and one grant',
    rfc: '9111 §5.2.2.10',
    given: 's-maxage=5, stale-while-revalidate=1',
    rule: own,
    expect: both(7 * SECOND, 0),
    forbids: true,
  },
  {
    id: 's-maxage and both grants',
    rfc: '9111 §5.2.2.10',
    given: `s-maxage=5, ${GRANTED}`,
    expect: both(SECOND, 2 * SECOND),
    forbids: true,
  },
  {
    id: 's-maxage, ignored',
    given: 's-maxage=5',
    rule: { ...own, origin: 'ignore' },
    expect: both(7 * SECOND, 9 * SECOND),
    forbids: true,
  },
];

for (const row of WINDOWS) {
  t.test(`windows: ${row.id}`, (t) => {
    const directives = cacheControl(lines(`Cache-Control: ${row.given}`));
    t.strictSame(staleWindows(directives, rule(row.rule)), row.expect);
    t.equal(forbidsStale(directives), row.forbids ?? false);
    t.end();
  });
}

t.test('a response is of no use after its last window', (t) => {
  const over = { initialAge: 10 * SECOND, staleWhileRevalidate: SECOND, staleIfError: 2 * SECOND };
  t.equal(uselessAfter(stored(over), 0), NOW + 52 * SECOND);
  t.equal(uselessAfter(stored(over), HOUR), NOW + 50 * SECOND + HOUR);
  t.equal(uselessAfter(stored({ ...over, lifetime: 0 }), 0), NOW + 2 * SECOND);
  t.end();
});
