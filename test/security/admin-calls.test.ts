import t, { type Test } from 'tap';
import { running, TOKENS } from '../admin/running.ts';
import { type Heard, request, tell } from './admin-wire.ts';

/*
 * Who may call, by `Host`, `Origin`, method and token, row by row, on the wire. Whatever is not answered with 2xx must
 * have changed nothing.
 */

const DEPLOY = 'Authorization: Bearer purge-me';
const ALL = '{"all":true}';

interface Row {
  readonly id: string;
  readonly sends: Buffer | readonly (string | Buffer)[];
  readonly expects: number;
}

/** An admin port that counts what was changed through it. */
async function start(t: Test, open: boolean) {
  let changes = 0;
  const changed = async () => {
    changes++;
  };
  const server = await running(t, {
    ...(open ? { tokens: [] } : { tokens: TOKENS }),
    reload: changed,
    warm: async () => {
      changes++;
      throw new Error('none');
    },
  });
  return { ...server, changes: () => changes + server.appended.length };
}

type Server = Awaited<ReturnType<typeof start>>;

async function check(t: Test, server: Server, rows: readonly Row[]) {
  for (const { id, sends, expects } of rows) {
    const before = server.changes();
    const heard = await tell(server.port, ...(Buffer.isBuffer(sends) ? [sends] : sends)).catch(
      (error: Error): Heard => ({ status: -1, answers: 0, text: error.message, closedAfter: 0 }),
    );
    const changed = server.changes() - before;
    const isFine = heard.status === expects && heard.answers <= 1 && (expects < 300 || changed === 0);
    t.ok(isFine, id, isFine ? {} : { heard, changed, expects });
    if (expects >= 400) t.ok(heard.closedAfter < 1_000, `${id}: closed`, { heard });
  }
}

const purge = (lines: readonly string[], body = ALL) => request('POST', '/purge', lines, body);

t.test('a foreign Host is refused, whatever it is to look like', async (t) => {
  const foreign = [
    'evil.example',
    'evil.example:80',
    'localhost.evil.example',
    'localhost.',
    'localhost.:80',
    '127.0.0.1.',
    '127.0.0.1.evil.example',
    '127.0.0.1.nip.io',
    'evil.localhost.example',
    'sub.localhost',
    'localhost@evil.example',
    'evil.example@localhost',
    'user:pw@localhost',
    '[::1].evil.example',
    '[::1]evil.example',
    '[::2]',
    '[::]',
    '[::ffff:10.0.0.1]',
    '[localhost]',
    '[127.0.0.1]',
    '[::1',
    '::1',
    '0.0.0.0',
    '10.0.0.1',
    '128.0.0.1',
    '127.1',
    '127.0.0.999',
    '0127.0.0.1',
    '0x7f.0.0.1',
    '2130706433',
    'localhost:',
    'localhost:abc',
    'localhost:123456',
    'localhost:80:80',
    'localhost:80@evil.example',
    'localhost/',
    'localhost#evil.example',
    'localhost?evil.example',
    'localhost\\evil.example',
    'localhost%00',
    'localhost, evil.example',
    'localhost evil.example',
    'localh\xc3\xb6st',
    'x:80',
    '*',
    '',
  ];
  const own = [
    'localhost',
    'LocalHost',
    'localhost:1',
    '127.0.0.1',
    '127.8.9.10:9090',
    '[::1]',
    '[::1]:9090',
  ];
  const server = await start(t, true);
  await check(t, server, [
    ...foreign.flatMap((host) => [
      { id: `purge, Host: ${host}`, sends: purge([`Host: ${host}`]), expects: 403 },
      { id: `stats, Host: ${host}`, sends: request('GET', '/stats', [`Host: ${host}`]), expects: 403 },
    ]),
    ...own.map((host) => ({ id: `Host: ${host}`, sends: purge([`Host: ${host}`]), expects: 200 })),
    { id: 'two of them', sends: purge(['Host: localhost', 'Host: evil.example']), expects: 400 },
    { id: 'the same twice', sends: purge(['Host: localhost', 'Host: localhost']), expects: 400 },
    { id: 'twice in another case', sends: purge(['Host: localhost', 'hOST: localhost']), expects: 400 },
    { id: 'none', sends: [`POST /purge HTTP/1.1\r\nContent-Length: 12\r\n\r\n${ALL}`], expects: 400 },
    {
      id: 'none, HTTP/1.0',
      sends: [`POST /purge HTTP/1.0\r\nContent-Length: 12\r\n\r\n${ALL}`],
      expects: 400,
    },
    { id: 'a probe, foreign', sends: request('GET', '/healthz', ['Host: evil.example']), expects: 403 },
  ]);
  t.equal(server.appended.length, own.length);
});

