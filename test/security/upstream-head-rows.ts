import type { Row } from './upstream-framing-rows.ts';
import { rowsOf } from './upstream-framing-rows.ts';
import { FIN } from './upstream-script.ts';

const OK = 'HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\n';
const L = 'Content-Length: 5\r\n';
const BAD = '502 NS dropped';
const STORED = '200 "hello" stored kept';
/** Nothing that the fast reader reads. */
const ODD = '200 "hello" stored undici';
const ODD_NS = '200 "hello" NS undici';
const NS = '200 "hello" NS kept';
const LATER = 'Date: Thu, 01 Jan 2099 00:00:00 GMT\r\n';
const status = (line: string) => `${line}\r\nCache-Control: max-age=60\r\n${L}\r\nhello`;
const fields = (more: string) => `${OK}${L}${more}\r\nhello`;
const bare = (more: string) => `HTTP/1.1 200 OK\r\n${L}${more}\r\nhello`;

export const HEAD_ROWS: readonly Row[] = [
  ...rowsOf('status lines', {
    '000': [status('HTTP/1.1 000 X'), BAD],
    '099': [status('HTTP/1.1 099 X'), BAD],
    '1000': [status('HTTP/1.1 1000 X'), BAD],
    '20': [status('HTTP/1.1 20 X'), BAD],
    abc: [status('HTTP/1.1 abc X'), BAD],
    '2x0': [status('HTTP/1.1 2x0 X'), BAD],
    '-200': [status('HTTP/1.1 -200 X'), BAD],
    none: [status('HTTP/1.1'), BAD],
    'no reason': [status('HTTP/1.1 200'), ODD],
    'no blank': [status('HTTP/1.1200 OK'), BAD],
    'two blanks': [status('HTTP/1.1  200 OK'), BAD],
    'a tab': [status('HTTP/1.1\t200 OK'), BAD],
    '600': [status('HTTP/1.1 600 X'), '600 NS undici'],
    '999': [status('HTTP/1.1 999 X'), '999 NS undici'],
    '299': [status('HTTP/1.1 299 X'), '299 "hello" stored kept'],
    'HTTP/2.0': [status('HTTP/2.0 200 OK'), BAD],
    'HTTP/1.2': [status('HTTP/1.2 200 OK'), BAD],
    'HTTP/0.9': [status('HTTP/0.9 200 OK'), BAD],
    'HTTP/1': [status('HTTP/1 200 OK'), BAD],
    'HTTP/01.1': [status('HTTP/01.1 200 OK'), BAD],
    'HTTP/1.10': [status('HTTP/1.10 200 OK'), BAD],
    'small letters': [status('http/1.1 200 OK'), BAD],
    HTTPS: [status('HTTPS/1.1 200 OK'), BAD],
    ICY: [status('ICY 200 OK'), BAD],
    RTSP: [status('RTSP/1.0 200 OK'), BAD],
    'HTTP/0.9 garbage': [['<html>hello</html>', FIN], BAD],
    'TLS bytes': [['\x15\x03\x03\x00\x02\x02\x28', FIN], BAD],
    'an HTTP/2 preface': [['\x00\x00\x12\x04\x00\x00\x00\x00\x00', FIN], BAD],
    SSH: [['SSH-2.0-OpenSSH_9.2\r\n', FIN], BAD],
    'a request': ['GET / HTTP/1.1\r\nHost: a\r\n\r\n', BAD],
    'a CTL in the reason': [status('HTTP/1.1 200 O\x01K'), ODD],
    'a NUL in the reason': [status('HTTP/1.1 200 O\0K'), ODD],
    'a bare CR in the reason': [status('HTTP/1.1 200 O\rK'), BAD],
    'bytes beyond ASCII in the reason': [status('HTTP/1.1 200 \xe9\xff'), ODD],
    'a reason of 70 KiB, which is not passed on': [status(`HTTP/1.1 200 ${'x'.repeat(70_000)}`), ODD],
    'a line break before it': [`\r\n${status('HTTP/1.1 200 OK')}`, BAD],
    'bare LFs before it': [`\n\n${status('HTTP/1.1 200 OK')}`, BAD],
    'a blank before it': [` ${status('HTTP/1.1 200 OK')}`, BAD],
    'a byte order mark before it': [`\xef\xbb\xbf${status('HTTP/1.1 200 OK')}`, BAD],
    '206 without being asked': [
      `HTTP/1.1 206 P\r\nCache-Control: max-age=60\r\nContent-Range: bytes 0-4/9\r\n${L}\r\nhello`,
      '206 "hello" NS kept',
    ],
    '416 without being asked': [
      `HTTP/1.1 416 R\r\nCache-Control: max-age=60\r\nContent-Range: bytes */9\r\n${L}\r\nhello`,
      '416 "hello" NS kept',
    ],
    '304 without being asked': [
      'HTTP/1.1 304 N\r\nCache-Control: max-age=60\r\nETag: "a"\r\n\r\n',
      '304 "" NS kept',
    ],
    '101 without being asked': ['HTTP/1.1 101 S\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n', BAD],
    '101 without being asked, and an answer': [
      `HTTP/1.1 101 S\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n${status('HTTP/1.1 200 OK')}`,
      BAD,
    ],
    '101 with nothing': ['HTTP/1.1 101 S\r\n\r\n', BAD],
    '200 with Upgrade': [fields('Connection: Upgrade\r\nUpgrade: h2c\r\n'), ODD],
  }),
  ...rowsOf('line ends and folds', {
    'bare LF everywhere': [fields('X: y\r\n').replaceAll('\r\n', '\n'), BAD],
    'bare LF behind a field': [fields('X: y\n'), BAD],
    'bare LF behind the status line': [fields('').replace('\r\n', '\n'), BAD],
    'bare LF at the end': [fields('').replace('\r\n\r\n', '\r\n\n'), BAD],
    'bare CR everywhere': [[fields('X: y\r\n').replaceAll('\r\n', '\r'), FIN], BAD],
    'bare CR behind a field': [fields('X: y\r'), BAD],
    'bare CR in a value': [fields('X: a\rSet-Cookie: a=b\r\n'), BAD],
    'bare CR before the line break': [fields('X: a\r\r\n'), BAD],
    'bare CR in a name': [fields('X\rY: a\r\n'), BAD],
    'bare LF in a value': [fields('X: a\nSet-Cookie: a=b\r\n'), BAD],
    'a fold': [fields('X: a\r\n b\r\n'), BAD],
    'a fold with a tab': [fields('X: a\r\n\tb\r\n'), BAD],
    'a fold that begins the fields': [`HTTP/1.1 200 OK\r\n X: a\r\n${L}\r\nhello`, BAD],
    'a fold in Cache-Control': [bare('Cache-Control: max-age=60,\r\n private\r\n'), BAD],
    'a fold in Content-Length': [`${OK}Content-Length:\r\n 5\r\n\r\nhello`, BAD],
    'a fold that looks like a field': [fields('X: a\r\n Set-Cookie: a=b\r\n'), BAD],
    'an empty fold': [fields('X: a\r\n \r\n'), BAD],
  }),
  ...rowsOf('names', {
    'a blank before the colon': [fields('X : a\r\n'), BAD],
    'a blank before the colon of a length': [`${OK}Content-Length : 5\r\n\r\nhello`, BAD],
    'a tab before the colon': [fields('X\t: a\r\n'), BAD],
    'a blank inside': [fields('X Y: a\r\n'), BAD],
    none: [fields(': a\r\n'), BAD],
    'no colon': [fields('Cache-Control\r\n'), BAD],
    'a NUL': [fields('X\0: a\r\n'), BAD],
    'a byte beyond ASCII': [fields('X\xe9: a\r\n'), BAD],
    parentheses: [fields('(X): a\r\n'), BAD],
    'a slash': [fields('X/Y: a\r\n'), BAD],
    'a quote': [fields('"X": a\r\n'), BAD],
    'a name of the language': [fields('__proto__: a\r\nconstructor: b\r\nhasOwnProperty: c\r\n'), STORED],
    'every token character': [fields("!#$%&'*+-.^_`|~0: a\r\n"), STORED],
    long: [fields(`${'x'.repeat(20_000)}: a\r\n`), ODD],
  }),
  ...rowsOf('control characters in values', {
    ...Object.fromEntries(
      ['\0', '\x01', '\x07', '\x08', '\x0b', '\x0c', '\x1b', '\x1f', '\x7f'].map((char) => [
        `0x${char.charCodeAt(0).toString(16)}`,
        [fields(`X: a${char}b\r\n`), BAD] as const,
      ]),
    ),
    'at the start': [fields('X:\x0ba\r\n'), BAD],
    'at the end': [fields('X: a\x0c\r\n'), BAD],
    'in Cache-Control': [bare('Cache-Control: max-age=60, private\x01\r\n'), BAD],
    'a tab': [fields('X: a\tb\r\n'), STORED],
    none: [fields('X:\r\nY: \r\nZ: \t \r\n'), ODD],
  }),
  ...rowsOf('bytes >= 0x80', {
    'all of them': [
      fields(`X: ${Array.from({ length: 128 }, (_, i) => String.fromCharCode(128 + i)).join('')}\r\n`),
      STORED,
    ],
    'UTF-8': [fields('X: \xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\r\n'), STORED],
    'broken UTF-8': [fields('X: \xc3\x28\xff\xfe\xc0\xaf\r\n'), STORED],
    'at both ends': [fields('X: \xa0a\xa0\r\nY:\x85b\x85\r\n'), STORED],
    'in ETag': [fields('ETag: "\xe9"\r\n'), STORED],
    'in Location': [fields('Location: /\xe9\r\n'), STORED],
    'in an odd head': [fields('X:  \xe9\xff\x80\r\n'), ODD],
  }),
  ...rowsOf('headers over the limit', {
    'a value of 70 KiB': [fields(`X: ${'x'.repeat(70_000)}\r\n`), BAD],
    'a name of 70 KiB': [fields(`${'x'.repeat(70_000)}: a\r\n`), BAD],
    '70 KiB in many lines': [fields(`X-Filler: ${'x'.repeat(100)}\r\n`.repeat(640)), BAD],
    '70 KiB in small lines': [fields('X: yz\r\n'.repeat(25_000)), BAD],
    '63 KiB': [fields(`X: ${'x'.repeat(64_000)}\r\n`), ODD],
    '63 KiB without an end': [[`${OK}X: ${'x'.repeat(64_000)}`, FIN], BAD],
    '70 KiB in a 103': [`HTTP/1.1 103 E\r\nX: ${'x'.repeat(70_000)}\r\n\r\n${fields('')}`, BAD],
  }),
  ...rowsOf('what forbids, beyond the thousandth line', {
    'no-store': [
      bare(`Cache-Control: max-age=60\r\n${'X: y\r\n'.repeat(2_000)}Cache-Control: no-store\r\n`),
      NS,
    ],
    private: [bare(`Cache-Control: max-age=60\r\n${'X: y\r\n'.repeat(2_000)}Cache-Control: private\r\n`), NS],
    'Set-Cookie': [fields(`${'X: y\r\n'.repeat(2_000)}Set-Cookie: a=b\r\n`), NS],
    'Vary: *': [fields(`${'X: y\r\n'.repeat(2_000)}Vary: *\r\n`), NS],
    'a length': [`${OK}${'X: y\r\n'.repeat(2_000)}${L}\r\nhello`, STORED],
    'a second length': [fields(`${'X: y\r\n'.repeat(2_000)}Content-Length: 4\r\n`), BAD],
    chunked: [fields(`${'X: y\r\n'.repeat(2_000)}Transfer-Encoding: chunked\r\n`), BAD],
    'the last of 2,000 directives': [
      bare(`Cache-Control: max-age=60${', a=b'.repeat(2_000)}, no-store\r\n`),
      NS,
    ],
  }),
  ...rowsOf('conflicting and doubled', {
    'max-age and no-store in two lines': [
      bare('Cache-Control: max-age=60\r\nCache-Control: no-store\r\n'),
      NS,
    ],
    'private in other letters': [bare('Cache-Control: max-age=60\r\ncache-control: PRIVATE\r\n'), NS],
    'two max-ages, one of them 0': [bare('Cache-Control: max-age=60\r\nCache-Control: max-age=0\r\n'), NS],
    'two max-ages, the first 0': [bare('Cache-Control: max-age=0\r\nCache-Control: max-age=60\r\n'), NS],
    'a quote that is never closed': [
      bare('Cache-Control: max-age=60, a="b\r\nCache-Control: no-store\r\n'),
      NS,
    ],
    'a quote over two lines': [
      bare('Cache-Control: max-age=60, a="\r\nCache-Control: no-store, b="\r\n'),
      NS,
    ],
    'an Age beyond it on a second line, which does not count (RFC 9111 §5.1)': [
      fields('Age: 0\r\nAge: 100\r\n'),
      STORED,
    ],
    'an Age beyond it on the first line': [fields('Age: 100\r\nAge: 0\r\n'), NS],
    'two Dates': [fields(`${LATER}Date: Thu, 01 Jan 1970 00:00:00 GMT\r\n`), STORED],
    'two Expires': [
      bare('Expires: Fri, 01 Jan 2100 00:00:00 GMT\r\nExpires: Thu, 01 Jan 1970 00:00:00 GMT\r\n'),
      NS,
    ],
    'two ETags': [fields('ETag: "a"\r\nETag: "b"\r\n'), STORED],
    'two Content-Types': [fields('Content-Type: text/html\r\nContent-Type: text/plain\r\n'), STORED],
    'two Content-Types, alike': [fields('Content-Type: text/html\r\nContent-Type: text/html\r\n'), STORED],
    'two Content-Encodings': [fields('Content-Encoding: gzip\r\nContent-Encoding: br\r\n'), STORED],
    'two Locations': [fields('Location: /a\r\nLocation: /b\r\n'), STORED],
    'two Content-Ranges': [fields('Content-Range: bytes 0-4/9\r\nContent-Range: bytes 5-9/9\r\n'), STORED],
    'two Last-Modifieds': [
      fields(
        'Last-Modified: Thu, 01 Jan 1970 00:00:00 GMT\r\nLast-Modified: Fri, 02 Jan 1970 00:00:00 GMT\r\n',
      ),
      STORED,
    ],
    'two Varys, one of them *': [fields('Vary: Accept\r\nVary: *\r\n'), NS],
  }),
  ...rowsOf('fields for one connection', {
    'all of them': [
      `${OK}${L}Connection: close, X-Hop\r\nX-Hop: 1\r\nKeep-Alive: timeout=5\r\nProxy-Authenticate: x\r\nProxy-Connection: y\r\nTE: z\r\nTrailer: t\r\nUpgrade: u\r\n\r\nhello`,
      '200 "hello" stored dropped',
    ],
    'Connection: Cache-Control': [bare('Connection: Cache-Control\r\nCache-Control: no-store\r\n'), ODD_NS],
    'Connection: Cache-Control, private': [
      bare(
        'Connection: cache-control\r\nCache-Control: private\r\nExpires: Fri, 01 Jan 2100 00:00:00 GMT\r\n',
      ),
      ODD_NS,
    ],
    'Connection: Set-Cookie': [fields('Connection: set-cookie\r\nSet-Cookie: a=b\r\n'), ODD_NS],
    'Connection: Vary': [fields('Connection: vary\r\nVary: *\r\n'), ODD_NS],
    'Connection: Content-Length': [fields('Connection: content-length\r\n'), ODD],
    'Connection: ETag': [fields('Connection: etag\r\nETag: "a"\r\n'), ODD],
    'Connection: Age': [fields('Connection: age\r\nAge: 100\r\n'), ODD_NS],
    'Connection: Expires': [bare('Connection: expires\r\nCache-Control: max-age=60\r\nExpires: 0\r\n'), ODD],
    'Connection: Transfer-Encoding': [
      `${OK}Connection: transfer-encoding\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n`,
      ODD,
    ],
    'Connection over two lines': [fields('Connection: keep-alive\r\nConnection: X-Hop\r\nX-Hop: 1\r\n'), ODD],
    'Connection: close in two lines': [
      fields('Connection: keep-alive\r\nConnection: close\r\n'),
      '200 "hello" stored dropped',
    ],
    'Proxy-Authentication-Info': [fields('Proxy-Authentication-Info: x\r\nProxy-Authorization: x\r\n'), ODD],
    "the sidecar's own": [
      fields('Cache-Status: other; hit\r\nX-Request-Id: forged\r\nVia: 1.1 other\r\n'),
      STORED,
    ],
  }),
  ...rowsOf('content codings are never decoded', {
    gzip: [
      `${OK}Content-Encoding: gzip\r\nContent-Length: 10\r\n\r\n\x1f\x8b\x08\0\0\0\0\0\0\x03`,
      `200 ${JSON.stringify('\x1f\x8b\x08\0\0\0\0\0\0\x03')} stored kept`,
    ],
    'bad gzip': [fields('Content-Encoding: gzip\r\n'), STORED],
    'bad gzip in chunks': [
      `${OK}Content-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n`,
      STORED,
    ],
    'an unknown one': [fields('Content-Encoding: x-what\r\n'), STORED],
    several: [fields('Content-Encoding: gzip, br, zstd, deflate\r\n'), STORED],
  }),
];
