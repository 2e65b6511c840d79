import { FIN, PAUSE, RESET, type Script } from './upstream-script.ts';

/**
 * `expects`: what the client gets – a status with its body, or that it was cut off –, whether it was stored (`NS`: in no
 * tier), and whether the connection to the upstream is used again: `kept`, `dropped`, or kept by the reader that
 * it names alone.
 */
export interface Row {
  readonly id: string;
  /** The class of bad input that it belongs to. */
  readonly line: string;
  readonly sends: Script;
  readonly expects: string;
}

const OK = 'HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\n';
const L = 'Content-Length: 5\r\n';
const C = 'Transfer-Encoding: chunked\r\n';
const HELLO = `${OK}${L}\r\nhello`;
const LAST = '0\r\n\r\n';
const NEXT = 'HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\nContent-Length: 6\r\n\r\npoison';

export const rowsOf = (line: string, of: Record<string, readonly [Script | string, string]>): Row[] =>
  Object.entries(of).map(([id, [sends, expects]]) => ({
    id,
    line,
    sends: typeof sends === 'string' ? [sends] : sends,
    expects,
  }));

const BAD = '502 NS dropped';
const CUT = 'cut NS dropped';
/** Nothing that the fast reader reads. */
const ODD = '200 "hello" stored undici';
const ODD_NS = '200 "hello" NS undici';

