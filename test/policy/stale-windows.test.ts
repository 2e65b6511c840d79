import t from 'tap';
import { cacheControl } from '../../src/policy/cache-control.ts';
import type { RouteRule } from '../../src/policy/route-rule.ts';
import { type RuledWindows, ruledWindows } from '../../src/policy/rule-windows.ts';
import { forbidsStale, grantedWindows, type StaleWindows } from '../../src/policy/stale-windows.ts';
import { lines, rule, SECOND } from './given.ts';

const both = (whileRevalidate: number, ifError: number): StaleWindows => ({ whileRevalidate, ifError });
const GRANTED = 'stale-while-revalidate=1, stale-if-error=2';
const directivesOf = (given: string) => cacheControl(lines(`Cache-Control: ${given}`));

const GRANTS: readonly { id: string; rfc: string; given: string; expect: StaleWindows; forbids?: true }[] = [
  { id: 'silence', rfc: '9111 §4.2.4', given: '', expect: both(0, 0) },
  { id: 'both', rfc: '5861 §3', given: GRANTED, expect: both(SECOND, 2 * SECOND) },
  { id: 'unreadable', rfc: '5861 §3', given: 'stale-while-revalidate=x, stale-if-error', expect: both(0, 0) },
  {
    id: 'must-revalidate',
    rfc: '9111 §5.2.2.2',
    given: `${GRANTED}, must-revalidate`,
    expect: both(0, 0),
    forbids: true,
  },
  {
    id: 'proxy-revalidate',
    rfc: '9111 §5.2.2.8',
    given: `${GRANTED}, proxy-revalidate`,
    expect: both(0, 0),
    forbids: true,
  },
  { id: 's-maxage', rfc: '9111 §5.2.2.10', given: 's-maxage=5', expect: both(0, 0), forbids: true },
  {
    id: 's-maxage and grants',
    rfc: '9111 §5.2.3',
    given: `s-maxage=5, ${GRANTED}`,
    expect: both(SECOND, 2 * SECOND),
    forbids: true,
  },
];

for (const { id, rfc, given, expect, forbids } of GRANTS) {
  t.test(`granted: ${id} (RFC ${rfc})`, (t) => {
    t.strictSame(grantedWindows(directivesOf(given)), expect);
    t.equal(forbidsStale(directivesOf(given)), forbids ?? false);
    t.end();
  });
}

const own = { staleWhileRevalidate: 7 * SECOND, staleIfError: 9 * SECOND };
const ruled = (
  whileRevalidate: number,
  ifError: number,
  ...reasons: RuledWindows['reasons']
): RuledWindows => ({ whileRevalidate, ifError, reasons });

const RULED: readonly {
  id: string;
  rfc: string;
  given: string;
  rule: Partial<RouteRule>;
  expect: RuledWindows;
}[] = [
  { id: 'no word of the rule', rfc: '5861 §3', given: GRANTED, rule: {}, expect: ruled(SECOND, 2 * SECOND) },
  {
    id: "the rule's first",
    rfc: '9111 §4.2.4',
    given: GRANTED,
    rule: own,
    expect: ruled(7 * SECOND, 9 * SECOND, 'rule-stale-window'),
  },
  {
    id: 'the rule says the same',
    rfc: '9111 §4.2.4',
    given: GRANTED,
    rule: { staleWhileRevalidate: SECOND, staleIfError: 2 * SECOND },
    expect: ruled(SECOND, 2 * SECOND),
  },
  {
    id: 'the rule closes them',
    rfc: '5861 §3',
    given: GRANTED,
    rule: { staleWhileRevalidate: 0, staleIfError: 0 },
    expect: ruled(0, 0, 'rule-stale-window'),
  },
  {
    id: 'the upstream ignored',
    rfc: '5861 §3',
    given: GRANTED,
    rule: { origin: 'ignore' },
    expect: ruled(0, 0, 'origin-ignored'),
  },
  {
    id: 'the upstream ignored, which grants nothing',
    rfc: '5861 §3',
    given: 'max-age=5',
    rule: { origin: 'ignore' },
    expect: ruled(0, 0),
  },
  {
    id: 'the upstream ignored for one, the rule for the other',
    rfc: '5861 §3',
    given: GRANTED,
    rule: { origin: 'ignore', staleIfError: 9 * SECOND },
    expect: ruled(0, 9 * SECOND, 'origin-ignored', 'rule-stale-window'),
  },
  {
    id: 'must-revalidate',
    rfc: '9111 §5.2.2.2',
    given: `${GRANTED}, must-revalidate`,
    rule: own,
    expect: ruled(0, 0),
  },
  {
    id: 'must-revalidate, the upstream ignored',
    rfc: '9111 §5.2.2.2',
    given: 'must-revalidate',
    rule: { ...own, origin: 'ignore' },
    expect: ruled(0, 0),
  },
  { id: 'proxy-revalidate', rfc: '9111 §5.2.2.8', given: 'proxy-revalidate', rule: own, expect: ruled(0, 0) },
  { id: 's-maxage', rfc: '9111 §5.2.2.10', given: 's-maxage=5', rule: own, expect: ruled(0, 0) },
  {
    id: 's-maxage and one grant',
    rfc: '9111 §5.2.3',
    given: 's-maxage=5, stale-while-revalidate=1',
    rule: own,
    expect: ruled(7 * SECOND, 0, 'rule-stale-window'),
  },
  {
    id: 's-maxage, ignored',
    rfc: '9111 §5.2.2.10',
    given: 's-maxage=5',
    rule: { ...own, origin: 'ignore' },
    expect: ruled(7 * SECOND, 9 * SECOND, 'rule-stale-window'),
  },
];

for (const row of RULED) {
  t.test(`ruled: ${row.id} (RFC ${row.rfc})`, (t) => {
    t.strictSame(ruledWindows(directivesOf(row.given), rule(row.rule)), row.expect);
    t.end();
  });
}
