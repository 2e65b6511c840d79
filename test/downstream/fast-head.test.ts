import t from 'tap';
import { readFastHead } from '../../src/downstream/fast-head.ts';

const HOST = 'Host: a.test\r\n';
const many = (count: number) => Array.from({ length: count }, (_, i) => `x${i}: ${i}\r\n`).join('');

const PLAIN: readonly { id: string; given: string; expect: readonly string[] }[] = [
  { id: 'nothing but Host', given: HOST, expect: ['Host', 'a.test'] },
  { id: 'no field at all: whether that is enough is decided behind it', given: '', expect: [] },
  { id: 'no white space', rfc: '9112 §5', given: 'X:1\r\n', expect: ['X', '1'] },
  { id: 'white space around a value', given: 'X: \t 1 2\t \r\n', expect: ['X', '1 2'] },
  { id: 'an empty value', given: 'X:\r\nY: \t\r\n', expect: ['X', '', 'Y', ''] },
  {
    id: 'every character of a token',
    given: "!#$%&'*+-.^_`|~aZ09: 1\r\n",
    expect: ["!#$%&'*+-.^_`|~aZ09", '1'],
  },
  { id: 'a colon in a value', given: 'X: a:b: c\r\n', expect: ['X', 'a:b: c'] },
  { id: 'a kept connection', given: 'Connection: Keep-Alive\r\n', expect: ['Connection', 'Keep-Alive'] },
  { id: '__proto__', given: '__proto__: 1\r\n', expect: ['__proto__', '1'] },
] as readonly { id: string; given: string; expect: readonly string[] }[];

t.test('plain heads', async (t) => {
  for (const { id, given, expect } of PLAIN) {
    for (const method of ['GET', 'HEAD']) {
      const text = `${method} /a?b=c HTTP/1.1\r\n${given}\r\n`;
      const head = { method, target: '/a?b=c', fields: expect };
      t.same(readFastHead(text, 0), { ...head, end: text.length }, id);
      t.same(readFastHead(`abc${text}GET /`, 3), { ...head, end: 3 + text.length }, `${id}, in the middle`);
      for (let end = 0; end < text.length; end++) {
        if (readFastHead(text.slice(0, end), 0) !== 'more') t.fail(`${id}: not awaited at ${end}`);
      }
    }
  }
});

/** For node:http to read: what is unlawful, and what is lawful and not plain. */
const PASSED_ON = [
  ...['POST / HTTP/1.1', 'get / HTTP/1.1', 'OPTIONS * HTTP/1.1', 'GET * HTTP/1.1', 'GET a HTTP/1.1'],
  ...['GET http://a.test/ HTTP/1.1', 'GET / HTTP/1.0', 'GET / HTTP/2.0', 'GET / http/1.1', 'GET / HTTP/1.10'],
  ...[
    'GET  / HTTP/1.1',
    'GET / HTTP/1.1 ',
    ' GET / HTTP/1.1',
    'GET /\t HTTP/1.1',
    'GET /a b HTTP/1.1',
    'GET /',
  ],
  ...['GET /\xe4 HTTP/1.1', 'GET /\x00 HTTP/1.1', 'GET /\x7f HTTP/1.1', '', 'PRI * HTTP/2.0', '\x16\x03\x01'],
].map((line) => `${line}\r\n${HOST}\r\n`);
const LINES = [
  ...[
    'X',
    'X : 1',
    ' X: 1',
    '\tX: 1',
    ': 1',
    'X\xe4: 1',
    'X(: 1',
    'X: \xe4',
    'X: a\0b',
    'X: a\rb',
    'X: a\nb',
    'X: \x7f',
  ],
  ...[
    'Content-Length: 0',
    'content-length: 5',
    'Transfer-Encoding: chunked',
    'TRANSFER-ENCODING: x',
    'Expect: 100-continue',
  ],
  ...[
    'Upgrade: websocket',
    'HTTP2-Settings: x',
    'Trailer: x',
    'Connection: close',
    'Connection: keep-alive, x',
  ],
  ...['Connection:', 'Connection: upgrade', 'X: 1\r\n folded', 'X: 1\n', 'X: 1\r', 'X: 1\r\r'],
];

t.test('everything else is left to node:http', async (t) => {
  for (const given of [
    ...PASSED_ON,
    ...LINES.map((line) => `GET / HTTP/1.1\r\n${line}\r\n${HOST}\r\n`),
    ...LINES.map((line) => `GET / HTTP/1.1\r\n${HOST}${line}\r\n\r\n`),
    `GET / HTTP/1.1\n${HOST}\n`,
    `GET / HTTP/1.1\r\n${HOST}\n`,
    `GET / HTTP/1.1\r\n${HOST}\r`.concat('x'),
  ]) {
    t.equal(readFastHead(given, 0), undefined, JSON.stringify(given));
  }
});

t.test('a long head is read in the time of its length', async (t) => {
  // What a regular expression with two ways to the same end would not survive.
  for (const given of [
    many(100_000),
    `X: ${'a '.repeat(500_000)}\x00`,
    `X:${' '.repeat(1_000_000)}\x00`,
    'a'.repeat(1e6),
  ]) {
    readFastHead(`GET / HTTP/1.1\r\n${given}\r\n\r\n`, 0);
    readFastHead(`GET /${given} HTTP/1.1\r\n\r\n`, 0);
  }
  t.pass('done');
});

t.test('what can become no plain head is not waited for', async (t) => {
  const begun = `GET / HTTP/1.1\r\n`;
  const fields = [
    ' ',
    '\t',
    ':',
    '/',
    'X ',
    'X\t',
    'X(',
    'X\r',
    'X\n',
    '\n',
    '\rX',
    '\r\r',
    'X:\rX',
    'X:\x7f',
    'X: \xe4',
  ];
  for (const given of [
    ...['Content-Length:', 'content-length: +', 'Transfer-Encoding:', 'Upgrade:', 'proxy-connection: k'].map(
      (line) => begun + line,
    ),
    ...fields.flatMap((line) => [begun + line, `${begun}E:\r\nE: 1\r\n${line}`]),
    ...['/', ' ', '\r', 'A', 'GEX', 'GET\t', 'GET  ', 'GET a', 'HEAX', 'HEADE', 'GET /\t', 'GET /\x7f'],
    ...[
      'GET /a T',
      'GET /a HTTPS',
      'GET /a HTTP/2',
      'GET /a HTTP/1.0',
      'GET /a HTTP/1.11',
      'GET /a HTTP/1.1\n',
    ],
    ...['GET /a HTTP/1.1 ', 'GET /a HTTP/1.1\rX', 'GET /a HTTP/1\r', 'GET /a \r', 'GET /\r', 'GET /a  '],
  ])
    t.equal(readFastHead(given, 0), undefined, JSON.stringify(given));
});
