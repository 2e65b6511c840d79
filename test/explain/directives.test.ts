import t from 'tap';
import { readSaid } from '../../src/explain/upstream-reading.ts';
import type { RouteRule } from '../../src/policy/route-rule.ts';
import { request, rule } from '../policy/given.ts';

const AT = Date.UTC(2024, 0, 1);

interface Row {
  readonly id: string;
  readonly rule?: Partial<RouteRule>;
  readonly status?: number;
  readonly fields?: readonly string[];
  readonly isUnproven?: boolean;
  /** `text effect by`. */
  readonly expect: readonly string[];
}

const UNSAFE = rule({}).unsafe;

const ROWS: readonly Row[] = [
  {
    id: 'two lifetimes',
    fields: ['Cache-Control', 'max-age=60, s-maxage=10'],
    expect: ['200 none null', 'max-age=60 overridden s-maxage', 's-maxage=10 allows null'],
  },
  {
    id: 'a lifetime of the rule alone',
    rule: { origin: 'ignore', ttl: 1 },
    fields: ['Cache-Control', 'max-age=60'],
    expect: ['200 none null', 'max-age=60 overridden origin: ignore'],
  },
  {
    id: 'a bound',
    rule: { maxTtl: 30_000 },
    fields: ['Cache-Control', 'max-age=60'],
    expect: ['200 none null', 'max-age=60 limits max-ttl: 30s'],
  },
  {
    id: 'an unreadable one',
    fields: ['Cache-Control', 'max-age=x'],
    expect: ['200 none null', 'max-age=x forbids null'],
  },
  {
    id: 'no lifetime at all',
    fields: ['Cache-Control', 'max-age=0'],
    expect: ['200 none null', 'max-age=0 limits null'],
  },
  { id: 'private', fields: ['Cache-Control', 'private'], expect: ['200 none null', 'private forbids null'] },
  {
    id: 'private, by a switch',
    rule: { unsafe: { ...UNSAFE, storePrivate: true } },
    fields: ['Cache-Control', 'private="a"'],
    expect: ['200 none null', 'private=a overridden unsafe.store-private'],
  },
  {
    id: 'no-store',
    fields: ['Cache-Control', 'no-store'],
    expect: ['200 none null', 'no-store forbids null'],
  },
  {
    id: 'no-store beside must-understand',
    fields: ['Cache-Control', 'no-store, must-understand'],
    expect: ['200 none null', 'no-store overridden must-understand', 'must-understand limits null'],
  },
  {
    id: 'no-cache',
    fields: ['Cache-Control', 'no-cache'],
    expect: ['200 none null', 'no-cache limits null'],
  },
  {
    id: 'no-cache that is not heard',
    rule: { origin: 'ignore' },
    fields: ['Cache-Control', 'no-cache'],
    expect: ['200 none null', 'no-cache overridden origin: ignore'],
  },
  {
    id: 'a window of the rule',
    rule: { staleIfError: 60_000 },
    fields: ['Cache-Control', 'stale-if-error=5, stale-while-revalidate=5'],
    expect: [
      '200 none null',
      'stale-if-error=5 overridden stale-if-error: 1m',
      'stale-while-revalidate=5 allows null',
    ],
  },
  {
    id: 'a window that is closed',
    fields: ['Cache-Control', 'stale-if-error=5, must-revalidate'],
    expect: ['200 none null', 'stale-if-error=5 overridden must-revalidate', 'must-revalidate limits null'],
  },
  {
    id: 'a targeted field',
    rule: { targetedFields: ['cdn-cache-control'] },
    fields: ['Cache-Control', 'no-store', 'CDN-Cache-Control', 'max-age=5'],
    expect: ['200 none null', 'max-age=5 allows null', 'no-store overridden cdn-cache-control'],
  },
  {
    id: 'a targeted field that cannot be read',
    rule: { targetedFields: ['cdn-cache-control'] },
    fields: ['CDN-Cache-Control', '(('],
    expect: ['200 none null', '(( none null'],
  },
  {
    id: 'what nobody knows',
    fields: ['Cache-Control', '__proto__=1, constructor, odd'],
    expect: ['200 none null', '__proto__=1 none null', 'constructor none null', 'odd none null'],
  },
  {
    id: 'Expires beside max-age',
    fields: ['Expires', '0', 'Cache-Control', 'max-age=5'],
    expect: ['200 none null', 'max-age=5 allows null', '0 overridden max-age'],
  },
  {
    id: 'Expires that cannot be read',
    fields: ['Expires', '0'],
    expect: ['200 none null', '0 forbids null'],
  },
  {
    id: 'Expires',
    fields: ['Expires', 'Mon, 01 Jan 2024 00:01:00 GMT'],
    expect: ['200 none null', 'Mon, 01 Jan 2024 00:01:00 GMT allows null'],
  },
  { id: 'Age', fields: ['Age', '10'], expect: ['200 none null', '10 limits null'] },
  {
    id: 'Age that cannot be read',
    rule: { unreadableAge: 'stale' },
    fields: ['Age', 'x'],
    expect: ['200 none null', 'x forbids unreadable-age: stale'],
  },
  {
    id: 'Vary',
    rule: { varyLimit: 1 },
    fields: ['Vary', 'a, b'],
    expect: ['200 none null', 'a, b forbids vary.limit: 1'],
  },
  {
    id: 'Vary of cookies',
    fields: ['Vary', 'Cookie'],
    expect: ['200 none null', 'Cookie forbids cookies: bypass'],
  },
  { id: 'Set-Cookie', fields: ['Set-Cookie', 'a'], expect: ['200 none null', 'a forbids null'] },
  {
    id: 'Set-Cookie, by a switch',
    rule: { unsafe: { ...UNSAFE, storeWithoutSetCookie: true } },
    fields: ['Set-Cookie', 'a'],
    expect: ['200 none null', 'a overridden unsafe.store-without-set-cookie'],
  },
  {
    id: 'a status with a lifetime',
    rule: { statusTtl: new Map([[404, 5_000]]) },
    status: 404,
    expect: ['404 allows status-ttl'],
  },
  { id: 'a status of one client', status: 429, expect: ['429 forbids null'] },
  { id: 'a status of one request', status: 412, expect: ['412 forbids null'] },
  { id: 'a part', status: 206, expect: ['206 forbids null'] },
  {
    id: 'a body without an end',
    isUnproven: true,
    expect: ['200 none null', 'until the connection ends forbids null'],
  },
];

for (const { id, rule: over = {}, status = 200, fields = [], isUnproven = false, expect } of ROWS) {
  t.test(id, async (t) => {
    const said = { status, fields, isUnproven, at: AT };
    const words = readSaid(request(), said, rule({ heuristic: 0, cookies: 'bypass', ...over }));
    t.same(
      words.map(({ text, effect, by }) => `${text} ${effect} ${by}`),
      expect,
    );
    t.ok(words.every(({ means }) => means.length > 5));
  });
}