t.test('a page of another origin changes nothing, nor does it read', async (t) => {
  const server = await start(t, true);
  const foreign = [
    'https://evil.example',
    'http://evil.example',
    'http://localhost:1',
    'http://localhost.evil.example',
    'http://localhost@evil.example',
    'http://evil.example@localhost',
    'https://localhost',
    'http://127.0.0.1',
    'http://localhost/',
    'http://localhost, http://localhost',
    'http://localhost https://evil.example',
    'chrome-extension://abcdefgh',
    'file://',
    'null',
    'localhost',
    '',
  ];
  const simple = ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x'];
  await check(t, server, [
    ...foreign.map((origin) => ({
      id: `Origin: ${origin}`,
      sends: purge([`Origin: ${origin}`]),
      expects: 403,
    })),
    ...foreign.map((origin) => ({
      id: `read, Origin: ${origin}`,
      sends: request('GET', '/config', [`Origin: ${origin}`]),
      expects: 403,
    })),
    ...simple.map((type) => ({
      id: `a form, ${type}`,
      sends: purge(['Origin: https://evil.example', `Content-Type: ${type}`]),
      expects: 403,
    })),
    { id: 'own', sends: purge(['Origin: http://localhost']), expects: 200 },
    { id: 'own, in capitals', sends: purge(['Origin: HTTP://LOCALHOST']), expects: 200 },
    { id: 'two', sends: purge(['Origin: http://localhost', 'Origin: http://evil']), expects: 400 },
    { id: 'Referer', sends: purge(['Referer: https://evil.example/x']), expects: 403 },
    { id: 'Referer, begins alike', sends: purge(['Referer: http://localhost.evil.example/']), expects: 403 },
    { id: 'Referer, user', sends: purge(['Referer: http://localhost@evil.example/']), expects: 403 },
    { id: 'own Referer', sends: purge(['Referer: http://localhost/x']), expects: 200 },
    { id: 'own Referer, bare', sends: purge(['Referer: http://localhost']), expects: 200 },
    { id: 'Sec-Fetch-Site', sends: purge(['Sec-Fetch-Site: cross-site']), expects: 403 },
    { id: 'Sec-Fetch-Site, another port', sends: purge(['Sec-Fetch-Site: same-site']), expects: 403 },
    { id: 'Sec-Fetch-Site, own', sends: purge(['Sec-Fetch-Site: same-origin']), expects: 200 },
    {
      id: 'a preflight',
      sends: request('OPTIONS', '/purge', [
        'Origin: https://evil.example',
        'Access-Control-Request-Method: POST',
      ]),
      expects: 403,
    },
    {
      id: 'a preflight of a private network',
      sends: request('OPTIONS', '/purge', ['Access-Control-Request-Private-Network: true']),
      expects: 405,
    },
    {
      id: 'a link from elsewhere',
      sends: request('GET', '/stats', ['Referer: https://wiki.example/']),
      expects: 200,
    },
  ]);
  const { text } = await tell(
    server.port,
    request('OPTIONS', '/purge', ['Access-Control-Request-Method: POST']),
  );
  t.notMatch(text, /^access-control/im, 'nothing is allowed to other origins');
});

