import t from 'tap';
import type { ResponseHead } from '../../src/policy/request.ts';
import type { RouteRule } from '../../src/policy/route-rule.ts';
import { type RuledLifetime, ruledLifetime } from '../../src/policy/rule-lifetime.ts';
import { responseDirectives } from '../../src/policy/targeted-fields.ts';
import { answer, NOW, ok, rule, SECOND } from './given.ts';

const of = (lifetime: number | undefined, ...reasons: RuledLifetime['reasons']): RuledLifetime => ({
  lifetime,
  reasons,
});
const ruled = rule({ ttl: 10 * SECOND, statusTtl: new Map([[404, SECOND]]) });
const guessing = rule({ heuristic: 0.1 });
const MINUTE = 'Cache-Control: max-age=60';
const HOUR_BEFORE = 'Last-Modified: Sun, 06 Nov 1994 07:49:37 GMT';

const ROWS: readonly {
  id: string;
  rfc?: string;
  given: ResponseHead;
  rule?: RouteRule;
  random?: number;
  expect: RuledLifetime;
}[] = [
  { id: 'silence', rfc: '9111 §4.2.1', given: ok(), expect: of(undefined) },
  { id: 'the upstream alone', rfc: '9111 §4.2.1', given: ok(MINUTE), expect: of(60 * SECOND) },
  {
    id: 'the rule where the upstream is silent',
    given: ok(),
    rule: ruled,
    expect: of(10 * SECOND, 'rule-ttl'),
  },
  { id: 'the rule behind the upstream', given: ok(MINUTE), rule: ruled, expect: of(60 * SECOND) },
  {
    id: 'the rule behind an upstream that cannot be read',
    rfc: '9111 §4.2.1',
    given: ok('Cache-Control: max-age=x'),
    rule: ruled,
    expect: of(0),
  },
  {
    id: 'the rule alone',
    given: ok(MINUTE),
    rule: { ...ruled, origin: 'ignore' },
    expect: of(10 * SECOND, 'origin-ignored', 'rule-ttl'),
  },
  {
    id: 'the rule alone, nothing to ignore',
    given: ok(),
    rule: { ...ruled, origin: 'ignore' },
    expect: of(10 * SECOND, 'rule-ttl'),
  },
  {
    id: 'the upstream ignored, the rule silent',
    given: answer(500, MINUTE),
    rule: { ...ruled, origin: 'ignore' },
    expect: of(undefined, 'origin-ignored'),
  },
  { id: 'the status first', given: answer(404), rule: ruled, expect: of(SECOND, 'rule-status-ttl') },
  ...[200, 203, 204, 300, 301, 308].map((status) => ({
    id: `ttl covers ${status}`,
    given: answer(status),
    rule: ruled,
    expect: of(10 * SECOND, 'rule-ttl'),
  })),
  ...[302, 307, 400, 403, 405, 410, 500, 503].map((status) => ({
    id: `ttl does not cover ${status}`,
    given: answer(status),
    rule: ruled,
    expect: of(undefined),
  })),

  {
    id: 'a guess where nobody says',
    rfc: '9111 §4.2.2',
    given: ok(HOUR_BEFORE),
    rule: guessing,
    expect: of(360 * SECOND, 'heuristic'),
  },
  {
    id: 'no guess where the rule makes none',
    rfc: '9111 §4.2.2',
    given: ok(HOUR_BEFORE),
    expect: of(undefined),
  },
  {
    id: 'no guess beside an explicit lifetime',
    rfc: '9111 §4.2.2',
    given: ok(HOUR_BEFORE, 'Cache-Control: max-age=0'),
    rule: guessing,
    expect: of(0),
  },
  {
    id: 'no guess beside one that cannot be read',
    rfc: '9111 §4.2.2',
    given: ok(HOUR_BEFORE, 'Expires: 0'),
    rule: guessing,
    expect: of(0),
  },
  {
    id: 'no guess where the upstream is ignored',
    given: ok(HOUR_BEFORE),
    rule: { ...guessing, origin: 'ignore' },
    expect: of(undefined),
  },
  {
    id: 'ttl before a guess',
    given: ok(HOUR_BEFORE),
    rule: { ...ruled, heuristic: 0.1 },
    expect: of(10 * SECOND, 'rule-ttl'),
  },
  {
    id: 'a guess where ttl does not cover the status',
    rfc: '9111 §4.2.2',
    given: answer(410, HOUR_BEFORE),
    rule: { ...ruled, heuristic: 0.1 },
    expect: of(360 * SECOND, 'heuristic'),
  },
  {
    id: 'max-ttl bounds a guess',
    given: ok(HOUR_BEFORE),
    rule: { ...guessing, maxTtl: 5 * SECOND },
    expect: of(5 * SECOND, 'heuristic', 'rule-max-ttl'),
  },

  {
    id: 'max-ttl bounds the upstream',
    given: ok(MINUTE),
    rule: rule({ maxTtl: 5 * SECOND }),
    expect: of(5 * SECOND, 'rule-max-ttl'),
  },
  {
    id: 'max-ttl lengthens nothing',
    given: ok('Cache-Control: max-age=1'),
    rule: rule({ maxTtl: 5 * SECOND }),
    expect: of(SECOND),
  },
  {
    id: 'jitter shortens',
    given: ok(),
    rule: { ...ruled, jitter: 0.2 },
    random: 0.5,
    expect: of(9 * SECOND, 'rule-ttl', 'rule-jitter'),
  },
  {
    id: 'jitter at its least',
    given: ok(),
    rule: { ...ruled, jitter: 0.2 },
    expect: of(10 * SECOND, 'rule-ttl'),
  },
  {
    id: 'whole milliseconds',
    given: ok(),
    rule: { ...ruled, jitter: 1 / 3 },
    random: 0.5,
    expect: of(8333, 'rule-ttl', 'rule-jitter'),
  },

  {
    id: 'an Age that cannot be read, ignored',
    rfc: '9111 §5.1',
    given: ok(MINUTE, 'Age: x'),
    expect: of(60 * SECOND),
  },
  {
    id: 'an Age that cannot be read, taken as old',
    given: ok(MINUTE, 'Age: 0, 0'),
    rule: rule({ unreadableAge: 'stale' }),
    expect: of(0, 'unreadable-age'),
  },
  {
    id: 'an Age that can be read',
    given: ok(MINUTE, 'Age: 5'),
    rule: rule({ unreadableAge: 'stale' }),
    expect: of(60 * SECOND),
  },
];

for (const row of ROWS) {
  t.test(row.rfc === undefined ? row.id : `${row.id} (RFC ${row.rfc})`, (t) => {
    const of = row.rule ?? rule();
    const given = responseDirectives(row.given.fields, of.targetedFields);
    const times = { responseTime: NOW, random: row.random ?? 0 };
    t.strictSame(ruledLifetime(row.given, given, of, times), row.expect);
    t.end();
  });
}
