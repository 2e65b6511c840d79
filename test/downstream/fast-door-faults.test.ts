import t, { type Test } from 'tap';
import { start } from '../proxy/start.ts';

const HOST = 'Host: a.test\r\n';
const get = (path: string, fields = '') => `GET ${path} HTTP/1.1\r\n${HOST}${fields}\r\n`;

for (const fast of [true, false]) {
  const door = fast ? 'fast door' : 'node:http';
  const begin = (t: Test, document = '') =>
    start(t, `fast-door: ${fast}\n${document}`, (_req, res) => void res.end('x'));

  t.test(`a head that is too large, or none, is refused before it ends, ${door}`, async (t) => {
    const { sidecar } = await begin(t);
    for (const [begun, status] of [
      [`GET / HTTP/1.1\r\n${HOST}X: ${'a'.repeat(17_000)}`, 431],
      [`GET / HTTP/1.1\r\n${HOST}X: ${'a'.repeat(200_000)}`, 431],
      [`GET /${'a'.repeat(17_000)}`, 431],
      ['hello', 400],
      ['GET / HTTX', 400],
    ] as const) {
      const started = performance.now();
      const wire = sidecar.connect();
      wire.send(begun);
      t.match(await wire.closed, new RegExp(`HTTP/1\\.1 ${status} `), begun.slice(0, 20));
      t.ok(performance.now() - started < 2_000);
    }
  });

  t.test(`Proxy-Connection counts as Connection, ${door}`, async (t) => {
    const { origin, sidecar } = await begin(t);
    const wire = sidecar.connect();
    wire.send(get('/', 'Proxy-Connection: close\r\n') + get('/behind'));
    t.match(await wire.closed, /^HTTP\/1\.1 200 .*\r\nConnection: close\r\n/s);
    t.same(
      origin.requests.map(({ url }) => url),
      ['/'],
    );
  });
}
