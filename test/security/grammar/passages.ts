import { BEHIND, CANARY, FIRST, get, HOST } from './placeholders.ts';

const canary = get(CANARY);
const behind = get(BEHIND);
const LENGTH = `Content-Length: ${canary.length}\r\n`;
const CHUNKED = 'Transfer-Encoding: chunked\r\n';
const chunked = `${canary.length.toString(16)}\r\n${canary}\r\n0\r\n\r\n`;
const EXPECT = 'Expect: 100-continue\r\n';
const UPGRADE = 'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n';

const request = (method: string, lines: string, body: string, version = '1.1'): string =>
  `${method} ${FIRST} HTTP/${version}\r\n${HOST}${lines}\r\n${body}`;

/** Whole streams, by what is odd about them. */
export const PASSAGES: Readonly<Record<string, string>> = {
  'two requests': get(FIRST) + behind,
  'a body of a GET': request('GET', LENGTH, canary) + behind,
  'a body of a HEAD': request('HEAD', LENGTH, canary) + behind,
  'a body of a DELETE': request('DELETE', LENGTH, canary) + behind,
  'a body of OPTIONS': request('OPTIONS', LENGTH, canary) + behind,
  'a body of a PUT': request('PUT', LENGTH, canary) + behind,
  'a body of a PATCH': request('PATCH', LENGTH, canary) + behind,
  'chunks of a GET': request('GET', CHUNKED, chunked) + behind,
  'chunks of a HEAD': request('HEAD', CHUNKED, chunked) + behind,
  'odd chunks of a HEAD': request('HEAD', CHUNKED, `x${chunked}`) + behind,
  'chunks of a DELETE': request('DELETE', CHUNKED, chunked) + behind,
  'a length of nothing of a GET': request('GET', 'Content-Length: 0\r\n', '') + behind,
  'a length of nothing of a POST': request('POST', 'Content-Length: 0\r\n', '') + behind,
  'no length of a POST': request('POST', '', '') + behind,
  'no chunks of a GET': request('GET', CHUNKED, '0\r\n\r\n') + behind,
  'a body in HTTP/1.0': request('POST', `${LENGTH}Connection: keep-alive\r\n`, canary, '1.0') + behind,
  'a body in HTTP/1.0 that is the last': request('POST', LENGTH, canary, '1.0') + behind,
  'no length in HTTP/1.0': request('POST', '', canary, '1.0') + behind,
  'chunks in HTTP/1.0': request('POST', CHUNKED, chunked, '1.0') + behind,
  'chunks in HTTP/1.0 that is kept':
    request('POST', `${CHUNKED}Connection: keep-alive\r\n`, chunked, '1.0') + behind,
  'close, and a request behind it': request('GET', 'Connection: close\r\n', '') + canary,
  'close of a POST, and a request behind it':
    request('POST', `Connection: close\r\n${LENGTH}`, canary) + canary,
  'close in two lines': request('GET', 'Connection: keep-alive\r\nConnection: close\r\n', '') + canary,
  'close in a list': request('GET', 'Connection: keep-alive, close\r\n', '') + canary,
  'HTTP/1.0, and a request behind it': request('GET', '', '', '1.0') + canary,
  'HTTP/1.0 with fields, and a request behind it': request('HEAD', 'X-A: a\r\n', '', '1.0') + canary,
  'HTTP/1.0 that is kept, and a request behind it':
    request('GET', 'Connection: keep-alive\r\n', '', '1.0') + behind,
  'close and keep-alive in HTTP/1.0':
    request('GET', 'Connection: close\r\nConnection: keep-alive\r\n', '', '1.0') + canary,
  'close, and Proxy-Connection, in HTTP/1.0':
    request('GET', 'Connection: close\r\nProxy-Connection: keep-alive\r\n', '', '1.0') + canary,
  'a line behind a body': `${request('POST', LENGTH, canary)}\r\n${behind}`,
  'a byte behind a body': `${request('POST', LENGTH, canary)}X${behind}`,
  'a NUL behind a body': `${request('POST', LENGTH, canary)}\0${behind}`,
  'a blank behind a body': `${request('POST', LENGTH, canary)} ${behind}`,
  'an LF behind a head': `${get(FIRST)}\n${behind}`,
  'a CR behind a head': `${get(FIRST)}\r${behind}`,
  'a NUL behind a head': `${get(FIRST)}\0${behind}`,
  'garbage behind a head': `${get(FIRST)}garbage\r\n\r\n${behind}`,
  'a colon behind a head': `${get(FIRST)}: ${behind}`,
  'half a request behind a head': `${get(FIRST)}GET ${CANARY} HTTP/1.1\r\nHost: a.t`,
  'half a body': request('POST', `Content-Length: ${canary.length + 99}\r\n`, canary),
  'half a body, then another connection’s request': request('POST', 'Content-Length: 9999\r\n', behind),
  'an answer instead of a request': `HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n${canary}`,
  'the preface of HTTP/2': `PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n${canary}`,
  'the preface of HTTP/2 behind a head': `${get(FIRST)}PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n${canary}`,
  'the line of a proxy': `PROXY TCP4 127.0.0.1 127.0.0.1 1 2\r\n${get(FIRST)}`,
  'the hello of TLS': `\x16\x03\x01\x00\x05\x01\x00\x00\x01\x00${get(FIRST)}`,
  'expects, and goes on at once': request('POST', EXPECT + LENGTH, canary) + behind,
  'expects, in chunks': request('POST', EXPECT + CHUNKED, chunked) + behind,
  'expects nothing to follow': request('POST', `${EXPECT}Content-Length: 0\r\n`, '') + behind,
  'expects, without a body': request('GET', EXPECT, '') + behind,
  'expects, a body of a GET': request('GET', EXPECT + LENGTH, canary) + behind,
  'expects in HTTP/1.0': request('POST', EXPECT + LENGTH, canary, '1.0') + canary,
  'expects something else, with a body': request('POST', `Expect: x\r\n${LENGTH}`, canary) + behind,
  'expects, and never sends': request('POST', EXPECT + LENGTH, ''),
  'expects, folded': request('POST', `Expect:\r\n 100-continue\r\n${LENGTH}`, canary) + behind,
  'a switch of protocols, refused': request('GET', UPGRADE, '') + canary,
  'a switch to a version that is none': request('GET', UPGRADE.replace('13', '777'), '') + canary,
  'a switch of a HEAD, with a body': request('HEAD', UPGRADE + LENGTH, canary) + behind,
  'a switch with a body': request('POST', UPGRADE + LENGTH, canary) + behind,
  'a switch with chunks': request('POST', UPGRADE + CHUNKED, chunked) + behind,
  'a switch in HTTP/1.0': request('GET', UPGRADE, '', '1.0') + canary,
  'a switch to an unknown protocol': request('GET', UPGRADE.replace('websocket', 'x'), '') + canary,
  'a switch to TLS': request('GET', 'Connection: Upgrade\r\nUpgrade: TLS/1.2\r\n', '') + canary,
  'a switch to h2c with prior knowledge': `${request('GET', 'Connection: Upgrade\r\nUpgrade: h2c\r\n', '')}PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n`,
  'an offer of h2c with a body':
    request('POST', `Connection: Upgrade\r\nUpgrade: h2c\r\n${LENGTH}`, canary) + behind,
  'an offer of h2c with chunks':
    request('POST', `Connection: Upgrade\r\nUpgrade: h2c\r\n${CHUNKED}`, chunked) + behind,
  'an offer of h2c, both framings':
    request('POST', `Connection: Upgrade\r\nUpgrade: h2c\r\n${CHUNKED}${LENGTH}`, chunked) + behind,
  'an offer of h2c, a tab behind chunked':
    request('POST', 'Connection: Upgrade\r\nUpgrade: h2c\r\nTransfer-Encoding: chunked\t\r\n', chunked) +
    behind,
  'a request in a value': get(FIRST, `X: ${canary.replaceAll('\r\n', ' ')}\r\n`) + behind,
  'a head of 20 KiB': get(FIRST, `X: ${'a'.repeat(20_000)}\r\n`) + behind,
  'a head of 2,000 lines': get(FIRST, 'X: a\r\n'.repeat(2_000)) + behind,
  'a target of 9 KiB': get(`${FIRST}?${'a'.repeat(9_000)}`) + behind,
  'a length behind 150 lines': request('POST', 'X: a\r\n'.repeat(150) + LENGTH, canary) + behind,
  'dot segments': get(`${FIRST}/../../canary`) + behind,
  'ten requests': get(FIRST).repeat(9) + behind,
};

