/** What an upstream answers with, what of it is stored, and for which kind of route. */
export interface CacheRow {
  readonly id: string;
  /** What it is about. */
  readonly line:
    | 'Authorization'
    | 'Set-Cookie'
    | 'private'
    | 'not fresh'
    | 'Vary'
    | 'Never stored'
    | 'allowed';
  readonly status?: number;
  /** Lines of the answer's fields. */
  readonly answer: readonly string[];
  /** The first client's fields; those who come next have none. */
  readonly request?: readonly string[];
  readonly method?: string;
  /** `always`: nor where the rule gives a ttl and ignores what the upstream says of freshness. */
  readonly notStored: 'always' | 'by the upstream' | false;
}

/** Would be stored, but for what stands beside it. */
export const FRESH = 'Cache-Control: max-age=60';
const fresh = (more: string) => `Cache-Control: max-age=60${more}`;
const CREDENTIALS = [
  ...[
    'Authorization: Bearer x',
    'authorization: Basic eDp5',
    'AUTHORIZATION: x',
    'Authorization:',
    'Authorization: Digest username="x"',
  ],
];

const AUTHORIZED: readonly CacheRow[] = [
  ...CREDENTIALS.map(
    (request): CacheRow => ({
      id: request,
      line: 'Authorization',
      answer: [FRESH],
      request: [request],
      notStored: 'always',
    }),
  ),
  ...[
    ', public=1',
    ', s-maxage=x',
    ', must-revalidate=0',
    ', x="public"',
    '; public',
    ', pub lic',
    ', no-cache="public"',
  ].map(
    (more): CacheRow => ({
      id: `no permission: ${more}`,
      line: 'Authorization',
      answer: [fresh(more)],
      request: ['Authorization: Bearer x'],
      notStored: 'always',
    }),
  ),
];

const COOKIES: readonly CacheRow[] = [
  ...[
    'Set-Cookie: a=1',
    'set-cookie: a=1',
    'SET-COOKIE:',
    'Set-Cookie: a=; Max-Age=0',
    'Set-Cookie: ,',
    'Set-Cookie: a=1; Path=/; HttpOnly',
  ].map(
    (line): CacheRow => ({
      id: line,
      line: 'Set-Cookie',
      answer: [fresh(', public'), line],
      notStored: 'always',
    }),
  ),
  {
    id: 'behind many fields',
    line: 'Set-Cookie',
    answer: [FRESH, ...Array.from({ length: 80 }, (_, i) => `X-${i}: 1`), 'Set-Cookie: a=1'],
    notStored: 'always',
  },
  {
    id: 'that the connection has',
    line: 'Set-Cookie',
    answer: [FRESH, 'Set-Cookie: a=1', 'Connection: Set-Cookie'],
    notStored: 'always',
  },
  {
    id: 'on a redirect',
    line: 'Set-Cookie',
    status: 301,
    answer: [FRESH, 'Location: /', 'Set-Cookie: a=1'],
    notStored: 'always',
  },
  {
    id: 'on a 404',
    line: 'Set-Cookie',
    status: 404,
    answer: [FRESH, 'Set-Cookie: a=1'],
    notStored: 'always',
  },
];

const PRIVATE: readonly CacheRow[] = [
  ...(
    [
      [FRESH, 'Cache-Control: private'],
      [FRESH, 'cache-control: PRIVATE'],
      [FRESH, 'Cache-Control:', 'Cache-Control: Private'],
      ['Cache-Control: private', FRESH],
      [fresh(', private="set-cookie"')],
      [fresh(',private')],
      [fresh(' , ,private , public')],
      [fresh('; private')],
      [fresh(', private=')],
      [fresh(', private=yes')],
      [fresh(', x="'), 'Cache-Control: private'],
      ['Cache-Control: x="a, private', FRESH],
      [fresh(', x="\\", private')],
      [fresh(', "private"')],
      [FRESH, 'Connection: Cache-Control', 'Cache-Control: private'],
      [FRESH, 'Cache-Control: no-store'],
      [fresh(', NO-STORE')],
      [fresh(', no-store=1')],
      [fresh('; no-store')],
      [FRESH, ...Array.from({ length: 60 }, () => 'Cache-Control: public'), 'Cache-Control: no-store'],
      ['Cache-Control: public, max-age=60, s-maxage=60, no-store'],
      ['Expires: Thu, 01 Jan 2099 00:00:00 GMT', 'Cache-Control: no-store'],
    ] as const
  ).map(
    (answer): CacheRow => ({
      id: answer.join(' | ').slice(0, 100),
      line: 'private',
      answer,
      notStored: 'always',
    }),
  ),
];

const NEVER: readonly CacheRow[] = [
  ...['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'PROPFIND', 'HEAD', 'REPORT', 'PURGE'].map(
    (method): CacheRow => ({
      id: method,
      line: 'Never stored',
      method,
      answer: [fresh(', public')],
      notStored: 'always',
    }),
  ),
  ...[206, 304, 407, 408, 411, 412, 413, 415, 416, 417, 425, 428, 429, 431, 511].map(
    (status): CacheRow => ({
      id: `${status}`,
      line: 'Never stored',
      status,
      answer: [FRESH],
      notStored: 'always',
    }),
  ),
  ...[201, 202, 302, 303, 307, 400, 401, 403, 404, 409, 410, 418, 451, 500, 502, 503, 504, 599].map(
    (status): CacheRow => ({
      id: `${status} without a lifetime`,
      line: 'Never stored',
      status,
      answer: [],
      notStored: 'always',
    }),
  ),
  {
    id: 'no-store of the client',
    line: 'Never stored',
    request: ['Cache-Control: no-store'],
    answer: [FRESH],
    notStored: 'always',
  },
  {
    id: 'a part, though the status says otherwise',
    line: 'allowed',
    answer: [FRESH, 'Content-Range: bytes 0-1/10'],
    notStored: false,
  },
  {
    id: 'must-understand of an unknown status',
    line: 'Never stored',
    status: 299,
    answer: [fresh(', must-understand')],
    notStored: 'always',
  },
];

/** What looks alike and is stored, so that a row above cannot pass because nothing ever is. */
const ALLOWED: readonly CacheRow[] = [
  ...(
    [
      [FRESH],
      [fresh(', x="private"')],
      [fresh(', x-private')],
      [fresh(', not-no-store')],
      [FRESH, 'X-Cache-Control: private'],
      [FRESH, 'X-Set-Cookie: a=1'],
      [FRESH, 'Age: 59'],
      [FRESH, 'Vary: Accept'],
      ['Expires: Thu, 01 Jan 2099 00:00:00 GMT'],
      [fresh(', public, must-revalidate')],
    ] as const
  ).map((answer): CacheRow => ({ id: answer.join(' | '), line: 'allowed', answer, notStored: false })),
];

/** What must not be stored whoever asks, and what may. */
export const CACHE_ROWS: readonly CacheRow[] = [...AUTHORIZED, ...COOKIES, ...PRIVATE, ...NEVER, ...ALLOWED];
