import t from 'tap';
import type { Detail } from '../../src/policy/cache-status.ts';
import type { RequestHead, ResponseHead } from '../../src/policy/request.ts';
import type { RouteRule } from '../../src/policy/route-rule.ts';
import { decideStorage, type Storage, type StorageTerms } from '../../src/policy/storability.ts';
import { answer, catchAll, get, KEY, lines, NOW, NOW_DATE, ok, rule, SECOND } from './given.ts';

const TIMES = { requestTime: NOW - 20, responseTime: NOW, random: 0 };
const decide = (response: ResponseHead, from: RouteRule = catchAll(), request: RequestHead = get()) =>
  decideStorage(request, response, from, TIMES);

const FRESH = 'Cache-Control: max-age=60';
const HOUR_BEFORE = 'Last-Modified: Sun, 06 Nov 1994 07:49:37 GMT';
const TARGETED = catchAll({ targetedFields: ['cdn-cache-control'] });
const AUTHORIZED = get('Authorization: Bearer x');
const unsafe = (over: Partial<RouteRule['unsafe']>) => ({ ...rule().unsafe, ...over });
const stripped = (name: string): RouteRule['requestFields'] => ({
  strip: new Set([name]),
  forward: new Set(),
  normalise: new Set(),
  unknown: 'bypass',
});

interface Row {
  id: string;
  rfc?: string;
  given: ResponseHead;
  rule?: RouteRule;
  request?: RequestHead;
  reasons?: Storage['reasons'];
}

