import { controls, get, HOST, type Row } from './request-row.ts';

const refused = (line: string) => ({
  id: JSON.stringify(line).slice(0, 60),
  sends: `${line}\r\n${HOST}\r\n`,
});

/** The request line: method, target, version, and what stands between and before them (RFC 9112 §2.2, §3). */
export const REQUEST_LINES: readonly Row[] = [
  ...controls('\r\n').flatMap(([name, character]) => [
    { id: `${name} in the method`, sends: get('/', '', `G${character}ET`), expects: 400 },
    { id: `${name} in the target`, sends: get(`/a${character}b`), expects: 400 },
    { id: `${name} in the query`, sends: get(`/a?b${character}c`), expects: 400 },
    { id: `${name} in the version`, sends: `GET / HTTP/1${character}.1\r\n${HOST}\r\n`, expects: 400 },
    { id: `${name} before the method`, sends: `${character}${get('/')}`, expects: 400 },
    { id: `${name} for the first space`, sends: `GET${character}/ HTTP/1.1\r\n${HOST}\r\n`, expects: 400 },
    { id: `${name} for the second space`, sends: `GET /${character}HTTP/1.1\r\n${HOST}\r\n`, expects: 400 },
    { id: `${name} behind the version`, sends: `GET / HTTP/1.1${character}\r\n${HOST}\r\n`, expects: 400 },
  ]),
  ...[
    ...[
      'get / HTTP/1.1',
      'Get / HTTP/1.1',
      'GETT / HTTP/1.1',
      'GE / HTTP/1.1',
      'G@T / HTTP/1.1',
      'É / HTTP/1.1',
    ],
    ...['"GET" / HTTP/1.1', 'FOO / HTTP/1.1', `${'A'.repeat(5_000)} / HTTP/1.1`, ' / HTTP/1.1', '/ HTTP/1.1'],
    ...['GET / HTTP/1.1 ', ' GET / HTTP/1.1', 'GET / x HTTP/1.1', 'GET /a b HTTP/1.1'],
    ...[
      'GET / http/1.1',
      'GET / Http/1.1',
      'GET / HTTP/1.10',
      'GET / HTTP/1,1',
      'GET / HTTP/1',
      'GET / HTTP/.1',
    ],
    ...[
      'GET / HTTP/01.1',
      'GET / HTTP/1.01',
      'GET / HTTP/-1.1',
      'GET / HTTP 1.1',
      'GET / ',
      'GET / HTTP',
      'GET / HTTPS/1.1',
    ],
    ...['GET / ICE/1.0', 'GET / HTTP/x.y', 'GET / HTTP/1.1;x', 'GET', 'GET ', 'nonsense'],
    ...['GET / HTTP/1.2', 'GET / HTTP/3.1', 'GET / HTTP/9.9', 'GET / HTTP/1.9'],
  ].map((line) => ({ ...refused(line), expects: 400 })),
  ...['GET / HTTP/0.9', 'GET / HTTP/2.0', 'GET /'].map((line) => ({
    ...refused(line),
    expects: 505,
  })),
  { id: 'the preface of HTTP/2', sends: 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', expects: 400 },
  { id: 'TLS', sends: '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n', expects: 400 },
  { id: 'a status line', sends: `HTTP/1.1 200 OK\r\n${HOST}\r\n`, expects: 400 },
  { id: 'LF line ends', sends: 'GET / HTTP/1.1\nHost: a.test\n\n', expects: 400 },
  { id: 'LF behind the request line', sends: `GET / HTTP/1.1\n${HOST}\r\n`, expects: 400 },
  { id: 'CR behind the request line', sends: `GET / HTTP/1.1\r${HOST}\r\n`, expects: 400 },
  { id: 'LF CR behind the request line', sends: `GET / HTTP/1.1\n\r${HOST}\r\n`, expects: 400 },
  { id: 'CR CR LF behind the request line', sends: `GET / HTTP/1.1\r\r\n${HOST}\r\n`, expects: 400 },
  { id: 'TRACE', sends: get('/', '', 'TRACE'), expects: 405 },
  { id: 'CONNECT', sends: 'CONNECT a.test:443 HTTP/1.1\r\nHost: a.test:443\r\n\r\n', expects: 501 },
  { id: 'CONNECT in origin-form', sends: get('/', '', 'CONNECT'), expects: 501 },
  { id: 'a target of 9 KiB', sends: get(`/${'a'.repeat(9_000)}`), expects: 414 },
  { id: 'a query of 9 KiB', sends: get(`/?${'a'.repeat(9_000)}`), expects: 414 },
  { id: 'a target of 17 KiB', sends: get(`/${'a'.repeat(17_000)}`), expects: 431 },
  { id: 'an empty line before', sends: `\r\n${get('/')}`, expects: ['GET /'] },
  { id: 'a thousand empty lines before', sends: '\r\n'.repeat(1_000) + get('/'), expects: ['GET /'] },
  { id: 'an empty line between', sends: `${get('/')}\r\n${get('/b')}`, expects: ['GET /', 'GET /b'] },
  ...['PUT', 'PATCH', 'DELETE', 'OPTIONS', 'PROPFIND', 'PURGE', 'M-SEARCH'].map((method) => ({
    id: method,
    sends: get('/', '', method),
    expects: [`${method} /`],
  })),
  // RFC 9112 §3 lets a reader take more blanks for one.
  ...['GET  / HTTP/1.1', 'GET /  HTTP/1.1', '\r\nGET   /   HTTP/1.1'].map((line) => ({
    ...refused(line),
    expects: ['GET /'],
  })),
  // node's parser takes them for HTTP/1.0.
  { ...refused('GET / RTSP/1.0'), expects: ['GET /'] },
  { id: 'HTTP/1.0', sends: `GET / HTTP/1.0\r\n${HOST}Connection: keep-alive\r\n\r\n`, expects: ['GET /'] },
];
