import t from 'tap';
import { decideLookup, type LookupDecision } from '../../src/policy/lookup.ts';
import type { RequestHead } from '../../src/policy/request.ts';
import type { RouteRule } from '../../src/policy/route-rule.ts';
import { catchAll, get, KEY, request, rule } from './given.ts';

const LOOKUP: LookupDecision = { kind: 'lookup' };
type Passed = 'rule-pass' | 'request-body' | 'precondition' | 'cookie' | 'authorization';
const bypass = (detail: Passed): LookupDecision => ({
  kind: 'pass',
  reason: 'bypass',
  detail,
});
const METHOD: LookupDecision = { kind: 'pass', reason: 'method', detail: undefined };
const AUTHORIZED = get('Authorization: Bearer x');
const fields = (strip: string[], forward: string[]): RouteRule =>
  rule({
    requestFields: {
      strip: new Set(strip),
      forward: new Set(forward),
      normalise: new Set(),
      unknown: 'bypass',
    },
  });

const ROWS: readonly {
  id: string;
  rfc?: string;
  given: RequestHead;
  rule?: RouteRule;
  hasBody?: boolean;
  expect: LookupDecision;
}[] = [
  { id: 'GET', given: get(), expect: LOOKUP },
  { id: 'HEAD', rfc: '9111 §4', given: request({ method: 'HEAD' }), expect: LOOKUP },
  ...['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'PROPFIND', 'get'].map((method) => ({
    id: method,
    given: request({ method }),
    expect: METHOD,
  })),
  {
    id: 'a route that caches nothing',
    given: get(),
    rule: rule({ cache: false }),
    expect: bypass('rule-pass'),
  },
  {
    id: 'the method comes first',
    given: request({ method: 'POST' }),
    rule: rule({ cache: false }),
    expect: METHOD,
  },
  { id: 'If-Match', rfc: '9111 §4.3.2', given: get('If-Match: "a"'), expect: bypass('precondition') },
  {
    id: 'If-Unmodified-Since',
    rfc: '9111 §4.3.2',
    given: get('If-Unmodified-Since: x'),
    expect: bypass('precondition'),
  },
  { id: 'a body', rfc: '9110 §9.3.1', given: get(), hasBody: true, expect: bypass('request-body') },
  { id: 'a cookie', given: get('Cookie: a=1'), expect: bypass('cookie') },
  {
    id: 'a cookie in the key',
    given: get('Cookie: a=1'),
    rule: rule({ key: { ...KEY, cookies: ['a'] } }),
    expect: LOOKUP,
  },
  { id: 'a stripped cookie', given: get('Cookie: a=1'), rule: rule({ cookies: 'strip' }), expect: LOOKUP },
  { id: 'an ignored cookie', given: get('Cookie: a=1'), rule: rule({ cookies: 'ignore' }), expect: LOOKUP },
  { id: 'credentials', given: AUTHORIZED, expect: bypass('authorization') },
  {
    id: 'credentials where the upstream decides',
    rfc: '9111 §3.5',
    given: AUTHORIZED,
    rule: catchAll(),
    expect: LOOKUP,
  },
  {
    id: 'credentials in the key',
    given: AUTHORIZED,
    rule: rule({ key: { ...KEY, headers: ['authorization'] } }),
    expect: LOOKUP,
  },
  { id: 'credentials forwarded', given: AUTHORIZED, rule: fields([], ['authorization']), expect: LOOKUP },
  { id: 'credentials stripped', given: AUTHORIZED, rule: fields(['authorization'], []), expect: LOOKUP },
  {
    id: 'credentials, the loud switch',
    given: AUTHORIZED,
    rule: rule({ unsafe: { ...rule().unsafe, storeAuthorized: true } }),
    expect: LOOKUP,
  },
  {
    id: 'an unkeyed field',
    given: get('X-Theme: dark'),
    expect: { kind: 'pass', reason: 'bypass', detail: 'unkeyed-field', subject: 'x-theme' },
  },
  {
    id: 'the catch-all follows the RFC',
    given: get('X-Theme: dark', 'Cookie: a=1'),
    rule: catchAll(),
    expect: LOOKUP,
  },
];

for (const row of ROWS) {
  t.test(row.id, (t) => {
    t.strictSame(decideLookup(row.given, row.rule ?? rule(), row.hasBody ?? false), row.expect);
    t.end();
  });
}