const PASSED: readonly (Row & { expect: Detail; subject?: string })[] = [
  {
    id: 'no-store, a rule ttl',
    given: ok('Cache-Control: no-store'),
    rule: rule({ ttl: 1 }),
    expect: 'response-no-store',
  },
  {
    id: 'no-store, the upstream ignored',
    given: ok('Cache-Control: no-store'),
    rule: rule({ ttl: 1, origin: 'ignore' }),
    expect: 'response-no-store',
  },
  {
    id: 'private, the upstream ignored',
    given: ok('Cache-Control: private'),
    rule: rule({ ttl: 1, origin: 'ignore' }),
    expect: 'response-private',
  },
  {
    id: 'Set-Cookie, the upstream ignored',
    given: ok('Set-Cookie: a=1'),
    rule: rule({ ttl: 1, origin: 'ignore' }),
    expect: 'set-cookie',
  },
  {
    id: 'must-understand beside no-store, not understood',
    rfc: '9111 §5.2.2.3',
    given: answer(299, `${FRESH}, must-understand, no-store`),
    rule: catchAll({ unsafe: unsafe({ storeNoStore: true }) }),
    expect: 'not-understood',
  },
  {
    id: 'a targeted field without a lifetime',
    rfc: '9213 §2.2',
    given: ok(FRESH, 'CDN-Cache-Control: none'),
    rule: TARGETED,
    reasons: ['targeted-field'],
    expect: 'no-freshness',
  },
  {
    id: 'Vary: * beside a targeted field',
    rfc: '9111 §4.1',
    given: ok('CDN-Cache-Control: max-age=60', 'Vary: *'),
    rule: TARGETED,
    reasons: ['targeted-field'],
    expect: 'vary-star',
  },
  { id: 'Vary: *', rfc: '9111 §4.1', given: ok(FRESH, 'Vary: Accept', 'Vary: *'), expect: 'vary-star' },
  {
    id: 'too many fields in Vary',
    given: ok(FRESH, 'Vary: a, b, c'),
    rule: rule({ varyLimit: 2 }),
    expect: 'vary-limit',
  },
  {
    id: 'Vary: Cookie, cookies bypassing',
    given: ok(FRESH, 'Vary: cookie'),
    rule: rule(),
    expect: 'vary-unkeyed-cookie',
  },
  {
    id: 'Vary: Cookie, cookies stripped',
    given: ok(FRESH, 'Vary: Cookie'),
    rule: rule({ cookies: 'strip' }),
    expect: 'vary-unkeyed-cookie',
  },
  { id: 'nothing says how long', given: ok('ETag: "1"'), expect: 'no-freshness' },
  { id: 'a status no ttl covers', given: answer(500), rule: rule({ ttl: 60 * SECOND }), expect: 'status' },
  {
    id: 'a status no ttl covers, a redirect',
    given: answer(302),
    rule: rule({ ttl: 60 * SECOND }),
    expect: 'status',
  },
  {
    id: 'no-cache without a validator',
    rfc: '9111 §5.2.2.4',
    given: ok('Cache-Control: no-cache'),
    expect: 'response-no-cache',
  },
  {
    id: 'no-cache beside max-age, without a validator',
    rfc: '9111 §5.2.2.4',
    given: ok('Cache-Control: no-cache, max-age=60'),
    expect: 'response-no-cache',
  },
  {
    id: 'a lifetime that passed on the way',
    rfc: '9111 §4.2',
    given: ok(),
    rule: rule({ ttl: 20 }),
    reasons: ['rule-ttl'],
    expect: 'already-stale',
  },
  {
    id: 'no-cache, an empty ETag',
    given: ok('Cache-Control: no-cache', 'ETag:'),
    expect: 'response-no-cache',
  },
  {
    id: 'no-cache, two ETags',
    given: ok('Cache-Control: no-cache', 'ETag: "1"', 'ETag: "2"'),
    expect: 'response-no-cache',
  },
  {
    id: 'no-cache, no date in Last-Modified',
    given: ok('Cache-Control: no-cache', 'Last-Modified: 0'),
    expect: 'response-no-cache',
  },
  {
    id: 'no-cache, the ETag withheld',
    given: ok('Cache-Control: no-cache, private="etag"', 'ETag: "1"'),
    rule: rule({ unsafe: unsafe({ storePrivate: true }) }),
    reasons: ['unsafe-switch'],
    expect: 'response-no-cache',
  },
  {
    id: 'no-cache on a status that needs freshness',
    rfc: '9111 §3',
    given: answer(500, 'Cache-Control: no-cache', 'ETag: "1"'),
    expect: 'no-freshness',
  },
  {
    id: 'no-cache, ignored, and no ttl for the status',
    given: ok('Cache-Control: no-cache', 'ETag: "1"'),
    rule: rule({ origin: 'ignore', statusTtl: new Map([[404, 1]]) }),
    reasons: ['origin-ignored'],
    expect: 'no-freshness',
  },
  { id: 'max-age=0', rfc: '9111 §4.2', given: ok('Cache-Control: max-age=0'), expect: 'already-stale' },
  {
    id: 'max-age=0 beside a rule ttl',
    given: ok('Cache-Control: max-age=0'),
    rule: rule({ ttl: 60 * SECOND }),
    expect: 'already-stale',
  },
  { id: 'unreadable', rfc: '9111 §4.2.1', given: ok('Cache-Control: max-age=soon'), expect: 'already-stale' },
  { id: 'Age at max-age', rfc: '9111 §4.2', given: ok(FRESH, 'Age: 60'), expect: 'already-stale' },
  { id: 'Expires: 0', rfc: '9111 §5.3', given: ok('Expires: 0'), expect: 'already-stale' },
  {
    id: 'older than its stale window',
    rfc: '5861 §3',
    given: ok(`${FRESH}, stale-while-revalidate=10`, 'Age: 70'),
    expect: 'already-stale',
  },
  {
    id: 'a window that must-revalidate closes',
    rfc: '9111 §5.2.2.2',
    given: ok('Cache-Control: max-age=0, must-revalidate, stale-if-error=60'),
    expect: 'already-stale',
  },
  {
    id: '511 is of the network between, whatever the rule names',
    rfc: '6585 §6',
    given: answer(511, FRESH),
    rule: rule({ statusTtl: new Map([[511, SECOND]]) }),
    expect: 'status',
  },
  {
    id: '431 is of one request, whatever the rule names',
    rfc: '6585 §5',
    given: answer(431, FRESH),
    rule: rule({ statusTtl: new Map([[431, SECOND]]) }),
    expect: 'status-of-request',
  },
  {
    id: 'a refusal of what has more than the limit of unkeyed fields',
    given: answer(400, FRESH),
    request: get('Accept: a', 'User-Agent: b', 'DNT: 1'),
    rule: rule({ varyLimit: 2 }),
    expect: 'unkeyed-field',
    subject: 'user-agent',
  },
  {
    id: 'the same, without a lifetime',
    given: answer(400),
    request: get('Accept: a', 'User-Agent: b', 'DNT: 1'),
    rule: rule({ varyLimit: 2, ttl: SECOND }),
    expect: 'status',
  },
  ...(
    [
      ['longer than usual', [`User-Agent: ${'a'.repeat(513)}`], 'user-agent'],
      [
        'too much together',
        Array.from({ length: 5 }, (_, i) => `Sec-CH-${i}: ${'a'.repeat(500)}`),
        'sec-ch-4',
      ],
      ['too many', Array.from({ length: 33 }, (_, i) => `Sec-CH-${i}:`), 'sec-ch-32'],
      ['a long cookie, ignored', [`Cookie: a=${'a'.repeat(513)}`], 'cookie'],
    ] as const
  ).flatMap(([what, given, subject]) =>
    [400, 404, 503].map((status) => ({
      id: `${status} that a field may be to blame for, ${what}`,
      given: answer(status, FRESH),
      rule: rule({ cookies: 'ignore', statusTtl: new Map([[status, SECOND]]) }),
      request: get(...given),
      expect: 'unkeyed-field' as const,
      subject,
    })),
  ),
];

