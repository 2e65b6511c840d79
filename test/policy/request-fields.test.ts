import t from 'tap';
import { cacheableRequestFields, hasUnkeyedCookie, unkeyedField } from '../../src/policy/request-fields.ts';
import type { RouteRule } from '../../src/policy/route-rule.ts';
import { catchAll, KEY, lines, rule } from './given.ts';

const requestFields = (over: Partial<Record<'strip' | 'forward', string[]>>) => ({
  strip: new Set(over.strip),
  forward: new Set(over.forward),
  normalise: new Set<string>(),
  unknown: 'bypass' as const,
});

const HARMLESS = [
  ...[
    'Accept',
    'Accept-Encoding',
    'Accept-Language',
    'User-Agent',
    'Host',
    'Referer',
    'Origin',
    'Via',
    'Date',
  ],
  ...['Cache-Control', 'Pragma', 'If-None-Match', 'If-Modified-Since', 'If-Match', 'If-Range', 'Range'],
  ...[
    'traceparent',
    'tracestate',
    'b3',
    'X-Request-Id',
    'X-Amzn-Trace-Id',
    'X-Forwarded-For',
    'DNT',
    'Priority',
  ],
  ...['Sec-CH-UA', 'Sec-CH-UA-Mobile', 'Sec-Fetch-Mode', 'Sec-Fetch-Storage-Access', 'Sec-GPC', 'Save-Data'],
];
const ROUTING = [
  ...[
    'Forwarded',
    'X-Forwarded-Host',
    'X-Forwarded-Proto',
    'X-Forwarded-Port',
    'X-Forwarded-Prefix',
    'X-Host',
  ],
  ...[
    'X-Original-URL',
    'X-Rewrite-URL',
    'X-HTTP-Method-Override',
    'X-Method-Override',
    'X-Real-IP',
    'True-Client-IP',
  ],
];

const UNKEYED: readonly { id: string; given: string[]; rule?: RouteRule; expect: string | undefined }[] = [
  { id: 'nothing', given: [], expect: undefined },
  { id: 'harmless fields', given: HARMLESS.map((name) => `${name}: x`), expect: undefined },
  { id: 'routing fields, which are removed', given: ROUTING.map((name) => `${name}: x`), expect: undefined },
  {
    id: 'cookies and credentials, which have rules of their own',
    given: ['Cookie: a', 'Authorization: b'],
    expect: undefined,
  },
  { id: 'an unknown field', given: ['Accept: a', 'X-Theme: dark', 'X-Later: 1'], expect: 'x-theme' },
  { id: 'an inherited name', given: ['__proto__: x'], expect: '__proto__' },
  {
    id: 'in the key',
    given: ['X-Theme: dark'],
    rule: rule({ key: { ...KEY, headers: ['x-theme'] } }),
    expect: undefined,
  },
  {
    id: 'forwarded',
    given: ['X-Theme: dark'],
    rule: rule({ requestFields: requestFields({ forward: ['x-theme'] }) }),
    expect: undefined,
  },
  {
    id: 'stripped',
    given: ['X-Theme: dark'],
    rule: rule({ requestFields: requestFields({ strip: ['x-theme'] }) }),
    expect: undefined,
  },
  { id: 'where the upstream decides', given: ['X-Theme: dark'], rule: catchAll(), expect: undefined },
];

for (const row of UNKEYED) {
  t.test(`unkeyed: ${row.id}`, (t) => {
    t.equal(unkeyedField(lines(...row.given), row.rule ?? rule()), row.expect);
    t.end();
  });
}

const CONDITIONS = [
  'If-Match',
  'If-None-Match',
  'If-Modified-Since',
  'If-Unmodified-Since',
  'If-Range',
  'Range',
];

