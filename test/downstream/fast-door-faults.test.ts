import t, { type Test } from 'tap';
import { pause, start } from '../proxy/start.ts';

const HOST = 'Host: a.test\r\n';
const get = (path: string, fields = '') => `GET ${path} HTTP/1.1\r\n${HOST}${fields}\r\n`;

// Most of it is waiting, of which the doors need not know of each other.
t.jobs = 2;

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
    const document = 'clients: { keep-alive: 100ms }\nroutes: [{ match: /*, max-body: 64MiB }]\n';
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

  t.test(`what was read ahead of a hand-over stays in its order, ${door}`, async (t) => {
    const { origin, sidecar } = await begin(t);
    const body = Array.from({ length: 40_000 }, (_, i) => `${i}`.padStart(7)).join(' ');
    const chunk = body.slice(0, 20_000);
    const chunked = `${chunk.length.toString(16)}\r\n${chunk}\r\n`.repeat(15).concat('0\r\n\r\n');
    for (const [framing, sent, whole] of [
      [`Content-Length: ${body.length}`, body, body],
      ['Transfer-Encoding: chunked', chunked, chunk.repeat(15)],
    ] as const) {
      for (const ahead of [66_000, 80_000, 140_000]) {
        let release = () => {};
        origin.handler = (req, res) => {
          if (req.url === '/wait') {
            release = () => res.end('x');
            return;
          }
          let received = '';
          req.on('data', (piece) => {
            received += piece;
          });
          req.on('end', () => res.end(received === whole ? 'the same' : 'another'));
        };
        const before = origin.requests.length;
        const wire = sidecar.connect();
        wire.send(get('/wait'));
        await origin.received(before + 1);
        const put = `PUT / HTTP/1.1\r\n${HOST}${framing}\r\n\r\n${sent}`;
        // As much as pauses the connection, and a little that its stream holds.
        wire.send(put.slice(0, ahead));
        await pause(10);
        wire.send(put.slice(ahead, ahead + 100));
        await pause(10);
        release();
        wire.send(put.slice(ahead + 100) + get('/', 'Connection: close\r\n'));
        const answers = (await wire.closed).match(/HTTP\/1\.1 \d+|the same|another/g);
        t.same(answers?.slice(0, 3), ['HTTP/1.1 200', 'HTTP/1.1 200', 'the same'], `${framing}, ${ahead}`);
      }
    }
  });

  t.test(`an answer that begins behind one that is held up is not broken off, ${door}`, async (t) => {
    const { origin, sidecar } = await begin(t, 'routes: [{ match: /none }]\n');
    const size = 24 * 1024 * 1024;
    let release = () => {};
    origin.handler = (req, res) => {
      release = () => res.end('last');
      if (req.url === '/large') res.end(Buffer.alloc(size, 'x'));
    };
    const wire = sidecar.connect();
    wire.send(get('/large'));
    await wire.until(/200 OK/);
    wire.socket.pause();
    await pause(200);
    wire.send(get('/behind'));
    // The fast door takes them one after the other.
    if (fast) wire.socket.resume();
    await origin.received(2);
    release();
    await pause(50);
    wire.socket.resume();
    const text = await wire.until((text) => text.length > size && text.endsWith('last'));
    t.match(text.slice(-400), /HTTP\/1\.1 200 OK\r\n[\s\S]*\r\n\r\nlast$/);
  });
}
