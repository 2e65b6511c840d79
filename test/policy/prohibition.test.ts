import t from 'tap';
import type { Detail } from '../../src/policy/cache-status.ts';
import { isCacheableByDefault } from '../../src/policy/heuristic.ts';
import { prohibitions } from '../../src/policy/prohibition.ts';
import type { RequestHead, ResponseHead } from '../../src/policy/request.ts';
import { responseDirectives } from '../../src/policy/targeted-fields.ts';
import { answer, get, ok } from './given.ts';

const FRESH = 'Cache-Control: max-age=60';
const AUTHORIZED = get('Authorization: Bearer x');

const ROWS: readonly {
  id: string;
  rfc: string;
  given: ResponseHead;
  request?: RequestHead;
  expect: Detail[];
}[] = [
  { id: 'nothing', rfc: '9111 §3', given: ok(FRESH), expect: [] },
  { id: 'silence', rfc: '9111 §3', given: ok(), expect: [] },
  {
    id: 'all that there is, in order',
    rfc: '9111 §3',
    given: answer(206, 'Cache-Control: private, no-store, must-understand', 'Set-Cookie: a=1'),
    request: get('Authorization: x', 'Cache-Control: no-store'),
    expect: [
      'partial-content',
      'not-understood',
      'response-no-store',
      'request-no-store',
      'response-private',
      'set-cookie',
      'authorization',
    ],
  },
  {
    id: 'no-store',
    rfc: '9111 §5.2.2.5',
    given: ok('Cache-Control: no-store, max-age=60'),
    expect: ['response-no-store'],
  },
  {
    id: 'no-store in a broken quote',
    rfc: '9111 §3',
    given: ok(`${FRESH}, x="a, no-store`),
    expect: ['response-no-store'],
  },
  {
    id: 'private',
    rfc: '9111 §5.2.2.7',
    given: ok('Cache-Control: private, max-age=60'),
    expect: ['response-private'],
  },
  {
    id: 'private on a second line',
    rfc: '9111 §3',
    given: ok(FRESH, 'Cache-Control: private'),
    expect: ['response-private'],
  },
  {
    id: 'private behind a semicolon',
    rfc: '9111 §3',
    given: ok('Cache-Control: max-age=60; private'),
    expect: ['response-private'],
  },
  {
    id: 'private with fields',
    rfc: '9111 §3',
    given: ok('Cache-Control: private="x", max-age=60'),
    expect: ['response-private'],
  },
  { id: 'Set-Cookie', rfc: '9111 §3', given: ok(FRESH, 'Set-Cookie: a=1'), expect: ['set-cookie'] },
  {
    id: 'the client says no-store',
    rfc: '9111 §5.2.1.5',
    given: ok(FRESH),
    request: get('Cache-Control: no-store'),
    expect: ['request-no-store'],
  },
  { id: 'credentials', rfc: '9111 §3.5', given: ok(FRESH), request: AUTHORIZED, expect: ['authorization'] },
  {
    id: 'credentials, a broken public',
    rfc: '9111 §3.5',
    given: ok('Cache-Control: public; x', FRESH),
    request: AUTHORIZED,
    expect: ['authorization'],
  },
  { id: '206', rfc: '9111 §3.3', given: answer(206, FRESH), expect: ['partial-content'] },
  {
    id: '304 to a request of ours without conditions',
    rfc: '9111 §3',
    given: answer(304, FRESH),
    expect: ['status'],
  },
  { id: 'not final', rfc: '9111 §3', given: answer(103, FRESH), expect: ['status'] },
  {
    id: '416, which answers a range',
    rfc: '9110 §15.5.17',
    given: answer(416, FRESH),
    expect: ['partial-content'],
  },
  { id: 'beyond the classes', rfc: '9110 §15', given: answer(600, FRESH), expect: ['status'] },
  {
    id: 'must-understand, a status that HTTP does not have',
    rfc: '9111 §5.2.2.3',
    given: answer(599, `${FRESH}, must-understand`),
    expect: ['not-understood'],
  },
  {
    id: 'must-understand with an argument lifts nothing',
    rfc: '9111 §5.2.2.3',
    given: ok(`${FRESH}, must-understand=1, no-store`),
    expect: ['response-no-store'],
  },
  {
    id: 'a targeted no-store',
    rfc: '9213 §2.2',
    given: ok(FRESH, 'CDN-Cache-Control: no-store'),
    expect: ['response-no-store'],
  },
  {
    id: 'a targeted private, with fields',
    rfc: '9213 §2.2',
    given: ok(FRESH, 'CDN-Cache-Control: private="x"'),
    expect: ['response-private'],
  },
  {
    id: 'Set-Cookie beside a targeted field',
    rfc: '9111 §3',
    given: ok('CDN-Cache-Control: max-age=60', 'Set-Cookie: a=1'),
    expect: ['set-cookie'],
  },
  {
    id: 'credentials, a must-revalidate with an argument',
    rfc: '9111 §3.5',
    given: ok(`${FRESH}, must-revalidate=1`),
    request: AUTHORIZED,
    expect: ['authorization'],
  },
  {
    id: 'credentials, an s-maxage that cannot be read',
    rfc: '9111 §3.5',
    given: ok('Cache-Control: s-maxage=x', 'ETag: "1"'),
    request: AUTHORIZED,
    expect: ['authorization'],
  },
  ...[429, 511].map((status) => ({
    id: `${status}`,
    rfc: '6585 §4',
    given: answer(status, FRESH),
    expect: ['status' as const],
  })),
  ...[407, 408, 411, 412, 413, 415, 417, 425, 428, 431].map((status) => ({
    id: `${status}`,
    rfc: '9110 §15.5',
    given: answer(status, FRESH),
    expect: ['status-of-request' as const],
  })),
  ...[200, 203, 204, 299, 302, 307, 400, 410, 499, 500, 503, 599].map((status) => ({
    id: `${status}`,
    rfc: '9111 §3',
    given: answer(status, FRESH),
    expect: [],
  })),
  ...[200, 204, 301, 307, 404, 410, 418, 451, 500, 503, 599, 299].map((status) => ({
    id: `${status} with must-understand and no-store`,
    rfc: '9111 §5.2.2.3',
    given: answer(status, `${FRESH}, no-store, must-understand`),
    expect:
      status === 418 || status % 100 === 99 ? (['not-understood', 'response-no-store'] as const).slice() : [],
  })),
  ...['public', 'must-revalidate', 's-maxage=5', 's-maxage="5"'].map((directive) => ({
    id: `credentials, ${directive}`,
    rfc: '9111 §3.5',
    given: ok(`${FRESH}, ${directive}`),
    request: AUTHORIZED,
    expect: [],
  })),
  ...['proxy-revalidate', 'no-cache', 'must-revalidate=1', 's-maxage', 'public=1'].map((directive) => ({
    id: `credentials, ${directive}`,
    rfc: '9111 §3.5',
    given: ok(`${FRESH}, ${directive}`),
    request: AUTHORIZED,
    expect: ['authorization' as const],
  })),
];

for (const { id, rfc, given, request, expect } of ROWS) {
  t.test(`${id} (RFC ${rfc})`, (t) => {
    const directives = responseDirectives(given.fields, ['cdn-cache-control']);
    t.strictSame(prohibitions(request ?? get(), given, directives), expect);
    t.end();
  });
}

t.test('what may be stored without a lifetime, for its validator (RFC 9111 §3)', (t) => {
  const isCacheable = (response: ResponseHead) =>
    isCacheableByDefault(response, responseDirectives(response.fields, []));
  for (const status of [200, 203, 204, 300, 301, 308, 404, 405, 410, 414, 451, 501]) {
    t.ok(isCacheable(answer(status)), `${status}`);
  }
  for (const status of [201, 206, 302, 304, 307, 403, 500, 503, 599]) {
    t.notOk(isCacheable(answer(status)), `${status}`);
  }
  t.ok(isCacheable(answer(599, 'Cache-Control: public')));
  t.end();
});
