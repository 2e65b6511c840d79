import t from 'tap';
import type { Detail } from '../../src/policy/cache-status.ts';
import type { RequestHead, ResponseHead } from '../../src/policy/request.ts';
import type { RouteRule } from '../../src/policy/route-rule.ts';
import { decideStorage, type StorageTerms } from '../../src/policy/storability.ts';
import { answer, catchAll, get, KEY, lines, NOW, NOW_DATE, ok, rule, SECOND } from './given.ts';

const TIMES = { requestTime: NOW - 20, responseTime: NOW, random: 0 };
const decide = (response: ResponseHead, from: RouteRule = catchAll(), request: RequestHead = get()) =>
  decideStorage(request, response, from, TIMES);

const FRESH = 'Cache-Control: max-age=60';
const AUTHORIZED = get('Authorization: Bearer x');
const unsafe = (over: Partial<RouteRule['unsafe']>) => ({ ...rule().unsafe, ...over });
const stripped = (name: string): RouteRule['requestFields'] => ({
  strip: new Set([name]),
  forward: new Set(),
  unknown: 'bypass',
});

interface Row {
  id: string;
  rfc?: string;
  given: ResponseHead;
  rule?: RouteRule;
  request?: RequestHead;
}

const PASSED: readonly (Row & { expect: Detail })[] = [
  {
    id: 'no-store',
    rfc: '9111 §5.2.2.5',
    given: ok('Cache-Control: no-store, max-age=60'),
    expect: 'response-no-store',
  },
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
  { id: 'no-store in a broken quote', given: ok(`${FRESH}, x="a, no-store`), expect: 'response-no-store' },
  {
    id: 'private',
    rfc: '9111 §5.2.2.7',
    given: ok('Cache-Control: private, max-age=60'),
    expect: 'response-private',
  },
  { id: 'private on a second line', given: ok(FRESH, 'Cache-Control: private'), expect: 'response-private' },
  {
    id: 'private behind a semicolon',
    given: ok('Cache-Control: max-age=60; private'),
    expect: 'response-private',
  },
  {
    id: 'private with fields',
    given: ok('Cache-Control: private="x", max-age=60'),
    expect: 'response-private',
  },
  {
    id: 'private, the upstream ignored',
    given: ok('Cache-Control: private'),
    rule: rule({ ttl: 1, origin: 'ignore' }),
    expect: 'response-private',
  },
  { id: 'Set-Cookie', given: ok(FRESH, 'Set-Cookie: a=1'), expect: 'set-cookie' },
  {
    id: 'Set-Cookie, the upstream ignored',
    given: ok('Set-Cookie: a=1'),
    rule: rule({ ttl: 1, origin: 'ignore' }),
    expect: 'set-cookie',
  },
  {
    id: 'the client says no-store',
    rfc: '9111 §5.2.1.5',
    given: ok(FRESH),
    request: get('Cache-Control: no-store'),
    expect: 'request-no-store',
  },
  { id: 'credentials', rfc: '9111 §3.5', given: ok(FRESH), request: AUTHORIZED, expect: 'authorization' },
  {
    id: 'credentials, a broken public',
    rfc: '9111 §3.5',
    given: ok('Cache-Control: public; x', FRESH),
    request: AUTHORIZED,
    expect: 'authorization',
  },
  { id: '206', rfc: '9111 §3.3', given: answer(206, FRESH), expect: 'partial-content' },
  { id: 'Content-Range on a 200', given: ok(FRESH, 'Content-Range: bytes 0-1/2'), expect: 'partial-content' },
  { id: '304 to a request of ours without conditions', given: answer(304, FRESH), expect: 'status' },
  { id: 'not final', rfc: '9111 §3', given: answer(103, FRESH), expect: 'status' },
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
];

for (const row of PASSED) {
  t.test(`pass: ${row.id}`, (t) => {
    t.strictSame(decide(row.given, row.rule, row.request), { kind: 'pass', detail: row.expect });
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
      freshness: 's-maxage',
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
    expect: { lifetime: SECOND, freshness: 'ttl' },
  },
  {
    id: 'a status ttl',
    given: answer(404),
    rule: rule({ statusTtl: new Map([[404, SECOND]]) }),
    expect: { lifetime: SECOND, freshness: 'status-ttl' },
  },
  {
    id: 'no-cache, a validator',
    rfc: '9111 §5.2.2.4',
    given: ok('Cache-Control: no-cache', 'ETag: "1"'),
    expect: { alwaysValidate: true, lifetime: 0, freshness: 'none' },
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
    expect: { lifetime: 60 * SECOND },
  },
  {
    id: 'no-store, the loud switch',
    given: ok('Cache-Control: no-store'),
    rule: rule({ ttl: SECOND, unsafe: unsafe({ storeNoStore: true }) }),
    expect: { lifetime: SECOND },
  },
  {
    id: 'Set-Cookie, the loud switch: never the cookie',
    given: ok(FRESH, 'Set-Cookie: a=1', 'set-cookie: b=2'),
    rule: rule({ unsafe: unsafe({ storeWithoutSetCookie: true }) }),
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
      'Date: x',
    ),
    expect: {
      alwaysValidate: false,
      fields: lines(
        'Cache-Control: max-age=60, no-cache="X-A, vary ,content-encoding"',
        'Vary: Accept',
        'Content-Encoding: br',
        'Date: x',
      ),
    },
  },
  {
    id: "another cache's Cache-Status",
    rfc: '9211 §2',
    given: ok(FRESH, 'Cache-Status: cdn; hit', `Date: ${NOW_DATE}`),
    expect: { fields: lines(FRESH, `Date: ${NOW_DATE}`) },
  },
];

for (const row of STORED) {
  t.test(`store: ${row.id}`, (t) => {
    const storage = decide(row.given, row.rule, row.request);
    t.equal(storage.kind, 'store');
    if (storage.kind === 'store') t.strictSame({ ...storage.terms, ...row.expect }, storage.terms);
    t.end();
  });
}
