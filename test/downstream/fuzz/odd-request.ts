import type { Random } from '../../faults/checker/random.ts';
import { fieldLine, hostLine, line, littleLine, plainRequest, plainTarget, textOf } from './plain-request.ts';

const METHODS = [
  'POST',
  'PUT',
  'PUT',
  'PUT',
  'OPTIONS',
  'DELETE',
  'get',
  'Get',
  'GETT',
  'GE',
  'HEADER',
  'TRACE',
  'PRI',
  'QUERY',
  'M-SEARCH',
  'G@T',
  '',
];
const VERSIONS = [
  'HTTP/1.0',
  'HTTP/1.0',
  'HTTP/1.0',
  'HTTP/2.0',
  'HTTP/1.2',
  'HTTP/0.9',
  'http/1.1',
  'HTTP/1.10',
  'HTTP/11',
  'HTTP/1.1 ',
  'HTTP 1.1',
  'ICE/1.0',
  '',
];
const TARGETS = [
  '*',
  'a',
  '',
  'http://a.test/',
  'http://b.test/',
  'HTTP://a.test',
  'https://a.test/b',
  '//a.test/b',
  '/a b',
  '/\xe9',
  '/\0',
  '/\x7f',
  '/a\tb',
  '/a#b',
  '/../a',
  '/%2e%2e/a',
  '/%zz',
  '/%00',
  'a.test:443',
  '\\a',
  '/a\\b',
  '/a"<>^`{|}',
];
const LENGTHS = ['0', '3', '03', '+3', '-0', '0x3', '3, 3', '', ' ', '9999999999999999999', '3;a', '1e1'];
const CODINGS = [
  'chunked',
  'Chunked',
  'gzip, chunked',
  'chunked, chunked',
  'identity',
  ',chunked',
  ' chunked',
  'chunked\x0b',
  'xchunked',
  '',
];
const CONNECTIONS = [
  'close',
  'close',
  'close',
  'Close',
  'upgrade',
  'keep-alive, close',
  'keep-alive,',
  ', keep-alive',
  'keep-alive, x',
  'host',
  '',
  'keep-alive keep-alive',
  'x-a',
];
/** Names that mean what they seem to mean to some reader. */
const ALMOST = [
  'Content_Length',
  'Content-Length ',
  'Content-Length\t',
  ' Content-Length',
  'Content-Length\0',
  'Content-Lengt\xe8',
  'Transfer_Encoding',
  'Transfer-Encoding\x0b',
  '\x00Transfer-Encoding',
  'Host\xa0',
  'Content-LenGth:',
  'Transfer\xadEncoding',
  'Content-\r\nLength',
  '\xefHost',
  'Connection\r',
];

/** A field that tells of a body or of the connection, lawful or not, and what may come behind the head. */
const TELLING: readonly ((random: Random) => readonly [lines: string, body: string])[] = [
  (r) => [line(r, 'Content-Length', r.pick(LENGTHS)), r.pick(['', 'abc', 'ab', 'GET'])],
  (r) => [line(r, 'Content-Length', '3').repeat(2), 'abc'],
  (r) => [
    line(r, 'Transfer-Encoding', r.pick(CODINGS)),
    r.pick(['0\r\n\r\n', '3\r\nabc\r\n0\r\n\r\n', '3;x\nabc\r\n0\r\n\r\n', 'zz\r\n', '']),
  ],
  (r) => [line(r, 'Content-Length', '5') + line(r, 'Transfer-Encoding', r.pick(CODINGS)), '0\r\n\r\n'],
  (r) => [line(r, 'Expect', r.pick(['100-continue', '100-Continue', '200-maybe', ''])), ''],
  (r) => [
    line(r, 'Upgrade', r.pick(['websocket', 'h2c', 'x'])) + r.pick(['', line(r, 'Connection', 'Upgrade')]),
    r.pick(['', '\x81\x00']),
  ],
  (r) => [
    line(
      r,
      'Connection',
      r.pick(['Upgrade, HTTP2-Settings', 'upgrade', 'keep-alive, Upgrade', 'Upgrade, close']),
    ) +
      line(r, 'Upgrade', 'h2c').repeat(1 + r.below(2)) +
      r.pick(['', line(r, 'HTTP2-Settings', 'AAMAAABkAAQAAP__'), line(r, 'Expect', '100-continue')]) +
      r.pick(['', '', line(r, 'Content-Length', '3'), line(r, 'Transfer-Encoding', 'chunked')]),
    r.pick(['', 'abc', '3\r\nabc\r\n0\r\n\r\n']),
  ],
  (r) => [line(r, r.pick(['Connection', 'Proxy-Connection']), r.pick(CONNECTIONS)), ''],
  (r) => [line(r, 'Proxy-Connection', 'keep-alive'), ''],
  (r) => [line(r, r.pick(['HTTP2-Settings', 'Trailer']), 'x'), ''],
  (r) => [line(r, r.pick(ALMOST), r.pick(['3', 'chunked', 'close'])), r.pick(['', 'abc'])],
  (r) => [hostLine(r), ''],
  (r) => [line(r, 'Host', r.pick(['', 'a@b', 'a/b', 'a, b', '\xe9', 'a b'])), ''],
  (r) => [line(r, r.pick(['Authorization', 'Content-Type', 'Range']), 'a').repeat(2), ''],
];