export const FRAMING_ROWS: readonly Row[] = [
  ...rowsOf('whole', {
    'as long as it says': [HELLO, '200 "hello" stored kept'],
    'in chunks': [`${OK}${C}\r\n5\r\nhello\r\n${LAST}`, '200 "hello" stored kept'],
    'no body': [`${OK}Content-Length: 0\r\n\r\n`, '200 "" stored kept'],
    'one byte at a time': [[...HELLO], '200 "hello" stored kept'],
    'the upstream ends the connection behind it': [[HELLO, FIN], '200 "hello" stored dropped'],
    'the upstream resets the connection behind it': [[HELLO, RESET], '200 "hello" stored dropped'],
    'chunks, and a reset behind them': [
      [`${OK}${C}\r\n5\r\nhello\r\n${LAST}`, RESET],
      '200 "hello" stored dropped',
    ],
    'Connection: close, which the upstream leaves open': [
      `${OK}${L}Connection: close\r\n\r\nhello`,
      '200 "hello" stored dropped',
    ],
  }),
  ...rowsOf('fewer bytes than Content-Length', {
    'and its end': [[`${OK}${L}\r\nhell`, FIN], CUT],
    'and a reset': [[`${OK}${L}\r\nhell`, RESET], CUT],
    'none of them': [[`${OK}${L}\r\n`, FIN], CUT],
    'none of them, and a reset': [[`${OK}${L}\r\n`, RESET], CUT],
    'with Connection: close': [[`${OK}${L}Connection: close\r\n\r\nhell`, FIN], CUT],
    'HTTP/1.0': [[`${OK.replace('1.1', '1.0')}${L}\r\nhell`, FIN], CUT],
    'an odd head': [[`${OK}${L}X:  two\r\n\r\nhell`, FIN], CUT],
    'an odd head, and a reset': [[`${OK}${L}X:  two\r\n\r\nhell`, RESET], CUT],
    'a 404': [[`${OK.replace('200', '404')}${L}\r\nhell`, FIN], CUT],
  }),
  ...rowsOf('more bytes than Content-Length', {
    'in one packet': [`${HELLO}!`, '200 "hello" stored dropped'],
    'in the next': [[HELLO, PAUSE, '!'], '200 "hello" stored dropped'],
    'behind no body': [`${OK}Content-Length: 0\r\n\r\nhello`, '200 "" stored dropped'],
    'behind the last chunk': [`${OK}${C}\r\n5\r\nhello\r\n${LAST}!`, '200 "hello" stored dropped'],
    'a line break': [`${HELLO}\r\n`, ODD],
    'a line break, later': [[HELLO, PAUSE, '\r\n'], '200 "hello" stored dropped'],
  }),
  ...rowsOf('two responses in one packet', {
    'as long as they say': [`${HELLO}${NEXT}`, '200 "hello" stored dropped'],
    'behind chunks': [`${OK}${C}\r\n5\r\nhello\r\n${LAST}${NEXT}`, '200 "hello" stored dropped'],
    'behind a 204': [`${OK.replace('200', '204')}\r\n${NEXT}`, '204 "" stored dropped'],
    'behind a 304': [`${OK.replace('200', '304')}\r\n${NEXT}`, '304 "" NS dropped'],
    'in the next packet': [[HELLO, PAUSE, NEXT], '200 "hello" stored dropped'],
    'half of the second': [`${HELLO}${NEXT.slice(0, 30)}`, '200 "hello" stored dropped'],
    'one byte of the second': [`${HELLO}H`, '200 "hello" stored dropped'],
    three: [`${HELLO}${NEXT}${NEXT}`, '200 "hello" stored dropped'],
    'an interim one behind it': [`${HELLO}HTTP/1.1 103 E\r\n\r\n`, '200 "hello" stored dropped'],
    'behind an odd one': [`${OK}${L}X:  two\r\n\r\nhello${NEXT}`, '200 "hello" stored dropped'],
  }),
  ...rowsOf('chunked without its end', {
    'the last line break': [[`${OK}${C}\r\n5\r\nhello\r\n0\r\n`, FIN], CUT],
    'the last byte': [[`${OK}${C}\r\n5\r\nhello\r\n0\r\n\r`, FIN], CUT],
    'the last chunk': [[`${OK}${C}\r\n5\r\nhello\r\n`, FIN], CUT],
    'in a chunk': [[`${OK}${C}\r\n5\r\nhel`, FIN], CUT],
    'in a size': [[`${OK}${C}\r\n5\r\nhello\r\n1`, FIN], CUT],
    'in a size, and a reset': [[`${OK}${C}\r\n5\r\nhello\r\n1`, RESET], CUT],
    'in an extension': [[`${OK}${C}\r\n5\r\nhello\r\n5;a=`, FIN], CUT],
    'in a trailer': [[`${OK}${C}\r\n5\r\nhello\r\n0\r\nX: y`, FIN], CUT],
    'in a trailer, and a reset': [[`${OK}${C}\r\n5\r\nhello\r\n0\r\nX: y`, RESET], CUT],
    'with Connection: close': [[`${OK}${C}Connection: close\r\n\r\n5\r\nhello\r\n`, FIN], CUT],
    'with Connection: close, and a reset': [[`${OK}${C}Connection: close\r\n\r\n5\r\nhello\r\n`, RESET], CUT],
    'no chunk at all': [[`${OK}${C}\r\n`, FIN], CUT],
  }),
  ...rowsOf('odd chunk sizes', {
    'not hexadecimal': [`${OK}${C}\r\n5\r\nhello\r\nzz\r\n`, CUT],
    'not hexadecimal, at once': [`${OK}${C}\r\nzz\r\n`, CUT],
    negative: [`${OK}${C}\r\n-5\r\nhello\r\n`, CUT],
    signed: [`${OK}${C}\r\n+5\r\nhello\r\n${LAST}`, CUT],
    'with 0x': [`${OK}${C}\r\n0x5\r\nhello\r\n${LAST}`, CUT],
    'beyond 64 bits': [`${OK}${C}\r\n10000000000000005\r\nhello\r\n${LAST}`, CUT],
    'beyond 53 bits': [[`${OK}${C}\r\n20000000000005\r\nhello\r\n${LAST}`, FIN], CUT],
    'a blank before it': [`${OK}${C}\r\n 5\r\nhello\r\n${LAST}`, CUT],
    'a blank behind it': [`${OK}${C}\r\n5 \r\nhello\r\n${LAST}`, CUT],
    none: [`${OK}${C}\r\n\r\nhello\r\n${LAST}`, CUT],
    'an extension without a size': [`${OK}${C}\r\n;a\r\nhello\r\n${LAST}`, CUT],
    'a bare LF behind it': [`${OK}${C}\r\n5\nhello\r\n${LAST}`, CUT],
    'a bare CR behind it': [`${OK}${C}\r\n5\rhello\r\n${LAST}`, CUT],
    'a bare LF behind the chunk': [`${OK}${C}\r\n5\r\nhello\n${LAST}`, CUT],
    'more than it says': [`${OK}${C}\r\n5\r\nhello!\r\n${LAST}`, CUT],
    'less than it says': [`${OK}${C}\r\n7\r\nhello\r\n${LAST}`, CUT],
    'a bare LF at the end': [[`${OK}${C}\r\n5\r\nhello\r\n0\n\n`, FIN], CUT],
    'padded with zeros': [`${OK}${C}\r\n00000005\r\nhello\r\n000\r\n\r\n`, ODD],
    'an extension': [`${OK}${C}\r\n5;a=b;c="d"\r\nhello\r\n0;e\r\n\r\n`, ODD],
    'a line break quoted in an extension': [`${OK}${C}\r\n5;a="\r\n"\r\nhello\r\n${LAST}`, CUT],
    'a bare LF in an extension': [`${OK}${C}\r\n5;a\nb\r\nhello\r\n${LAST}`, CUT],
    'a bare CR in an extension': [`${OK}${C}\r\n5;a\rb\r\nhello\r\n${LAST}`, CUT],
    'a NUL in an extension': [`${OK}${C}\r\n5;a\0\r\nhello\r\n${LAST}`, CUT],
  }),
  ...rowsOf('trailers dropped', {
    'what would forbid or say how to store': [
      `${OK}${C}\r\n5\r\nhello\r\n0\r\nCache-Control: no-store\r\nSet-Cookie: a=b\r\nETag: "t"\r\nAge: 100\r\nVary: *\r\n\r\n`,
      ODD,
    ],
    'what would allow it': [
      `HTTP/1.1 200 OK\r\n${C}\r\n5\r\nhello\r\n0\r\nCache-Control: max-age=60\r\nExpires: Fri, 01 Jan 2100 00:00:00 GMT\r\n\r\n`,
      ODD_NS,
    ],
    announced: [`${OK}${C}Trailer: X-T\r\n\r\n5\r\nhello\r\n0\r\nX-T: t\r\n\r\n`, ODD],
    'a length': [`${OK}${C}\r\n5\r\nhello\r\n0\r\nContent-Length: 3\r\n\r\n`, CUT],
    'a coding': [`${OK}${C}\r\n5\r\nhello\r\n0\r\nTransfer-Encoding: chunked\r\n\r\n`, ODD],
    'another response': [`${OK}${C}\r\n5\r\nhello\r\n0\r\n${NEXT}`, CUT],
    malformed: [`${OK}${C}\r\n5\r\nhello\r\n0\r\nX y\r\n\r\n`, CUT],
    'a NUL in one': [`${OK}${C}\r\n5\r\nhello\r\n0\r\nX: \0\r\n\r\n`, CUT],
    '70 KiB of them': [`${OK}${C}\r\n5\r\nhello\r\n0\r\nX: ${'x'.repeat(70_000)}\r\n\r\n`, CUT],
  }),
  ...rowsOf('both CL and TE', {
    chunked: [`${OK}${L}${C}\r\n5\r\nhello\r\n${LAST}`, BAD],
    'the other way round': [`${OK}${C}${L}\r\n5\r\nhello\r\n${LAST}`, BAD],
    'as long as the chunks': [`${OK}Content-Length: 15\r\n${C}\r\n5\r\nhello\r\n${LAST}`, BAD],
    'a length of 0': [`${OK}Content-Length: 0\r\n${C}\r\n5\r\nhello\r\n${LAST}`, BAD],
    identity: [`${OK}${L}Transfer-Encoding: identity\r\n\r\nhello`, BAD],
    gzip: [`${OK}${L}Transfer-Encoding: gzip\r\n\r\nhello`, BAD],
    'HTTP/1.0': [`${OK.replace('1.1', '1.0')}${L}${C}\r\n5\r\nhello\r\n${LAST}`, BAD],
    'with a fold': [`${OK}${L}Transfer-Encoding:\r\n chunked\r\n\r\n5\r\nhello\r\n${LAST}`, BAD],
  }),
  ...rowsOf('doubled and odd lengths', {
    'doubled, equal': [`${OK}${L}${L}\r\nhello`, BAD],
    'doubled, different': [`${OK}${L}Content-Length: 4\r\n\r\nhello`, BAD],
    'doubled in other letters': [`${OK}${L}content-length: 5\r\n\r\nhello`, BAD],
    'a list, equal': [`${OK}Content-Length: 5, 5\r\n\r\nhello`, BAD],
    'a list, different': [`${OK}Content-Length: 5, 4\r\n\r\nhello`, BAD],
    'a list of one': [`${OK}Content-Length: 5,\r\n\r\nhello`, BAD],
    negative: [`${OK}Content-Length: -5\r\n\r\nhello`, BAD],
    signed: [`${OK}Content-Length: +5\r\n\r\nhello`, BAD],
    hexadecimal: [`${OK}Content-Length: 0x5\r\n\r\nhello`, BAD],
    'a decimal point': [`${OK}Content-Length: 5.0\r\n\r\nhello`, BAD],
    'an exponent': [`${OK}Content-Length: 5e0\r\n\r\nhello`, BAD],
    'blanks inside': [`${OK}Content-Length: 1 5\r\n\r\nhello`, BAD],
    'beyond 64 bits': [`${OK}Content-Length: 18446744073709551621\r\n\r\nhello`, BAD],
    'beyond 53 bits': [[`${OK}Content-Length: 9007199254740993\r\n\r\nhello`, FIN], BAD],
    empty: [[`${OK}Content-Length:\r\n\r\nhello`, FIN], BAD],
    'a word': [`${OK}Content-Length: five\r\n\r\nhello`, BAD],
    'padded with zeros': [`${OK}Content-Length: 005\r\n\r\nhello`, ODD],
    'digits beyond ASCII': [`${OK}Content-Length: \xb5\r\n\r\nhello`, BAD],
    'a vertical tab before it': [`${OK}Content-Length: \x0b5\r\n\r\nhello`, BAD],
    underscores: [[`${OK}Content_Length: 3\r\n${L}\r\nhello`], '200 "hello" stored kept'],
  }),
  ...rowsOf('Transfer-Encoding of anything but exactly chunked', {
    'other letters': [`${OK}Transfer-Encoding: CHUNKED\r\n\r\n5\r\nhello\r\n${LAST}`, ODD],
    gzip: [[`${OK}Transfer-Encoding: gzip\r\n\r\nhello`, FIN], BAD],
    'gzip, chunked': [`${OK}Transfer-Encoding: gzip, chunked\r\n\r\n5\r\nhello\r\n${LAST}`, BAD],
    'gzip and chunked in two lines': [`${OK}Transfer-Encoding: gzip\r\n${C}\r\n5\r\nhello\r\n${LAST}`, BAD],
    'chunked, gzip': [[`${OK}Transfer-Encoding: chunked, gzip\r\n\r\n5\r\nhello\r\n${LAST}`, FIN], BAD],
    'chunked, identity': [
      [`${OK}Transfer-Encoding: chunked, identity\r\n\r\n5\r\nhello\r\n${LAST}`, FIN],
      BAD,
    ],
    identity: [[`${OK}Transfer-Encoding: identity\r\n\r\nhello`, FIN], '200 "hello" NS dropped'],
    'one that nobody knows': [[`${OK}Transfer-Encoding: x7\r\n\r\nhello`, FIN], '200 "hello" NS dropped'],
    'one that nobody knows, and a reset': [[`${OK}Transfer-Encoding: x7\r\n\r\nhello`, RESET], CUT],
    'one that nobody knows, with a length': [`${OK}${L}Transfer-Encoding: x7\r\n\r\nhello`, BAD],
    doubled: [`${OK}${C}${C}\r\n5\r\nhello\r\n${LAST}`, BAD],
    'doubled in one line': [`${OK}Transfer-Encoding: chunked, chunked\r\n\r\n5\r\nhello\r\n${LAST}`, BAD],
    'behind a comma': [`${OK}Transfer-Encoding: ,chunked\r\n\r\n5\r\nhello\r\n${LAST}`, BAD],
    'before a comma': [[`${OK}Transfer-Encoding: chunked,\r\n\r\n5\r\nhello\r\n${LAST}`, FIN], BAD],
    quoted: [[`${OK}Transfer-Encoding: "chunked"\r\n\r\n5\r\nhello\r\n${LAST}`, FIN], BAD],
    'with a parameter': [[`${OK}Transfer-Encoding: chunked;q=1\r\n\r\n5\r\nhello\r\n${LAST}`, FIN], BAD],
    'a longer word': [[`${OK}Transfer-Encoding: xchunked\r\n\r\n5\r\nhello\r\n${LAST}`, FIN], BAD],
    'behind a vertical tab': [[`${OK}Transfer-Encoding: \x0bchunked\r\n\r\n5\r\nhello\r\n${LAST}`, FIN], BAD],
    'behind a byte beyond ASCII': [
      [`${OK}Transfer-Encoding: \xa0chunked\r\n\r\n5\r\nhello\r\n${LAST}`, FIN],
      BAD,
    ],
    empty: [[`${OK}Transfer-Encoding:\r\n\r\n5\r\nhello\r\n${LAST}`, FIN], BAD],
    'HTTP/1.0': [[`${OK.replace('1.1', '1.0')}${C}\r\n5\r\nhello\r\n${LAST}`, FIN], BAD],
    'HTTP/1.0, kept': [
      `${OK.replace('1.1', '1.0')}Connection: keep-alive\r\n${C}\r\n5\r\nhello\r\n${LAST}`,
      BAD,
    ],
  }),
  ...rowsOf('close-delimited bodies', {
    'HTTP/1.1': [[`${OK}\r\nhello`, FIN], '200 "hello" NS dropped'],
    'HTTP/1.0': [[`${OK.replace('1.1', '1.0')}\r\nhello`, FIN], '200 "hello" NS dropped'],
    empty: [[`${OK}\r\n`, FIN], '200 "" NS dropped'],
    reset: [[`${OK}\r\nhello`, PAUSE, RESET], CUT],
    'HTTP/1.0, reset': [[`${OK.replace('1.1', '1.0')}\r\nhello`, PAUSE, RESET], CUT],
    'said to be kept': [[`${OK}Connection: keep-alive\r\n\r\nhello`, FIN], '200 "hello" NS dropped'],
    'another response in it': [[`${OK}\r\n${NEXT}`, FIN], `200 ${JSON.stringify(NEXT)} NS dropped`],
  }),
  ...rowsOf('bodies where there is none', {
    'a 204 with a length': [`${OK.replace('200', '204')}${L}\r\nhello`, '204 "" stored dropped'],
    'a 204 with chunks': [
      `${OK.replace('200', '204')}${C}\r\n5\r\nhello\r\n${LAST}`,
      '204 "" stored dropped',
    ],
    'a 204 that says nothing of it': [`${OK.replace('200', '204')}\r\nhello`, '204 "" stored dropped'],
    'a 204 with a length and no body': [`${OK.replace('200', '204')}${L}\r\n`, '204 "" stored dropped'],
    'a 304 with a body': [`${OK.replace('200', '304')}${L}\r\nhello`, '304 "" NS dropped'],
    'a 304 with a length and no body': [`${OK.replace('200', '304')}${L}\r\n`, '304 "" NS fast'],
    'a 304 with chunks': [`${OK.replace('200', '304')}${C}\r\n5\r\nhello\r\n${LAST}`, '304 "" NS dropped'],
    'a 205 with a body': [`${OK.replace('200', '205')}${L}\r\nhello`, '205 "hello" stored kept'],
    'a 205 in chunks': [
      `${OK.replace('200', '205')}${C}\r\n5\r\nhello\r\n${LAST}`,
      '205 "hello" stored kept',
    ],
    'a 103 with a length and a body': [`HTTP/1.1 103 E\r\n${L}\r\nhello${HELLO}`, BAD],
    'a 103 with a length': [`HTTP/1.1 103 E\r\n${L}\r\n${HELLO}`, ODD],
    'a 103 in chunks': [`HTTP/1.1 103 E\r\n${C}\r\n5\r\nhello\r\n${LAST}${HELLO}`, BAD],
    'a 103 with a coding': [`HTTP/1.1 103 E\r\n${C}\r\n${HELLO}`, ODD],
    'a 102 with both': [`HTTP/1.1 102 P\r\n${L}${C}\r\n${HELLO}`, BAD],
    'a 100 with a length and a body': [`HTTP/1.1 100 C\r\n${L}\r\nhello${HELLO}`, BAD],
  }),
];
