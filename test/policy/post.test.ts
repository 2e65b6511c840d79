import t from 'tap';
import { decidePostStorage } from '../../src/policy/post.ts';
import type { RequestHead, ResponseHead } from '../../src/policy/request.ts';
import type { RouteRule } from '../../src/policy/route-rule.ts';
import { answer, catchAll, KEY, lines, NOW, request, rule, SECOND } from './given.ts';

const TIMES = { requestTime: NOW, responseTime: NOW, random: 0 };
const FRESH = 'Cache-Control: max-age=60';
const HERE = 'Content-Location: /products/1';
const BODY = ['Content-Type: application/json', 'Content-Length: 2'];

const post = (fields: readonly string[] = [], over: Partial<RequestHead> = {}) =>
  request({ method: 'POST', fields: lines(...BODY, ...fields), ...over });

const { requestFields } = rule();

const ROWS: readonly {
  id: string;
  rfc?: string;
  given: ResponseHead;
  request?: RequestHead;
  rule?: RouteRule;
  /** The lifetime in ms, or why it is not stored. */
  expect: number | string;
}[] = [
  {
    id: 'fresh, and of the target',
    rfc: '9110 §9.3.3',
    given: answer(200, FRESH, HERE),
    expect: 60 * SECOND,
  },
  { id: 'a transformed one', rfc: '9110 §15.3.4', given: answer(203, FRESH, HERE), expect: 60 * SECOND },
  {
    id: 'something else was created',
    rfc: '9110 §15.3.2',
    given: answer(201, FRESH, HERE),
    expect: 'status',
  },
  { id: 'on its way', rfc: '9110 §15.3.3', given: answer(202, FRESH, HERE), expect: 'status' },
  { id: 'nothing to show', rfc: '9110 §15.3.5', given: answer(204, FRESH, HERE), expect: 'status' },
  { id: 'a redirect', given: answer(303, FRESH, HERE), expect: 'status' },
  { id: 'an error', given: answer(404, FRESH, HERE), expect: 'status' },
  { id: 'a part', given: answer(206, FRESH, HERE), expect: 'status' },

  {
    id: 's-maxage',
    rfc: '9111 §4.2.1',
    given: answer(200, 'Cache-Control: s-maxage=9', HERE),
    expect: 9 * SECOND,
  },
  {
    id: 'Expires',
    rfc: '9111 §4.2.1',
    given: answer(200, 'Date: Sun, 06 Nov 1994 08:49:37 GMT', 'Expires: Sun, 06 Nov 1994 08:49:47 GMT', HERE),
    expect: 10 * SECOND,
  },
  {
    id: 'a targeted field',
    rfc: '9213 §2',
    given: answer(200, 'CDN-Cache-Control: max-age=7', HERE),
    rule: rule({ targetedFields: ['cdn-cache-control'] }),
    expect: 7 * SECOND,
  },
  { id: 'no freshness', rfc: '9110 §9.3.3', given: answer(200, HERE), expect: 'no-freshness' },
  {
    id: 'that of the rule is not explicit',
    rfc: '9110 §9.3.3',
    given: answer(200, HERE),
    rule: rule({ ttl: 60 * SECOND, statusTtl: new Map([[200, 60 * SECOND]]) }),
    expect: 'no-freshness',
  },
  {
    id: 'a guess is not explicit',
    rfc: '9110 §9.3.3',
    given: answer(200, HERE, 'Last-Modified: Sat, 05 Nov 1994 08:49:37 GMT'),
    rule: rule({ heuristic: 0.1 }),
    expect: 'no-freshness',
  },
  {
    id: 'where the upstream does not count',
    given: answer(200, FRESH, HERE),
    rule: rule({ origin: 'ignore', ttl: 60 * SECOND }),
    expect: 'no-freshness',
  },

  { id: 'no Content-Location', rfc: '9110 §9.3.3', given: answer(200, FRESH), expect: 'content-location' },
  {
    id: 'another URL',
    rfc: '9110 §8.7',
    given: answer(200, FRESH, 'Content-Location: /products/2'),
    expect: 'content-location',
  },
  {
    id: 'another origin',
    rfc: '9110 §8.7',
    given: answer(200, FRESH, 'Content-Location: http://evil.test/products/1'),
    expect: 'content-location',
  },
  {
    id: 'the URL without its query',
    given: answer(200, FRESH, HERE),
    request: post([], { query: 'a=1' }),
    expect: 'content-location',
  },
  {
    id: 'two of them',
    given: answer(200, FRESH, HERE, HERE),
    expect: 'content-location',
  },
  ...['1', 'http://shop.test:80/%70roducts/1', '//SHOP.test/products/1', '../products/1', ''].map(
    (reference) => ({
      id: `the target as ${reference === '' ? 'nothing' : reference}`,
      rfc: '3986 §6.2',
      given: answer(200, FRESH, `Content-Location: ${reference}`),
      expect: 60 * SECOND,
    }),
  ),
  {
    id: 'the target with its query',
    given: answer(200, FRESH, "Content-Location: ?a='1'"),
    request: post([], { query: "a='1'" }),
    expect: 60 * SECOND,
  },
  {
    id: 'a parameter that is not in the key',
    given: answer(200, FRESH, 'Content-Location: ?a=1&utm_x=2'),
    request: post([], { query: 'a=1&utm_x=2' }),
    rule: rule({ key: { ...KEY, exclude: ['utm_*'] } }),
    expect: 'content-location',
  },
  {
    id: 'parameters in another order',
    given: answer(200, FRESH, 'Content-Location: ?b=2&a=1'),
    request: post([], { query: 'b=2&a=1' }),
    rule: rule({ key: { ...KEY, sort: true } }),
    expect: 60 * SECOND,
  },

  {
    id: 'no-store',
    given: answer(200, 'Cache-Control: max-age=60, no-store', HERE),
    expect: 'response-no-store',
  },
  {
    id: 'private',
    given: answer(200, 'Cache-Control: max-age=60, private', HERE),
    expect: 'response-private',
  },
  { id: 'a cookie is set', given: answer(200, FRESH, HERE, 'Set-Cookie: a=b'), expect: 'set-cookie' },
  { id: 'Vary: *', given: answer(200, FRESH, HERE, 'Vary: *'), expect: 'vary-star' },
  {
    id: 'the client wants nothing stored',
    given: answer(200, FRESH, HERE),
    request: post(['Cache-Control: no-store']),
    expect: 'request-no-store',
  },
  { id: 'stale on arrival', given: answer(200, 'Cache-Control: max-age=0', HERE), expect: 'already-stale' },

  {
    id: 'a field that nobody vouched for',
    given: answer(200, FRESH, HERE),
    request: post(['X-Shade: blue']),
    expect: 'unkeyed-field x-shade',
  },
  {
    id: 'the same where RFC 9111 alone rules',
    given: answer(200, FRESH, HERE),
    request: post(['X-Shade: blue', 'Cookie: a=b']),
    rule: catchAll(),
    expect: 60 * SECOND,
  },
  {
    id: 'a keyed one',
    given: answer(200, FRESH, HERE),
    request: post(['X-Shade: blue']),
    rule: rule({ key: { ...KEY, headers: ['x-shade'] } }),
    expect: 60 * SECOND,
  },
  ...['X-Original-URL: /admin', 'X-HTTP-Method-Override: PUT', 'Forwarded: host=evil'].map((field) => ({
    id: `what a GET would go without: ${field}`,
    given: answer(200, FRESH, HERE),
    request: post([field]),
    expect: `unkeyed-field ${field.slice(0, field.indexOf(':')).toLowerCase()}`,
  })),
  {
    id: 'one that the rule strips from a GET',
    given: answer(200, FRESH, HERE),
    request: post(['X-Shade: blue']),
    rule: rule({ requestFields: { ...requestFields, strip: new Set(['x-shade']) } }),
    expect: 'unkeyed-field x-shade',
  },
  {
    id: 'one that the rule would have in another form',
    given: answer(200, FRESH, HERE),
    request: post(['Accept-Language: de,  EN']),
    rule: rule({ requestFields: { ...requestFields, normalise: new Set(['accept-language']) } }),
    expect: 'unkeyed-field accept-language',
  },
  {
    id: 'one in that form',
    given: answer(200, FRESH, HERE),
    request: post(['Accept-Language: de, en']),
    rule: rule({ requestFields: { ...requestFields, normalise: new Set(['accept-language']) } }),
    expect: 60 * SECOND,
  },
  {
    id: 'what is set anew on the way, conditions, and what describes its body',
    given: answer(200, FRESH, HERE),
    request: post([
      'X-Forwarded-Host: a.test',
      'X-Forwarded-Proto: https',
      'If-Match: *',
      'Content-Encoding: gzip',
    ]),
    expect: 60 * SECOND,
  },
  {
    id: 'a range',
    given: answer(200, FRESH, HERE),
    request: post(['Range: bytes=0-1']),
    expect: 'unkeyed-field range',
  },
  { id: 'a cookie', given: answer(200, FRESH, HERE), request: post(['Cookie: a=b']), expect: 'cookie' },
  {
    id: 'a cookie that a GET would go without',
    given: answer(200, FRESH, HERE),
    request: post(['Cookie: a=b']),
    rule: rule({ cookies: 'strip' }),
    expect: 'cookie',
  },
  {
    id: 'a keyed cookie',
    given: answer(200, FRESH, HERE),
    request: post(['Cookie: a=b']),
    rule: rule({ cookies: 'strip', key: { ...KEY, cookies: ['a'] } }),
    expect: 60 * SECOND,
  },
  {
    id: 'credentials',
    rfc: '9111 §3.5',
    given: answer(200, FRESH, HERE),
    request: post(['Authorization: x']),
    expect: 'authorization',
  },
  {
    id: 'credentials, and no word on them',
    rfc: '9111 §3.5',
    given: answer(200, FRESH, HERE),
    request: post(['Authorization: x']),
    rule: catchAll(),
    expect: 'authorization',
  },
  {
    id: 'credentials that a GET would go without',
    given: answer(200, FRESH, HERE, 'Cache-Control: public'),
    request: post(['Authorization: x']),
    rule: rule({ requestFields: { ...requestFields, strip: new Set(['authorization']) } }),
    expect: 'unkeyed-field authorization',
  },
  {
    id: 'a route that stores nothing',
    given: answer(200, FRESH, HERE),
    rule: rule({ cache: false }),
    expect: 'rule-pass',
  },
];

for (const row of ROWS) {
  t.test(row.id, (t) => {
    const decision = decidePostStorage(row.request ?? post(), row.given, row.rule ?? rule(), TIMES);
    if (decision.kind === 'store') t.equal(decision.terms.lifetime, row.expect);
    else {
      const { detail, subject } = decision;
      t.equal(subject === undefined ? detail : `${detail} ${subject}`, row.expect);
    }
    t.end();
  });
}