/** What of it is answered from its first request to its last. */
export const LAWFUL_PASSAGES: ReadonlySet<string> = new Set([
  ...['two requests', 'a body of a GET', 'a body of a HEAD', 'a body of a DELETE', 'a body of OPTIONS'],
  ...['a body of a PUT', 'a body of a PATCH', 'chunks of a GET', 'chunks of a HEAD', 'chunks of a DELETE'],
  ...['a length of nothing of a GET', 'a length of nothing of a POST', 'no length of a POST'],
  ...['no chunks of a GET', 'a body in HTTP/1.0', 'a body in HTTP/1.0 that is the last'],
  ...['no length in HTTP/1.0', 'close, and a request behind it', 'close of a POST, and a request behind it'],
  ...['close in two lines', 'close in a list', 'a line behind a body', 'an LF behind a head'],
  ...[
    'a CR behind a head',
    'expects, and goes on at once',
    'expects, in chunks',
    'expects nothing to follow',
  ],
  ...['expects, without a body', 'expects, a body of a GET', 'expects in HTTP/1.0', 'a request in a value'],
  ...['a switch in HTTP/1.0', 'an offer of h2c with a body', 'an offer of h2c with chunks', 'ten requests'],
  ...['an offer of h2c, a tab behind chunked', 'HTTP/1.0, and a request behind it'],
  ...['HTTP/1.0 with fields, and a request behind it', 'HTTP/1.0 that is kept, and a request behind it'],
]);

/** What of it is answered as far as it was sent, or as it can be read. */
export const HALF_LAWFUL_PASSAGES: ReadonlySet<string> = new Set([
  ...['a byte behind a body', 'a NUL behind a body', 'a blank behind a body', 'a NUL behind a head'],
  ...['garbage behind a head', 'a colon behind a head', 'half a request behind a head', 'half a body'],
  ...['half a body, then another connection’s request', 'the preface of HTTP/2 behind a head'],
  ...['expects, and never sends', 'a switch of protocols, refused', 'a switch to a version that is none'],
  ...['a switch to an unknown protocol', 'a switch to TLS', 'a switch to h2c with prior knowledge'],
]);