const NO_LINES = [
  'X',
  ': x',
  ' X: folded',
  '\tX: folded',
  'X : 1',
  'X\t: 1',
  'X(y): 1',
  'X y: 1',
  'X\xe9: 1',
  'X\0: 1',
  '',
  '\r',
  ' ',
];
const BYTES = [
  '\0',
  '\x01',
  '\b',
  '\x0b',
  '\f',
  '\x1b',
  '\x7f',
  '\x80',
  '\xa0',
  '\xe9',
  '\xff',
  '\r',
  '\n',
  '\r\r',
];
const ENDS = ['\n', '\r', '\r\r\n', '\n\r\n', ' \r\n', '\r\n ', '\0\r\n', ''];

const lines = (count: number, line: () => string): string => Array.from({ length: count }, line).join('');

/** A head with one thing in it that is not plain, and what it announces behind it. */
const ODD: readonly ((random: Random) => string)[] = [
  (r) => plainRequest(r).replace(/^[A-Z]+/, () => r.pick(METHODS)),
  (r) => plainRequest(r).replace('HTTP/1.1', () => r.pick(VERSIONS)),
  (r) => plainRequest(r).replace(/(?<=^[A-Z]+ )[^ ]*/, () => r.pick(TARGETS)),
  (r) => plainRequest(r).replace(/ /, () => r.pick(['  ', '\t', '\0', '\xa0', ''])),
  (r) => plainRequest(r).replace(/\r\nHost:[^\r]*/i, ''),
  (r) => `${r.pick(['\r\n', '\n', '\r', ' ', '\r\n\r\n', '\0'])}${plainRequest(r)}`,
  (r) => withLine(r, plainRequest(r), `${r.pick(NO_LINES)}\r\n`),
  (r) => withLine(r, plainRequest(r), `X: a${r.pick(BYTES)}b\r\n`),
  (r) => withLine(r, plainRequest(r), `X: a${r.pick(ENDS)}`),
  (r) => replaceOne(r, plainRequest(r), '\r\n', r.pick(ENDS)),
  (r) => plainRequest(r).replaceAll('\r\n', '\n'),
  (r) =>
    withLine(
      r,
      plainRequest(r),
      lines(90 + r.below(20), () => (r.chance(0.5) ? fieldLine(r) : littleLine(r))),
    ),
  (r) =>
    withLine(
      r,
      plainRequest(r),
      lines(90 + r.below(40), () => 'Accept: x\r\n'),
    ),
  (r) =>
    withLine(
      r,
      plainRequest(r),
      `${r.pick(['X', 'Accept'])}: ${'a'.repeat(r.pick([7_900, 16_200, 16_384, 17_000]))}\r\n`,
    ),
  (r) => plainRequest(r).replace(/(?<=^[A-Z]+ \/)/, () => 'a'.repeat(r.pick([8_180, 8_200, 16_400]))),
  (r) => `${plainTarget(r)}\r\n`,
  (r) => textOf(r, String.fromCharCode(...Array.from({ length: 256 }, (_, i) => i)), 40),
];

export function oddRequest(random: Random): string {
  if (random.chance(0.4)) return random.pick(ODD)(random);
  const [lines, body] = random.pick(TELLING)(random);
  const method = random.chance(0.4) ? random.pick(['POST', 'PUT', 'OPTIONS']) : undefined;
  const request = withLine(random, plainRequest(random), lines) + body;
  return method === undefined ? request : request.replace(/^[A-Z]+/, method);
}

/** With these lines in front of one of its lines, or of its end. */
function withLine(random: Random, request: string, lines: string): string {
  const ends = [...request.matchAll(/\r\n/g)].slice(0, -1);
  const at = (random.pick(ends).index ?? 0) + 2;
  return request.slice(0, at) + lines + request.slice(at);
}

export function replaceOne(random: Random, text: string, what: string, by: string): string {
  const places = [...text.matchAll(new RegExp(what, 'g'))];
  if (places.length === 0) return text;
  const at = random.pick(places).index;
  return text.slice(0, at) + by + text.slice(at + what.length);
}