for (const row of PASSED) {
  t.test(`pass: ${row.id}`, (t) => {
    const storage = decide(row.given, row.rule, row.request);
    t.match(storage, { kind: 'pass', detail: row.expect, subject: row.subject });
    t.strictSame(storage.reasons, row.reasons ?? []);
    t.end();
  });
}

const STORED: readonly (Row & { expect: Partial<StorageTerms> })[] = [
  {
    id: 'every term',
    rfc: '9111 §3',
    given: ok(
      'cache-control: s-maxage=60, stale-while-revalidate=5',
      'Vary: Accept, Origin',
      'age: 2',
      'Content-Length: 3',
    ),
    expect: {
      status: 200,
      fields: lines(
        'cache-control: s-maxage=60, stale-while-revalidate=5',
        'Vary: Accept, Origin',
        `Date: ${NOW_DATE}`,
      ),
      requestTime: NOW - 20,
      responseTime: NOW,
      initialAge: 2020,
      lifetime: 60 * SECOND,
      staleWhileRevalidate: 5 * SECOND,
      staleIfError: 0,
      mustRevalidate: true,
      alwaysValidate: false,
      vary: ['accept', 'origin'],
    },
  },
  {
    id: 'a status unknown to us, fresh',
    rfc: '9111 §3',
    given: answer(500, FRESH),
    expect: { status: 500, lifetime: 60 * SECOND },
  },
  {
    id: 'a rule ttl',
    given: ok(),
    rule: rule({ ttl: SECOND }),
    reasons: ['rule-ttl'],
    expect: { lifetime: SECOND },
  },
  {
    id: 'a status ttl',
    given: answer(404),
    rule: rule({ statusTtl: new Map([[404, SECOND]]) }),
    reasons: ['rule-status-ttl'],
    expect: { lifetime: SECOND },
  },
  {
    id: 'no-cache, a validator',
    rfc: '9111 §5.2.2.4',
    given: ok('Cache-Control: no-cache', 'ETag: "1"'),
    expect: { alwaysValidate: true, lifetime: 0 },
  },
  {
    id: 'no-cache, Last-Modified',
    given: ok('Cache-Control: no-cache', `Last-Modified: ${NOW_DATE}`),
    expect: { alwaysValidate: true },
  },
  {
    id: 'no-cache, the upstream ignored',
    given: ok('Cache-Control: no-cache'),
    rule: rule({ ttl: SECOND, origin: 'ignore' }),
    reasons: ['origin-ignored', 'rule-ttl'],
    expect: { alwaysValidate: false, lifetime: SECOND },
  },
  { id: 'stale, a validator', given: ok('Cache-Control: max-age=0', 'ETag: "1"'), expect: { lifetime: 0 } },
  {
    id: 'stale, a window',
    rfc: '5861 §4',
    given: ok('Cache-Control: max-age=0, stale-if-error=60'),
    expect: { lifetime: 0, staleIfError: 60 * SECOND },
  },
  {
    id: 'private, the loud switch',
    given: ok('Cache-Control: private, max-age=60'),
    rule: rule({ unsafe: unsafe({ storePrivate: true }) }),
    reasons: ['unsafe-switch'],
    expect: { lifetime: 60 * SECOND },
  },
  {
    id: 'no-store, the loud switch',
    given: ok('Cache-Control: no-store'),
    rule: rule({ ttl: SECOND, unsafe: unsafe({ storeNoStore: true }) }),
    reasons: ['unsafe-switch', 'rule-ttl'],
    expect: { lifetime: SECOND },
  },
  {
    id: 'Set-Cookie, the loud switch: never the cookie',
    given: ok(FRESH, 'Set-Cookie: a=1', 'set-cookie: b=2'),
    rule: rule({ unsafe: unsafe({ storeWithoutSetCookie: true }) }),
    reasons: ['unsafe-switch'],
    expect: { fields: lines(FRESH, `Date: ${NOW_DATE}`) },
  },
  {
    id: 'credentials, public',
    rfc: '9111 §3.5',
    given: ok('Cache-Control: public, max-age=60'),
    request: AUTHORIZED,
    expect: {},
  },
  {
    id: 'credentials, must-revalidate',
    rfc: '9111 §3.5',
    given: ok('Cache-Control: must-revalidate, max-age=60'),
    request: AUTHORIZED,
    expect: { mustRevalidate: true },
  },
  {
    id: 'credentials, s-maxage',
    rfc: '9111 §3.5',
    given: ok('Cache-Control: s-maxage=60'),
    request: AUTHORIZED,
    expect: {},
  },
  {
    id: 'credentials in the key',
    given: ok(FRESH),
    rule: rule({ key: { ...KEY, headers: ['authorization'] } }),
    request: AUTHORIZED,
    reasons: ['authorization-keyed'],
    expect: {},
  },
  {
    id: 'credentials that the upstream did not see',
    given: ok(FRESH),
    rule: rule({ requestFields: stripped('authorization') }),
    request: AUTHORIZED,
    expect: {},
  },
  {
    id: 'credentials, the loud switch',
    given: ok(FRESH),
    rule: rule({ unsafe: unsafe({ storeAuthorized: true }) }),
    request: AUTHORIZED,
    reasons: ['unsafe-switch'],
    expect: {},
  },
  {
    id: 'no-store of a client that is not heard',
    given: ok(FRESH),
    rule: rule({ requestDirectives: 'ignore' }),
    request: get('Cache-Control: no-store'),
    expect: {},
  },
  { id: 'Vary: Cookie, cookies ignored', given: ok(FRESH, 'Vary: Cookie'), expect: { vary: ['cookie'] } },
  {
    id: 'as many fields in Vary as allowed',
    given: ok(FRESH, 'Vary: a, b'),
    rule: rule({ varyLimit: 2 }),
    expect: { vary: ['a', 'b'] },
  },
  {
    id: 'fields that no-cache names stay out, but for those it takes to read the rest',
    rfc: '9111 §5.2.2.4',
    given: ok(
      'Cache-Control: max-age=60, no-cache="X-A, vary ,content-encoding"',
      'x-a: 1',
      'Vary: Accept',
      'Content-Encoding: br',
    ),
    expect: {
      alwaysValidate: false,
      fields: lines(
        'Cache-Control: max-age=60, no-cache="X-A, vary ,content-encoding"',
        'Vary: Accept',
        'Content-Encoding: br',
        `Date: ${NOW_DATE}`,
      ),
    },
  },
  ...[201, 299, 302, 303, 307, 400, 405, 499, 500, 502, 503, 504, 599].map((status) => ({
    id: `${status} with an explicit lifetime`,
    rfc: '9111 §3',
    given: answer(status, FRESH),
    expect: { status, lifetime: 60 * SECOND },
  })),
  {
    id: '429, which no cache stores, named by the rule',
    rfc: '6585 §4',
    given: answer(429),
    rule: rule({ statusTtl: new Map([[429, SECOND]]) }),
    reasons: ['rule-status', 'rule-status-ttl'],
    expect: { lifetime: SECOND },
  },
  {
    id: '429 with a lifetime of its own, named by the rule',
    rfc: '6585 §4',
    given: answer(429, FRESH),
    rule: rule({ statusTtl: new Map([[429, SECOND]]) }),
    reasons: ['rule-status'],
    expect: { lifetime: 60 * SECOND },
  },
  {
    id: "a targeted field's own name, or Vary's, is no name to drop",
    rfc: '9213 §2.2',
    given: ok('CDN-Cache-Control: max-age=60, no-cache="cdn-cache-control"', `Date: ${NOW_DATE}`),
    rule: TARGETED,
    reasons: ['targeted-field'],
    expect: {
      fields: lines('CDN-Cache-Control: max-age=60, no-cache="cdn-cache-control"', `Date: ${NOW_DATE}`),
    },
  },
  {
    id: 'must-understand makes no-store void',
    rfc: '9111 §5.2.2.3',
    given: answer(404, `${FRESH}, must-understand, no-store`),
    reasons: ['must-understand'],
    expect: { lifetime: 60 * SECOND },
  },
  {
    id: 'must-understand alone',
    rfc: '9111 §5.2.2.3',
    given: ok(`${FRESH}, must-understand`),
    expect: { lifetime: 60 * SECOND },
  },
  {
    id: 'a guess',
    rfc: '9111 §4.2.2',
    given: answer(410, HOUR_BEFORE),
    rule: catchAll({ heuristic: 0.1 }),
    reasons: ['heuristic'],
    expect: { lifetime: 360 * SECOND },
  },
  {
    id: 'a guess for any status that says public',
    rfc: '9111 §5.2.2.9',
    given: answer(599, 'Cache-Control: public', HOUR_BEFORE),
    rule: catchAll({ heuristic: 0.1 }),
    reasons: ['heuristic'],
    expect: { lifetime: 360 * SECOND },
  },
  {
    id: 'no-cache and public on any status',
    rfc: '9111 §3',
    given: answer(500, 'Cache-Control: no-cache, public', 'ETag: "1"'),
    expect: { alwaysValidate: true, lifetime: 0 },
  },
  {
    id: 'what Cache-Control forbids to others',
    rfc: '9213 §2.2',
    given: ok('Cache-Control: no-store, private', 'Expires: 0', 'CDN-Cache-Control: max-age=60'),
    rule: TARGETED,
    reasons: ['targeted-field'],
    expect: { lifetime: 60 * SECOND, mustRevalidate: false },
  },
  {
    id: 'Age counts beside a targeted field',
    rfc: '9213 §2.3',
    given: ok('CDN-Cache-Control: max-age=60, must-revalidate', 'Age: 5'),
    rule: TARGETED,
    reasons: ['targeted-field'],
    expect: { initialAge: 5020, mustRevalidate: true },
  },
  {
    id: 'a targeted no-cache, a validator',
    rfc: '9213 §2.2',
    given: ok(FRESH, 'CDN-Cache-Control: no-cache', 'ETag: "1"'),
    rule: TARGETED,
    reasons: ['targeted-field'],
    expect: { alwaysValidate: true },
  },
  {
    id: 'a targeted stale window',
    rfc: '9213 §2.2',
    given: ok('CDN-Cache-Control: max-age=60, stale-if-error=9', `${FRESH}, must-revalidate`),
    rule: TARGETED,
    reasons: ['targeted-field'],
    expect: { staleIfError: 9 * SECOND, mustRevalidate: false },
  },
  {
    id: 'credentials, a targeted public',
    rfc: '9213 §2.2',
    given: ok('CDN-Cache-Control: public, max-age=60', 'Cache-Control: private'),
    rule: TARGETED,
    request: AUTHORIZED,
    reasons: ['targeted-field'],
    expect: {},
  },
  {
    id: "a targeted field's names, not Cache-Control's, and the field itself as it came",
    rfc: '9213 §2.2',
    given: ok(
      'CDN-Cache-Control: max-age=60, no-cache="x-a"',
      'Cache-Control: no-cache="x-b"',
      'X-A: 1',
      'X-B: 2',
    ),
    rule: TARGETED,
    reasons: ['targeted-field'],
    expect: {
      fields: lines(
        'CDN-Cache-Control: max-age=60, no-cache="x-a"',
        'Cache-Control: no-cache="x-b"',
        'X-B: 2',
        `Date: ${NOW_DATE}`,
      ),
    },
  },
  {
    id: 'every switch that had a say',
    given: ok('Cache-Control: private, max-age=60, stale-if-error=1'),
    rule: rule({
      origin: 'ignore',
      ttl: 20 * SECOND,
      maxTtl: 10 * SECOND,
      staleIfError: 5 * SECOND,
      unsafe: unsafe({ storePrivate: true }),
    }),
    reasons: ['unsafe-switch', 'origin-ignored', 'rule-ttl', 'rule-max-ttl', 'rule-stale-window'],
    expect: { lifetime: 10 * SECOND, staleIfError: 5 * SECOND },
  },
  {
    id: 'Content-Range means nothing on a 200',
    rfc: '9110 §14.4',
    given: ok(FRESH, 'Content-Range: bytes 0-1/2', `Date: ${NOW_DATE}`),
    expect: { fields: lines(FRESH, 'Content-Range: bytes 0-1/2', `Date: ${NOW_DATE}`) },
  },
  {
    id: 'Set-Cookie, the switch that gives it to everybody',
    given: ok(FRESH, 'Set-Cookie: a=1', `Date: ${NOW_DATE}`),
    rule: rule({ unsafe: unsafe({ storeWithSetCookie: true }) }),
    reasons: ['unsafe-switch'],
    expect: { fields: lines(FRESH, 'Set-Cookie: a=1', `Date: ${NOW_DATE}`) },
  },
  {
    id: 'a Date that cannot be read, and Warning',
    rfc: '9111 §5.5',
    given: ok(FRESH, 'Date: x', 'Warning: 110 - "stale"', 'Pragma: no-cache', 'X-New: 1'),
    expect: { fields: lines(FRESH, 'Pragma: no-cache', 'X-New: 1', `Date: ${NOW_DATE}`) },
  },
  {
    id: "another cache's Cache-Status",
    rfc: '9211 §2',
    given: ok(FRESH, 'Cache-Status: cdn; hit', `Date: ${NOW_DATE}`),
    expect: { fields: lines(FRESH, `Date: ${NOW_DATE}`) },
  },
  ...(
    [
      ['keyed', `X-A: ${'a'.repeat(600)}`, { key: { ...KEY, headers: ['x-a'] } }],
      ['stripped', `X-A: ${'a'.repeat(600)}`, { requestFields: stripped('x-a') }],
      ['removed since it alters routing', `X-Host: ${'a'.repeat(600)}`, {}],
      ['not of a cookie that is not sent', `Cookie: a=${'a'.repeat(600)}`, { cookies: 'strip' }],
      ['ordinary', `User-Agent: ${'a'.repeat(512)}`, {}],
    ] as const
  ).map(([what, line, over]) => ({
    id: `404 that no unkeyed field is to blame for: ${what}`,
    given: answer(404, FRESH),
    rule: rule(over),
    request: get(line),
    expect: { status: 404 },
  })),
  {
    id: 'a success is nobody’s fault',
    given: ok(FRESH),
    request: get(`User-Agent: ${'a'.repeat(600)}`),
    expect: { status: 200 },
  },
  ...(
    [
      ['one origin, unsaid', 200, ['Access-Control-Allow-Origin: http://a.test'], {}, ['origin']],
      [
        'beside what is said',
        200,
        ['Timing-Allow-Origin: null', 'Vary: Z, Accept'],
        {},
        ['accept', 'origin', 'z'],
      ],
      ['once', 200, ['Access-Control-Allow-Origin: null', 'Vary: Origin'], {}, ['origin']],
      ['any origin', 200, ['Access-Control-Allow-Origin: * '], {}, []],
      ['keyed', 200, ['Access-Control-Allow-Origin: null'], { key: { ...KEY, headers: ['origin'] } }, []],
      ['a refusal', 403, [], {}, ['accept', 'user-agent']],
      ['a refusal, where some are keyed', 400, [], { key: { ...KEY, headers: ['accept'] } }, ['user-agent']],
      ['a refusal, where some are removed', 406, [], { requestFields: stripped('accept') }, ['user-agent']],
      [
        'a refusal that speaks of an origin',
        500,
        ['Access-Control-Allow-Origin: null'],
        {},
        ['accept', 'origin', 'user-agent'],
      ],
      [
        'a refusal, where cookies are ignored',
        422,
        [],
        { cookies: 'ignore' },
        ['accept', 'cookie', 'user-agent'],
      ],
      ...([404, 405, 410, 414, 451, 501, 502, 503, 504] as const).map(
        (status) => [`a ${status}`, status, [], {}, []] as const,
      ),
    ] as const
  ).map(([what, status, given, over, vary]) => ({
    id: `what a response turned on: ${what}`,
    rfc: '9111 §4.1',
    given: answer(status, FRESH, ...given),
    request: get(
      'Accept: a',
      'User-Agent: b',
      'X-Host: c',
      'If-None-Match: d',
      'X-Request-Id: e',
      'Cookie: f=1',
    ),
    rule: rule(over),
    expect: { vary: [...vary] },
  })),
  ...([400, 404, 503] as const).flatMap((status) =>
    (['\u00ff', '\u0001', '<a>', '`a`', '{a}', "'a'"] as const).map((value) => ({
      id: `what a ${status} may have turned on: ${JSON.stringify(value)}`,
      rfc: '9111 §4.1',
      given: answer(status, FRESH),
      request: get(`Referer: ${value}`, `X-Host: ${value}`, `If-Match: ${value}`),
      expect: { vary: ['referer'] },
    })),
  ),
];

for (const row of STORED) {
  t.test(`store: ${row.id}`, (t) => {
    const storage = decide(row.given, row.rule, row.request);
    t.equal(storage.kind, 'store');
    if (storage.kind === 'store') t.strictSame({ ...storage.terms, ...row.expect }, storage.terms);
    t.strictSame(storage.reasons, row.reasons ?? []);
    t.end();
  });
}