t.test('changes of state by POST to their very path alone', async (t) => {
  const server = await start(t, false);
  const paths = ['/purge', '/reload', '/warm'];
  const methods = ['GET', 'HEAD', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'PURGE', 'MKCOL'];
  const others = [
    '/purge/',
    '//purge',
    '/PURGE',
    '/%70urge',
    '/./purge',
    '/purge;x',
    '/purge%00',
    '/x/../purge',
  ];
  await check(t, server, [
    ...paths.flatMap((path) =>
      methods.map((method) => ({
        id: `${method} ${path}`,
        sends: request(method, path, [DEPLOY], ALL),
        expects: 405,
      })),
    ),
    ...paths.map((path) => ({
      id: `GET ${path} that says it was POST`,
      sends: request('GET', path, [DEPLOY, 'X-HTTP-Method-Override: POST', 'X-Method-Override: POST'], ALL),
      expects: 405,
    })),
    ...paths.map((path) => ({
      id: `${path} with a query`,
      sends: request('POST', `${path}?dry-run=true`, [DEPLOY], path === '/reload' ? '' : ALL),
      expects: 400,
    })),
    ...others.map((path) => ({
      id: `POST ${path}`,
      sends: request('POST', path, [DEPLOY], ALL),
      expects: 404,
    })),
    {
      id: 'absolute-form, foreign',
      sends: request('POST', 'http://evil.example/purge', [DEPLOY], ALL),
      expects: 404,
    },
    {
      id: 'absolute-form, own',
      sends: request('POST', 'http://localhost/purge', [DEPLOY], ALL),
      expects: 404,
    },
    { id: 'a method in small letters', sends: request('post', '/purge', [DEPLOY], ALL), expects: 400 },
    { id: 'CONNECT', sends: request('CONNECT', 'localhost:80', [DEPLOY]), expects: 405 },
    {
      id: 'an upgrade',
      sends: request('GET', '/stats', [DEPLOY, 'Upgrade: h2c', 'Connection: Upgrade']),
      expects: 200,
    },
    { id: 'HTTP/2', sends: ['PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'], expects: 400 },
    { id: 'HTTP/0.9', sends: ['GET /stats\r\n\r\n'], expects: 400 },
    { id: 'TLS', sends: [Buffer.from('16030100a5010000a10303', 'hex')], expects: 400 },
    {
      id: 'reload with an order in its body',
      sends: request('POST', '/reload', [DEPLOY], '{"dry-run":true}'),
      expects: 400,
    },
    { id: 'reload with an empty object', sends: request('POST', '/reload', [DEPLOY], ' {} '), expects: 200 },
    {
      id: 'reload, chunked order',
      sends: request('POST', '/reload', [DEPLOY, 'Transfer-Encoding: chunked'], '3\r\n[1]\r\n0\r\n\r\n'),
      expects: 400,
    },
    { id: 'a query that is not known', sends: request('GET', '/purges?limt=5', [DEPLOY]), expects: 400 },
    { id: 'a query twice', sends: request('GET', '/purges?limit=5&limit=6', [DEPLOY]), expects: 400 },
    {
      id: 'framing by both',
      sends: request('POST', '/purge', [DEPLOY, 'Content-Length: 12', 'Transfer-Encoding: chunked'], ALL),
      expects: 400,
    },
    {
      id: 'two lengths',
      sends: request('POST', '/purge', [DEPLOY, 'Content-Length: 12', 'Content-Length: 13'], ALL),
      expects: 400,
    },
    {
      id: 'a signed length',
      sends: request('POST', '/purge', [DEPLOY, 'Content-Length: +12'], ALL),
      expects: 400,
    },
    { id: 'an expectation', sends: request('POST', '/purge', [DEPLOY, 'Expect: 200-ok'], ALL), expects: 417 },
    { id: '101 fields', sends: request('GET', '/stats', [DEPLOY, ...Array(101).fill('a: b')]), expects: 431 },
    {
      id: 'its token beyond the thousandth',
      sends: request('GET', '/stats', [...Array(1_500).fill('a: b'), DEPLOY]),
      expects: 431,
    },
    {
      id: 'a head of 17 KiB',
      sends: request('GET', '/stats', [DEPLOY, `a: ${'b'.repeat(17_000)}`]),
      expects: 431,
    },
  ]);
});

