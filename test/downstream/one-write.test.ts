import { OutgoingMessage } from 'node:http';
import t from 'tap';
import { start } from '../proxy/start.ts';

const KIB = 1024;
const SIZES = [0, 1, KIB, 16 * KIB - 1, 16 * KIB, 16 * KIB + 1, 200 * KIB];

/** Every byte value, in a body of this many bytes. */
const bodyOf = (size: number) =>
  Buffer.from(Uint8Array.from({ length: size }, (_, i) => (i * 7 + (i >> 8)) % 256));

/** What differs between two runs whatever is done: dates, ids, ages, ports. */
const plain = (wire: string) =>
  wire.replace(/^(?:date|x-request-id|age|cache-status): .*\r\n/gim, '').replaceAll(/a\.test:\d+/g, 'a.test');

/** Everything a connection receives for hits of every size, one behind the other and pipelined. */
async function wireOf(t: Parameters<typeof start>[0], fast = false): Promise<string> {
  const { ask, sidecar } = await start(t, `fast-door: ${fast}\n`, (req, res) => {
    res.setHeader('cache-control', 'max-age=60').setHeader('etag', '"é"');
    res.end(bodyOf(Number(req.url?.slice(1))));
  });
  for (const size of SIZES) {
    const miss = await ask(`/${size}`, { headers: { host: 'a.test' } });
    t.ok(miss.body.equals(bodyOf(size)), `${size} bytes, streamed`);
    const hit = await ask(`/${size}`, { headers: { host: 'a.test' } });
    t.match(hit.cacheStatus, /hit/);
    t.ok(hit.body.equals(bodyOf(size)), `${size} bytes, stored`);
    t.equal(hit.headers['content-length'], String(size));
  }
  const wire = sidecar.connect();
  const request = (method: string, size: number, extra = '') =>
    `${method} /${size} HTTP/1.1\r\nHost: a.test\r\n${extra}\r\n`;
  wire.send(
    SIZES.map(
      (size) => request('GET', size) + request('HEAD', size) + request('GET', size, 'If-None-Match: *\r\n'),
    ).join(''),
  );
  wire.send(request('GET', 1, 'Connection: close\r\n'));
  return plain(await wire.closed);
}

t.test('what is on the wire is what plain node would have sent', async (t) => {
  const prototype = OutgoingMessage.prototype as unknown as { _send: unknown };
  const { _send: send } = prototype;
  t.type(send, 'function', 'this Node has it; if not, ADR 1 has lost its object');
  const inOneWrite = await wireOf(t);
  t.equal(inOneWrite.match(/HTTP\/1\.1 /g)?.length, 3 * SIZES.length + 1, 'as many answers as requests');
  t.equal(inOneWrite.match(/HTTP\/1\.1 304 /g)?.length, SIZES.length);
  t.equal(await wireOf(t, true), inOneWrite, 'and through the fast door');

  // The fallback: ours is the only caller with a string of its own and no callback behind it.
  const { end } = OutgoingMessage.prototype;
  t.teardown(() => {
    prototype._send = send;
  });
  prototype._send = function (
    this: OutgoingMessage,
    data: unknown,
    encoding: BufferEncoding,
    ...rest: unknown[]
  ) {
    const isOurs = typeof data === 'string' && data !== '' && rest.length === 0;
    return isOurs
      ? void end.call(this, data, encoding)
      : (send as (...all: unknown[]) => unknown).call(this, data, encoding, ...rest);
  };
  t.equal(await wireOf(t), inOneWrite);
});
