import t from 'tap';
import { decideReuse, type Reuse } from '../../src/policy/reuse.ts';
import type { StoredResponse } from '../../src/policy/stored-response.ts';
import { get, NOW, rule, SECOND, stored } from './given.ts';

const WINDOWS = { staleWhileRevalidate: 600 * SECOND, staleIfError: 600 * SECOND };
const beyond = (ttl: number): Reuse => ({
  kind: 'validate',
  ttl,
  reason: 'stale',
  detail: 'beyond-lease',
  ifError: false,
});
const reuse = (ttl: number): Reuse => ({ kind: 'reuse', ttl, refresh: false });

/** `at`: s since its request was sent; fresh for 60, trusted for 30. */
const ROWS: readonly {
  id: string;
  at: number;
  stored?: Partial<StoredResponse>;
  softPurged?: true;
  directives?: string;
  cap?: number;
  expect: Reuse;
}[] = [
  { id: 'just stored', at: 0, expect: reuse(60 * SECOND) },
  { id: 'as old as the cap', at: 30, expect: reuse(30 * SECOND) },
  { id: 'older by a ms', at: 30.001, expect: beyond(29.999 * SECOND) },
  { id: 'no cap', at: 59, cap: Number.POSITIVE_INFINITY, expect: reuse(SECOND) },
  { id: 'a cap of nothing', at: 0.001, cap: 0, expect: beyond(59.999 * SECOND) },
  { id: 'stored in the future: by a clock that was set back', at: -0.001, expect: beyond(60 * SECOND) },
  {
    id: 'in the future, and no cap',
    at: -10,
    cap: Number.POSITIVE_INFINITY,
    expect: reuse(60 * SECOND),
  },
  {
    id: 'an upstream cache had it for long: it is trusted since it was asked for',
    at: 10,
    stored: { initialAge: 40 * SECOND },
    expect: reuse(10 * SECOND),
  },
  { id: 'no window is open for it', at: 65, stored: WINDOWS, expect: beyond(-5 * SECOND) },
  {
    id: 'under the cap windows are as ever',
    at: 25,
    stored: { ...WINDOWS, lifetime: 20 * SECOND },
    expect: { kind: 'reuse-stale', ttl: -5 * SECOND, revalidate: true },
  },
  { id: 'softly purged', at: 31, stored: WINDOWS, softPurged: true, expect: beyond(29 * SECOND) },
  { id: 'the client would take it stale', at: 65, directives: 'max-stale', expect: beyond(-5 * SECOND) },
  {
    id: 'another rule comes first',
    at: 31,
    stored: { rule: 'f2' },
    expect: { kind: 'unusable', detail: 'rule-changed' },
  },
];

for (const row of ROWS) {
  t.test(row.id, (t) => {
    const { cap = 30 * SECOND, softPurged = false, directives } = row;
    const asked = directives === undefined ? get() : get(`Cache-Control: ${directives}`);
    const now = NOW + row.at * SECOND;
    t.strictSame(decideReuse(asked, stored(row.stored), rule(), softPurged, now, cap), row.expect);
    t.end();
  });
}