t.test('tokens', async (t) => {
  const server = await start(t, false);
  const auth = (value: string) => request('POST', '/purge', [`Authorization: ${value}`], ALL);
  const rows: Row[] = [
    { id: 'none', sends: purge([]), expects: 401 },
    { id: 'empty', sends: auth(''), expects: 401 },
    { id: 'without a token', sends: auth('Bearer'), expects: 401 },
    { id: 'a prefix', sends: auth('Bearer purge-m'), expects: 401 },
    { id: 'a suffix', sends: auth('Bearer urge-me'), expects: 401 },
    { id: 'more', sends: auth('Bearer purge-me2'), expects: 401 },
    { id: 'in capitals', sends: auth('Bearer PURGE-ME'), expects: 401 },
    { id: 'in quotes', sends: auth('Bearer "purge-me"'), expects: 401 },
    { id: 'a space within', sends: auth('Bearer purge -me'), expects: 401 },
    { id: 'two', sends: auth('Bearer guess purge-me'), expects: 401 },
    { id: 'two schemes', sends: auth('Basic eDp5, Bearer purge-me'), expects: 401 },
    { id: 'a tab instead of a space', sends: auth('Bearer\tpurge-me'), expects: 401 },
    { id: 'no space', sends: auth('Bearerpurge-me'), expects: 401 },
    { id: 'alone', sends: auth('purge-me'), expects: 401 },
    { id: 'Token', sends: auth('Token purge-me'), expects: 401 },
    { id: 'Basic', sends: auth(`Basic ${Buffer.from('deploy:purge-me').toString('base64')}`), expects: 401 },
    { id: 'encoded', sends: auth('Bearer purge%2dme'), expects: 401 },
    { id: 'NUL behind it', sends: auth('Bearer purge-me\0'), expects: 400 },
    { id: 'no ASCII', sends: auth('Bearer p\xfcrge-me'), expects: 401 },
    { id: 'its name', sends: auth('Bearer deploy'), expects: 401 },
    { id: 'undefined', sends: auth('Bearer undefined'), expects: 401 },
    { id: '15 KiB', sends: auth(`Bearer ${'x'.repeat(15_000)}`), expects: 401 },
    { id: '1 MiB', sends: auth(`Bearer ${'x'.repeat(1_048_576)}`), expects: 431 },
    {
      id: 'in the query',
      sends: request('GET', '/stats?token=purge-me&access_token=purge-me'),
      expects: 401,
    },
    {
      id: 'in a cookie',
      sends: purge(['Cookie: token=purge-me; Authorization=Bearer purge-me']),
      expects: 401,
    },
    {
      id: 'in another field',
      sends: purge(['Proxy-Authorization: Bearer purge-me', 'X-Api-Key: purge-me']),
      expects: 401,
    },
    { id: 'the second line of two', sends: purge(['Authorization: Bearer x', DEPLOY]), expects: 400 },
    { id: 'the first line of two', sends: purge([DEPLOY, 'Authorization: Bearer x']), expects: 400 },
    { id: 'the same line twice', sends: purge([DEPLOY, DEPLOY]), expects: 400 },
    { id: 'folded', sends: purge(['Authorization: Bearer', ' purge-me']), expects: 400 },
  ];
  // One port each some: this is about tokens, not about how often.
  for (let i = 0; i < rows.length; i += 8) {
    await check(t, i === 0 ? server : await start(t, false), rows.slice(i, i + 8));
  }
  await check(t, await start(t, false), [
    { id: 'the token', sends: auth('Bearer purge-me'), expects: 200 },
    { id: 'the scheme in capitals', sends: auth('BEARER purge-me'), expects: 200 },
    { id: 'spaces around', sends: auth('  Bearer   purge-me  '), expects: 200 },
  ]);
  t.notMatch(JSON.stringify(server.log), /purge-me|read-me/, 'none in the log');
});

t.test('each endpoint by each scope', async (t) => {
  const body: Readonly<Record<string, string>> = { '/purge': ALL, '/warm': '{"paths":["/a"]}' };
  const endpoints = [
    ['GET', '/stats', 'read'],
    ['HEAD', '/stats', 'read'],
    ['GET', '/metrics', 'read'],
    ['GET', '/config', 'read'],
    ['GET', '/purges', 'read'],
    ['POST', '/purge', 'purge'],
    ['POST', '/warm', 'purge'],
    ['POST', '/reload', 'purge'],
    ['GET', '/healthz', undefined],
    ['GET', '/readyz', undefined],
  ] as const;
  const scopesOf = { looks: ['read'], changes: ['purge'], both: ['read', 'purge'], none: [] } as const;
  const tokens = Object.entries(scopesOf).map(([name, scopes]) => ({ name, token: `${name}-token`, scopes }));
  const server = { ...(await running(t, { tokens })), changes: () => 0 };
  await check(
    t,
    server,
    tokens.flatMap(({ name, token, scopes }) =>
      endpoints.map(([method, path, scope]) => ({
        id: `${name}: ${method} ${path}`,
        sends: request(method, path, [`Authorization: Bearer ${token}`], body[path] ?? ''),
        expects: scope === undefined || scopes.some((one) => one === scope) ? 200 : 403,
      })),
    ),
  );
});
