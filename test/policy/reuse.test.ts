import t from 'tap';
import type { RequestHead } from '../../src/policy/request.ts';
import { decideReuse, type Reuse } from '../../src/policy/reuse.ts';
import type { RouteRule } from '../../src/policy/route-rule.ts';
import type { StoredResponse } from '../../src/policy/stored-response.ts';
import { get, lines, NOW, rule, SECOND, stored } from './given.ts';

const reuse = (ttl: number, refresh = false): Reuse => ({ kind: 'reuse', ttl, refresh });
const stale = (ttl: number, revalidate: boolean): Reuse => ({ kind: 'reuse-stale', ttl, revalidate });
const validate = (ttl: number, over: Partial<Reuse & { kind: 'validate' }> = {}): Reuse => ({
  kind: 'validate',
  ttl,
  reason: 'stale',
  detail: undefined,
  ifError: false,
  ...over,
});
const asked = { reason: 'request', detail: 'request-directive' } as const;
const ask = (directives: string) => get(`Cache-Control: ${directives}`);

const IMMUTABLE = { fields: lines('Cache-Control: max-age=60, immutable') };
const WINDOWS = { staleWhileRevalidate: 10 * SECOND, staleIfError: 20 * SECOND };

/** `at`: s since it was stored, fresh for 60. */
const ROWS: readonly {
  id: string;
  rfc?: string;
  at: number;
  stored?: Partial<StoredResponse>;
  request?: RequestHead;
  rule?: Partial<RouteRule>;
  softPurged?: true;
  expect: Reuse;
}[] = [
  { id: 'fresh', rfc: '9111 §4.2', at: 59, expect: reuse(SECOND) },
  { id: 'at the end of its lifetime', rfc: '9111 §4.2', at: 60, expect: validate(0) },
  { id: 'stale', rfc: '9111 §4.2.4', at: 61, expect: validate(-SECOND) },
  {
    id: 'aged before it came',
    rfc: '9111 §4.2.3',
    at: 10,
    stored: { initialAge: 50 * SECOND },
    expect: validate(0),
  },
  { id: 'a clock that was set back', at: -3600, expect: reuse(60 * SECOND) },
  {
    id: 'stored by another rule',
    at: 0,
    stored: { rule: 'f2' },
    expect: { kind: 'unusable', detail: 'rule-changed' },
  },
  {
    id: 'no-cache',
    rfc: '9111 §5.2.2.4',
    at: 0,
    stored: { alwaysValidate: true, ...WINDOWS },
    expect: validate(60 * SECOND, { detail: 'no-cache' }),
  },
  {
    id: 'no-cache, max-stale',
    rfc: '9111 §5.2.2.4',
    at: 70,
    stored: { alwaysValidate: true },
    request: ask('max-stale'),
    expect: validate(-10 * SECOND, { detail: 'no-cache' }),
  },

  { id: 'while revalidating', rfc: '5861 §3', at: 65, stored: WINDOWS, expect: stale(-5 * SECOND, true) },
  {
    id: 'at the end of that window',
    rfc: '5861 §3',
    at: 70,
    stored: WINDOWS,
    expect: stale(-10 * SECOND, true),
  },
  {
    id: 'beyond it: if the upstream fails',
    rfc: '5861 §4',
    at: 70.001,
    stored: WINDOWS,
    expect: validate(-10_001, { ifError: true }),
  },
  {
    id: 'at the end of that too',
    rfc: '5861 §4',
    at: 80,
    stored: WINDOWS,
    expect: validate(-20 * SECOND, { ifError: true }),
  },
  { id: 'beyond both', rfc: '5861 §4', at: 80.001, stored: WINDOWS, expect: validate(-20_001) },

  {
    id: 'soft purged, fresh',
    at: 10,
    softPurged: true,
    expect: validate(0, { detail: 'soft-purged' }),
  },
  {
    id: 'soft purged, fresh, windows',
    at: 10,
    stored: WINDOWS,
    softPurged: true,
    expect: stale(0, true),
  },
  {
    id: 'soft purged, within its windows',
    at: 75,
    stored: WINDOWS,
    softPurged: true,
    expect: validate(-15 * SECOND, { detail: 'soft-purged', ifError: true }),
  },
  {
    id: 'soft purged, beyond its windows',
    at: 3600,
    stored: WINDOWS,
    softPurged: true,
    expect: validate(-3540 * SECOND, { detail: 'soft-purged' }),
  },
  {
    id: 'soft purged, max-stale',
    at: 10,
    softPurged: true,
    request: ask('max-stale'),
    expect: validate(0, { detail: 'soft-purged' }),
  },

  { id: 'eager refresh not due', at: 44, rule: { eagerRefresh: 0.75 }, expect: reuse(16 * SECOND) },
  { id: 'eager refresh due', at: 45, rule: { eagerRefresh: 0.75 }, expect: reuse(15 * SECOND, true) },

  {
    id: 'the client: no-cache',
    rfc: '9111 §5.2.1.4',
    at: 0,
    stored: WINDOWS,
    request: ask('no-cache'),
    expect: validate(60 * SECOND, asked),
  },
  {
    id: 'the client: Pragma',
    rfc: '9111 §5.4',
    at: 0,
    request: get('Pragma: x, No-Cache'),
    expect: validate(60 * SECOND, asked),
  },
  {
    id: 'Pragma beside Cache-Control',
    rfc: '9111 §5.4',
    at: 0,
    request: get('Pragma: no-cache', 'Cache-Control: max-age=9'),
    expect: reuse(60 * SECOND),
  },
  {
    id: 'max-age that holds',
    rfc: '9111 §5.2.1.1',
    at: 10,
    request: ask('max-age=10'),
    expect: reuse(50 * SECOND),
  },
  {
    id: 'max-age that does not',
    rfc: '9111 §5.2.1.1',
    at: 11,
    stored: WINDOWS,
    request: ask('max-age=10'),
    expect: validate(49 * SECOND, { ...asked, ifError: true }),
  },
  {
    id: 'max-age=0 on reload',
    rfc: '9111 §5.2.1.1',
    at: 0.001,
    request: ask('max-age=0'),
    expect: validate(59_999, asked),
  },
  { id: 'an unreadable max-age', at: 1, request: ask('max-age=x'), expect: validate(59 * SECOND, asked) },
  {
    id: 'max-age: nothing stale',
    rfc: '9111 §5.2.1.1',
    at: 65,
    stored: WINDOWS,
    request: ask('max-age=100'),
    expect: validate(-5 * SECOND, { ifError: true }),
  },
  {
    id: 'min-fresh that holds',
    rfc: '9111 §5.2.1.3',
    at: 50,
    request: ask('min-fresh=10'),
    expect: reuse(10 * SECOND),
  },
  {
    id: 'min-fresh that does not',
    rfc: '9111 §5.2.1.3',
    at: 51,
    request: ask('min-fresh=10'),
    expect: validate(9 * SECOND, asked),
  },
  {
    id: 'min-fresh: nothing stale',
    rfc: '9111 §5.2.1.3',
    at: 65,
    stored: WINDOWS,
    request: ask('min-fresh=1'),
    expect: validate(-5 * SECOND, { ifError: true }),
  },
  {
    id: 'min-fresh against max-stale',
    at: 65,
    request: ask('min-fresh=1, max-stale'),
    expect: validate(-5 * SECOND),
  },
  {
    id: 'max-stale',
    rfc: '9111 §5.2.1.2',
    at: 3600,
    request: ask('max-stale'),
    expect: stale(-3540 * SECOND, false),
  },
  {
    id: 'max-stale that holds',
    rfc: '9111 §5.2.1.2',
    at: 65,
    request: ask('max-stale=5'),
    expect: stale(-5 * SECOND, false),
  },
  {
    id: 'max-stale that does not',
    rfc: '9111 §5.2.1.2',
    at: 66,
    request: ask('max-stale=5'),
    expect: validate(-6 * SECOND),
  },
  { id: 'an unreadable max-stale', at: 65, request: ask('max-stale=x'), expect: validate(-5 * SECOND) },
  { id: 'a broken max-stale', at: 65, request: ask('max-stale; x'), expect: validate(-5 * SECOND) },
  {
    id: 'max-stale within max-age',
    at: 65,
    request: ask('max-stale, max-age=65'),
    expect: stale(-5 * SECOND, false),
  },
  {
    id: 'max-stale beyond max-age',
    at: 66,
    request: ask('max-stale, max-age=65'),
    expect: validate(-6 * SECOND),
  },
  {
    id: 'max-stale against must-revalidate',
    rfc: '9111 §5.2.2.2',
    at: 65,
    stored: { mustRevalidate: true },
    request: ask('max-stale'),
    expect: validate(-5 * SECOND),
  },
  {
    id: 'a client that is not heard',
    at: 65,
    request: ask('no-cache, max-stale'),
    rule: { requestDirectives: 'ignore' },
    expect: validate(-5 * SECOND),
  },
  {
    id: 'a client that is not heard, fresh',
    at: 5,
    request: ask('no-cache'),
    rule: { requestDirectives: 'ignore' },
    expect: reuse(55 * SECOND),
  },
  {
    id: 'no-store of the client forbids storing alone',
    rfc: '9111 §5.2.1.5',
    at: 5,
    request: ask('no-store'),
    expect: reuse(55 * SECOND),
  },

  {
    id: 'immutable: a reload is answered',
    rfc: '8246 §2.1',
    at: 5,
    stored: IMMUTABLE,
    request: ask('max-age=0'),
    expect: reuse(55 * SECOND),
  },
  {
    id: 'immutable in a targeted field',
    rfc: '8246 §2.1',
    at: 5,
    stored: { fields: lines('CDN-Cache-Control: max-age=60, immutable', 'Cache-Control: no-store') },
    request: ask('max-age=0'),
    rule: { targetedFields: ['cdn-cache-control'] },
    expect: reuse(55 * SECOND),
  },
  {
    id: 'immutable behind a targeted field does not count',
    rfc: '9213 §2.2',
    at: 5,
    stored: { fields: lines('CDN-Cache-Control: max-age=60', 'Cache-Control: max-age=60, immutable') },
    request: ask('max-age=0'),
    rule: { targetedFields: ['cdn-cache-control'] },
    expect: validate(55 * SECOND, asked),
  },
  {
    id: 'immutable, the upstream ignored',
    at: 5,
    stored: IMMUTABLE,
    request: ask('max-age=0'),
    rule: { origin: 'ignore' },
    expect: validate(55 * SECOND, asked),
  },
  {
    id: 'immutable: a forced reload asks past it',
    rfc: '8246 §2.1',
    at: 5,
    stored: IMMUTABLE,
    request: ask('no-cache'),
    expect: validate(55 * SECOND, asked),
  },
  {
    id: 'immutable only while fresh',
    rfc: '8246 §2',
    at: 60,
    stored: IMMUTABLE,
    request: ask('max-age=0'),
    expect: validate(0),
  },
  {
    id: 'immutable says nothing of min-fresh',
    rfc: '9111 §5.2.1.3',
    at: 5,
    stored: IMMUTABLE,
    request: ask('min-fresh=56'),
    expect: validate(55 * SECOND, asked),
  },
  {
    id: 'an unreadable min-fresh asks for nothing',
    rfc: '9111 §5.2.1',
    at: 59,
    request: ask('min-fresh=x'),
    expect: reuse(SECOND),
  },
  {
    id: 'a negative max-age: nothing is young enough',
    rfc: '9111 §1.2.2',
    at: 0.001,
    request: ask('max-age=-1'),
    expect: validate(59_999, asked),
  },
  {
    id: 'max-stale does not make the fresh too old',
    rfc: '9111 §5.2.1.2',
    at: 5,
    request: ask('max-stale=0'),
    expect: reuse(55 * SECOND),
  },
  {
    id: 'max-stale of a client that is not heard',
    rfc: '9111 §5.2.1',
    at: 65,
    request: ask('max-stale'),
    rule: { requestDirectives: 'ignore' },
    expect: validate(-5 * SECOND),
  },
];

for (const row of ROWS) {
  t.test(row.id, (t) => {
    const decision = decideReuse(
      row.request ?? get(),
      stored(row.stored),
      rule(row.rule),
      row.softPurged ?? false,
      NOW + row.at * SECOND,
    );
    t.strictSame(decision, row.expect);
    t.end();
  });
}