const SENT: readonly { id: string; rfc?: string; given: string[]; rule?: RouteRule; expect: string[] }[] = [
  {
    id: 'harmless fields, the lines of one as they are keyed',
    rfc: '9110 §5.3',
    given: ['ACCEPT: a', 'DNT: 1', 'accept: b'],
    expect: ['ACCEPT: a, b', 'DNT: 1'],
  },
  { id: 'no conditions of the client', given: CONDITIONS.map((name) => `${name}: x`), expect: [] },
  {
    id: 'no conditions where the upstream decides',
    given: CONDITIONS.map((name) => `${name}: x`),
    rule: catchAll(),
    expect: [],
  },
  { id: 'no routing fields', given: ROUTING.map((name) => `${name}: x`), expect: [] },
  {
    id: 'nor where the upstream decides',
    given: ['X-Theme: dark', ...ROUTING.map((name) => `${name}: x`)],
    rule: catchAll(),
    expect: ['X-Theme: dark'],
  },
  {
    id: 'no names that CGI takes for those of others',
    rfc: '3875 §4.1.18',
    given: [
      ...['X_Original_URL: a', 'X.Host: b', 'If_None_Match: c', 'Accept_Language: d', 'X_Forwarded_For: e'],
      ...['X_Keyed: f', 'X_Theme: g', 'X_Gone: h', 'Content_Type: i'],
    ],
    rule: {
      ...catchAll(),
      key: { ...KEY, headers: ['x-keyed'] },
      requestFields: { ...catchAll().requestFields, strip: new Set(['x-gone']) },
    },
    expect: ['X_Theme: g'],
  },
  {
    id: 'but such as the rule names itself',
    given: ['X_Host: a'],
    rule: rule({ requestFields: requestFields({ forward: ['x_host'] }) }),
    expect: ['X_Host: a'],
  },
  {
    id: 'a routing field vouched for',
    given: ['X-Host: a'],
    rule: rule({ requestFields: requestFields({ forward: ['x-host'] }) }),
    expect: ['X-Host: a'],
  },
  {
    id: 'a routing field in the key',
    given: ['X-Host: a'],
    rule: rule({ key: { ...KEY, headers: ['x-host'] } }),
    expect: ['X-Host: a'],
  },
  {
    id: 'not what is stripped',
    given: ['Accept: a', 'X-A: b'],
    rule: rule({ requestFields: requestFields({ strip: ['accept'] }) }),
    expect: ['X-A: b'],
  },
  { id: 'no cookies', given: ['Cookie: a=1'], expect: [] },
  {
    id: 'no cookies where they are stripped',
    given: ['Cookie: a=1'],
    rule: rule({ cookies: 'strip' }),
    expect: [],
  },
  {
    id: 'cookies where they are ignored',
    given: ['Cookie: a=1'],
    rule: rule({ cookies: 'ignore' }),
    expect: ['Cookie: a=1'],
  },
  {
    id: 'keyed cookies alone, every value of theirs',
    given: ['Cookie: b=2; a=1 2', 'Cookie: a=3; c=4'],
    rule: rule({ cookies: 'strip', key: { ...KEY, cookies: ['a', 'd'] } }),
    expect: ['Cookie: a=1 2; a=3'],
  },
];

for (const row of SENT) {
  t.test(`sent: ${row.id}`, (t) => {
    t.strictSame(cacheableRequestFields(lines(...row.given), row.rule ?? rule()), lines(...row.expect));
    t.end();
  });
}

const keyed = rule({ key: { ...KEY, cookies: ['a'] } });

const COOKIES: readonly { id: string; given: string[]; rule?: RouteRule; expect: boolean }[] = [
  { id: 'none', given: [], expect: false },
  { id: 'an empty one', given: ['Cookie: '], expect: false },
  { id: 'any', given: ['Cookie: a=1'], expect: true },
  { id: 'without a name', given: ['Cookie: a'], expect: true },
  { id: 'a keyed one', given: ['Cookie: a=1'], rule: keyed, expect: false },
  { id: 'a keyed and another one', given: ['Cookie: a=1; b=2'], rule: keyed, expect: true },
  { id: 'another one on another line', given: ['Cookie: a=1', 'Cookie: b=2'], rule: keyed, expect: true },
  { id: 'a keyed name without value', given: ['Cookie: a'], rule: keyed, expect: true },
];

for (const row of COOKIES) {
  t.test(`unkeyed cookie: ${row.id}`, (t) => {
    t.equal(hasUnkeyedCookie(lines(...row.given), row.rule ?? rule()), row.expect);
    t.end();
  });
}
