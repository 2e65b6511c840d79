import t from 'tap';
import { startOrigin } from '../fixtures/origin.ts';
import { startSidecar } from '../fixtures/sidecar.ts';

/** Whatever two readers could read in two ways is refused, and reaches nobody (RFC 9112 §11). */
const HOST = 'Host: a.test\r\n';
const many = (count: number) => Array.from({ length: count }, (_, i) => `x${i}: 1\r\n`).join('');

const REFUSED: readonly { id: string; rfc?: string; given: string; expect: number }[] = [
  { id: 'two Host lines', given: `GET / HTTP/1.1\r\n${HOST}Host: b.test\r\n\r\n`, expect: 400 },
  { id: 'the same Host twice', given: `GET / HTTP/1.1\r\n${HOST}${HOST}\r\n`, expect: 400 },
  { id: 'no Host', rfc: '9112 §3.2', given: 'GET / HTTP/1.1\r\n\r\n', expect: 400 },
  { id: 'an empty Host', given: 'GET / HTTP/1.1\r\nHost:\r\n\r\n', expect: 400 },
  { id: 'user information in Host', given: 'GET / HTTP/1.1\r\nHost: a@b.test\r\n\r\n', expect: 400 },
  { id: 'a path in Host', given: 'GET / HTTP/1.1\r\nHost: a.test/x\r\n\r\n', expect: 400 },
  { id: 'a list of Hosts', given: 'GET / HTTP/1.1\r\nHost: a.test, b.test\r\n\r\n', expect: 400 },
  { id: 'absolute-form of another host', given: `GET http://b.test/ HTTP/1.1\r\n${HOST}\r\n`, expect: 400 },
  { id: 'absolute-form of another scheme', given: `GET ftp://a.test/ HTTP/1.1\r\n${HOST}\r\n`, expect: 400 },
  {
    id: 'absolute-form with user information',
    given: `GET http://u@a.test/ HTTP/1.1\r\n${HOST}\r\n`,
    expect: 400,
  },
  { id: 'asterisk-form', given: `OPTIONS * HTTP/1.1\r\n${HOST}\r\n`, expect: 400 },
  { id: 'an asterisk for GET', given: `GET * HTTP/1.1\r\n${HOST}\r\n`, expect: 400 },
  { id: 'a fragment', given: `GET /a#b HTTP/1.1\r\n${HOST}\r\n`, expect: 400 },
  { id: 'a fragment behind a query', given: `GET /a?b#c HTTP/1.1\r\n${HOST}\r\n`, expect: 400 },
  { id: 'dot segments', given: `GET /a/../b HTTP/1.1\r\n${HOST}\r\n`, expect: 400 },
  { id: 'encoded dot segments', given: `GET /a/%2e%2E/b HTTP/1.1\r\n${HOST}\r\n`, expect: 400 },
  { id: 'dot segments with a parameter', given: `GET /a/..;/b HTTP/1.1\r\n${HOST}\r\n`, expect: 400 },
  { id: 'an encoded NUL', given: `GET /a%00.css HTTP/1.1\r\n${HOST}\r\n`, expect: 400 },
  { id: 'a broken triplet', given: `GET /%zz HTTP/1.1\r\n${HOST}\r\n`, expect: 400 },
  { id: 'bytes beyond ASCII in the target', given: `GET /\xe4 HTTP/1.1\r\n${HOST}\r\n`, expect: 400 },
  {
    id: 'Content-Length and Transfer-Encoding',
    rfc: '9112 §6.3',
    given: `POST / HTTP/1.1\r\n${HOST}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    expect: 400,
  },
  {
    id: 'two Content-Lengths',
    given: `POST / HTTP/1.1\r\n${HOST}Content-Length: 3\r\nContent-Length: 5\r\n\r\nabcde`,
    expect: 400,
  },
  ...['3, 3', '3,5', '+3', '-3', '0x3', '03', '', '3 3', '9999999999999999999'].map((length) => ({
    id: `Content-Length "${length}"`,
    given: `POST / HTTP/1.1\r\n${HOST}Content-Length: ${length}\r\n\r\nabc`,
    expect: 400,
  })),
  ...[
    'gzip, chunked',
    'chunked, chunked',
    'identity',
    ',chunked',
    'xchunked',
    'chunked;q=1',
    '"chunked"',
  ].map((coding) => ({
    id: `Transfer-Encoding "${coding}"`,
    given: `POST / HTTP/1.1\r\n${HOST}Transfer-Encoding: ${coding}\r\n\r\n0\r\n\r\n`,
    expect: 400,
  })),
  {
    id: 'two Transfer-Encodings',
    given: `POST / HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    expect: 400,
  },
  {
    id: 'Transfer-Encoding in HTTP/1.0',
    given: `POST / HTTP/1.0\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    expect: 400,
  },
  ...[
    'host',
    'content-length',
    'Authorization',
    'cookie',
    'close, Cache-Control',
    'If-Range',
    'if-match',
  ].map((name) => ({
    id: `Connection nominates ${name}`,
    given: `GET / HTTP/1.1\r\n${HOST}Connection: ${name}\r\n\r\n`,
    expect: 400,
  })),
  {
    id: 'two Authorizations',
    given: `GET / HTTP/1.1\r\n${HOST}Authorization: a\r\nAuthorization: b\r\n\r\n`,
    expect: 400,
  },
  { id: 'a bare CR in a value', given: `GET / HTTP/1.1\r\n${HOST}X: a\rb\r\n\r\n`, expect: 400 },
  { id: 'a NUL in a value', given: `GET / HTTP/1.1\r\n${HOST}X: a\0b\r\n\r\n`, expect: 400 },
  { id: 'a folded line', given: `GET / HTTP/1.1\r\n${HOST}X: a\r\n b\r\n\r\n`, expect: 400 },
  { id: 'a space before the colon', given: `GET / HTTP/1.1\r\n${HOST}X : a\r\n\r\n`, expect: 400 },
  { id: 'a line without a colon', given: `GET / HTTP/1.1\r\n${HOST}nonsense\r\n\r\n`, expect: 400 },
  { id: 'bare LF line ends', given: 'GET / HTTP/1.1\nHost: a.test\n\n', expect: 400 },
  { id: 'HTTP/2.0 in the request line', given: `GET / HTTP/2.0\r\n${HOST}\r\n`, expect: 505 },
  { id: 'no request at all', given: '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n', expect: 400 },
  {
    id: 'a broken chunk size',
    given: `POST /u HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\n\r\nzz\r\n`,
    expect: 400,
  },
  { id: '1,500 header lines', given: `GET / HTTP/1.1\r\n${HOST}${many(1_500)}\r\n`, expect: 431 },
  { id: '101 header lines', given: `GET / HTTP/1.1\r\n${HOST}${many(100)}\r\n`, expect: 431 },
  { id: 'a head of 17 KiB', given: `GET / HTTP/1.1\r\n${HOST}X: ${'a'.repeat(17_000)}\r\n\r\n`, expect: 431 },
  { id: 'a target of 9 KiB', given: `GET /${'a'.repeat(9_000)} HTTP/1.1\r\n${HOST}\r\n`, expect: 414 },
  { id: 'TRACE', given: `TRACE / HTTP/1.1\r\n${HOST}\r\n`, expect: 405 },
  { id: 'CONNECT', given: 'CONNECT a.test:443 HTTP/1.1\r\nHost: a.test:443\r\n\r\n', expect: 501 },
  { id: 'an unknown expectation', given: `GET / HTTP/1.1\r\n${HOST}Expect: 200-maybe\r\n\r\n`, expect: 417 },
  {
    id: 'an upgrade with a body',
    given: `POST / HTTP/1.1\r\n${HOST}Connection: Upgrade\r\nUpgrade: websocket\r\nContent-Length: 3\r\n\r\nabc`,
    expect: 501,
  },
  {
    id: 'an upgrade with two Hosts',
    given: `GET / HTTP/1.1\r\n${HOST}Host: b.test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`,
    expect: 400,
  },
];

for (const fast of [true, false]) {
  t.test(`a request that could be read in two ways, ${fast ? 'fast door' : 'node:http'}`, async (t) => {
    const origin = await startOrigin((_req, res) => void res.end('reached'), { recordBodies: true });
    t.teardown(() => origin.close());
    const sidecar = await startSidecar(origin.url, `fast-door: ${fast}\n`);
    t.teardown(() => sidecar.close());

    for (const { id, given, expect } of REFUSED) {
      t.test(id, async (t) => {
        const wire = sidecar.connect();
        const started = performance.now();
        // The request behind it must not be read as one.
        wire.send(`${given}GET /smuggled HTTP/1.1\r\n${HOST}\r\n`);
        const answer = await wire.closed;
        t.ok(performance.now() - started < 1_000, 'the connection ends within a second');
        t.match(answer, new RegExp(`^HTTP/1\\.1 ${expect} `));
        t.match(answer, /\r\ncontent-type: application\/problem\+json\r\n/i);
        t.match(answer, /"requestId":"[^"]+"/);
        t.equal(answer.match(/HTTP\/1\.1 \d{3}/g)?.length, 1, 'one answer');
        t.same(origin.requests, [], 'nothing reached the upstream');
        wire.socket.destroy();
      });
    }

    t.test('what is odd but clear is answered', async (t) => {
      const wire = sidecar.connect();
      wire.send(
        `GET http://a.test HTTP/1.1\r\n${HOST}__proto__: x\r\nConnection: close, x-hop\r\nX-Hop: 1\r\n\r\n`,
      );
      t.match(await wire.closed, /^HTTP\/1\.1 200 /);
      const { url, rawHeaders } = origin.requests.at(-1) ?? { url: '', rawHeaders: [] };
      t.equal(url, '/', 'never forwarded in absolute-form');
      t.notOk(rawHeaders.some((name) => name.toLowerCase() === 'x-hop'));
    });

    t.test('a byte at a time is the same request', async (t) => {
      const wire = sidecar.connect();
      const request = `POST /slow HTTP/1.1\r\n${HOST}Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n`;
      for (const byte of request) {
        wire.send(byte);
        await new Promise(setImmediate);
      }
      t.match(await wire.closed, /^HTTP\/1\.1 200 /);
      t.equal(origin.requests.at(-1)?.body?.toString(), 'abc');
    });

    t.test('a head that does not come is not waited for', async (t) => {
      const hasty = await startSidecar(origin.url, `fast-door: ${fast}\nclients: { head-timeout: 100ms }\n`);
      t.teardown(() => hasty.close());
      const wire = hasty.connect();
      wire.send('GET / HT');
      t.match(await wire.closed, /^HTTP\/1\.1 408 /);
    });
  });
}
