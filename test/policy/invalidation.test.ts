import t from 'tap';
import { invalidatedUrls, invalidates } from '../../src/policy/invalidation.ts';
import type { RequestHead } from '../../src/policy/request.ts';
import { answer, request } from './given.ts';

const put = request({ method: 'PUT', query: 'x=1' });
const TARGET = 'http://shop.test/products/1?x=1';

const ROWS: readonly {
  id: string;
  rfc?: string;
  given: string[];
  request?: RequestHead;
  status?: number;
  expect: string[];
}[] = [
  { id: 'the target', rfc: '9111 §4.4', given: [], expect: [TARGET] },
  {
    id: 'a target without query',
    given: [],
    request: request({ method: 'POST', path: '/' }),
    expect: ['http://shop.test/'],
  },
  { id: 'a redirect', rfc: '9111 §4.4', given: [], status: 303, expect: [TARGET] },
  {
    id: 'a method of unknown safety',
    rfc: '9111 §4.4',
    given: [],
    request: request({ method: 'FROB' }),
    expect: ['http://shop.test/products/1'],
  },
  ...['PATCH', 'PROPPATCH', 'MKCOL', 'query'].map((method) => ({
    id: method,
    rfc: '9110 §9.2.1',
    given: [],
    request: request({ method }),
    expect: ['http://shop.test/products/1'],
  })),
  ...['GET', 'HEAD', 'OPTIONS', 'TRACE', 'PROPFIND', 'QUERY', 'REPORT', 'SEARCH'].map((method) => ({
    id: method,
    rfc: '9110 §9.2.1',
    given: ['Location: /a'],
    request: request({ method }),
    expect: [],
  })),
  ...[200, 201, 204, 299, 301, 304, 399].map((status) => ({
    id: `${status}`,
    rfc: '9111 §4.4',
    given: [],
    status,
    expect: [TARGET],
  })),
  ...[100, 101, 199, 400, 404, 500, 599].map((status) => ({
    id: `${status}`,
    rfc: '9111 §4.4',
    given: ['Location: /a'],
    status,
    expect: [],
  })),
  {
    id: 'Location and Content-Location',
    rfc: '9111 §4.4',
    given: ['Location: /a', 'content-location: /b?c=d'],
    expect: [TARGET, 'http://shop.test/a', 'http://shop.test/b?c=d'],
  },
  {
    id: 'every line',
    given: ['Location: /a', 'Location: /b'],
    expect: [TARGET, 'http://shop.test/a', 'http://shop.test/b'],
  },
  {
    id: 'relative references',
    rfc: '3986 §5',
    given: ['Location: ../b#frag', 'Content-Location: 2'],
    expect: [TARGET, 'http://shop.test/b', 'http://shop.test/products/2'],
  },
  { id: 'the same one twice', given: ['Location: /products/1?x=1'], expect: [TARGET] },
  {
    id: 'as keys spell it',
    given: ['Location: /%70roducts/%c3%bc'],
    expect: [TARGET, 'http://shop.test/products/%C3%BC'],
  },
  {
    id: 'absolute, the same origin',
    given: ['Location: HTTP://SHOP.test:80/a'],
    expect: [TARGET, 'http://shop.test/a'],
  },
  {
    id: 'the default port, as if it were not there',
    rfc: '9110 §4.2.3',
    given: ['Location: http://shop.test/a', 'Location: http://shop.test:80/b'],
    request: request({ method: 'PUT', authority: 'shop.test:80' }),
    expect: ['http://shop.test/products/1', 'http://shop.test/a', 'http://shop.test/b'],
  },
  {
    id: 'quotes in a query, as browsers ask for it and as others do',
    rfc: '3986 §3.4',
    given: ["Location: /a?b='c'#d", 'Content-Location: ?e="f"'],
    expect: [
      TARGET,
      'http://shop.test/a?b=%27c%27',
      "http://shop.test/a?b='c'",
      'http://shop.test/products/1?e=%22f%22',
      'http://shop.test/products/1?e="f"',
    ],
  },
  {
    id: 'a query of which only one spelling could be asked for',
    given: ['Location: /a?b c'],
    expect: [TARGET, 'http://shop.test/a?b%20c'],
  },
  {
    id: 'a question mark in the fragment',
    given: ['Location: /a#?b'],
    expect: [TARGET, 'http://shop.test/a'],
  },
  {
    id: 'bytes beyond ASCII, as they are',
    rfc: '3987 §3.1',
    given: ['Location: /\u00c3\u00bc?q=\u00c3\u00bc'],
    expect: [TARGET, 'http://shop.test/%C3%BC?q=%C3%BC'],
  },
  {
    id: 'an empty reference is the target',
    rfc: '3986 §4.4',
    given: ['Location: ', 'Content-Location: #a'],
    expect: [TARGET],
  },
  {
    id: 'an empty query',
    given: ['Location: /a?'],
    expect: [TARGET, 'http://shop.test/a'],
  },
  { id: 'another host', rfc: '9111 §4.4', given: ['Location: http://evil.test/a'], expect: [TARGET] },
  { id: 'another host, no scheme', given: ['Location: //evil.test/a'], expect: [TARGET] },
  { id: 'another port', rfc: '9111 §4.4', given: ['Location: http://shop.test:81/a'], expect: [TARGET] },
  { id: 'another scheme', rfc: '9111 §4.4', given: ['Location: https://shop.test/a'], expect: [TARGET] },
  { id: 'user information', given: ['Location: http://shop.test@evil.test/a'], expect: [TARGET] },
  { id: 'no URL', given: ['Location: http://', 'Content-Location: javascript:alert(1)'], expect: [TARGET] },
  {
    id: 'an impossible authority',
    given: ['Location: /a'],
    request: request({ method: 'PUT', authority: 'shop.test:99999' }),
    expect: ['http://shop.test:99999/products/1'],
  },
  {
    id: 'an impossible authority, and an absolute reference',
    given: ['Location: http://shop.test/a'],
    request: request({ method: 'PUT', authority: 'shop.test:99999' }),
    expect: ['http://shop.test:99999/products/1'],
  },
  {
    id: 'a target no request could have',
    given: ['Location: /a%00', 'Content-Location: /a/..%2fb'],
    expect: [TARGET],
  },
];

for (const row of ROWS) {
  t.test(row.id, (t) => {
    const response = answer(row.status ?? 200, ...row.given);
    t.strictSame(invalidatedUrls(row.request ?? put, response), row.expect);
    t.equal(invalidates(row.request ?? put, response), row.expect.length > 0);
    t.end();
  });
}
