import t, { type Test } from 'tap';
import { pause, start } from '../proxy/start.ts';

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

  t.test(`a head that comes piece by piece wins no time, ${door}`, async (t) => {
    const { sidecar } = await begin(t, 'clients: { head-timeout: 1s }\n');
    const wire = sidecar.connect();
    const started = performance.now();
    const drip = setInterval(() => wire.send('X: 1\r\n'), 700);
    t.teardown(() => clearInterval(drip));
    wire.send(`GET / HTTP/1.1\r\n${HOST}`);
    t.match(await wire.closed, /^HTTP\/1\.1 408 /);
    t.ok(performance.now() - started < 2_700);
  });

  t.test(`a drain waits for a client that is still taking its hit, ${door}`, async (t) => {
    const size = 24 * 1024 * 1024;
    const document = 'drain-timeout: 9s\nroutes: [{ match: /*, max-body: 64MiB }]\n';
    const { origin, sidecar } = await begin(t, document);
    origin.handler = (_req, res) => res.setHeader('Cache-Control', 'max-age=60').end(Buffer.alloc(size, 'x'));
    await sidecar.ask('/', { headers: { host: 'a.test' } });
    const wire = sidecar.connect();
    wire.send(get('/'));
    await wire.until(/; hit/);
    wire.socket.pause();
    const drained = sidecar.app.close();
    // Longer than a client is given to notice the end.
    await pause(1_500);
    wire.socket.resume();
    const text = await wire.closed;
    t.equal(text.length - text.indexOf('\r\n\r\n') - 4, size);
    await drained;
  });
}
