import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import t from 'tap';
import { eventually } from '../fixtures/eventually.ts';
import { startOrigin } from '../fixtures/origin.ts';
import { startSidecar } from '../fixtures/sidecar.ts';
import { pause, start } from '../proxy/start.ts';

const UPGRADE = 'GET /socket HTTP/1.1\r\nHost: a.test\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n';

t.test('a tunnel carries bytes both ways and ends with either side', async (t) => {
  const { origin, sidecar } = await start(t, '', (req, res) => {
    const { socket } = res;
    socket?.write(
      'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\nX-Bytes: \xe4\r\n\r\nhello ',
      'latin1',
    );
    socket?.on('data', (chunk) => socket.write(chunk));
    if (req.url === '/short') setTimeout(() => socket?.end('good-bye'), 50);
  });
  const wire = sidecar.connect();
  wire.send(`${UPGRADE}at once `);
  const text = await wire.until(/hello at once $/);
  t.match(text, /^HTTP\/1\.1 101 Switching Protocols\r\n[\s\S]*X-Bytes: \xe4\r\n/);
  wire.send('later');
  await wire.until(/later$/);
  t.match(origin.requests[0]?.rawHeaders.join('\n'), /Upgrade\necho/);
  t.equal(origin.connections, 1);
  wire.socket.destroy();
  await eventually(() => origin.connections === 0);

  const short = sidecar.connect();
  short.send(UPGRADE.replace('/socket', '/short'));
  t.match(await short.closed, /hello good-bye$/, 'what the upstream said last arrives');
});

t.test('who has ended its side is answered until the upstream falls silent', async (t) => {
  const asked: Socket[] = [];
  const answer = (socket?: Socket): void =>
    void socket?.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n');
  const upstream = createServer({ allowHalfOpen: true }, (socket) => {
    asked.push(socket);
    let said = 0;
    socket.on('end', () => {
      // And never ends itself.
      const talk = setInterval(() => (said < 5 ? socket.write(`${++said}`) : clearInterval(talk)), 40);
    });
    socket.on('error', () => {}).resume();
  });
  await new Promise<void>((resolve) => upstream.listen(0, '127.0.0.1', resolve));
  t.teardown(() => upstream.close());
  const url = `http://127.0.0.1:${(upstream.address() as AddressInfo).port}`;
  const sidecar = await startSidecar(
    url,
    `upstream: { url: '${url}', idle-timeout: 300ms }
routes: [{ name: all, match: /*, concurrency: 1 }]
`,
  );
  t.teardown(() => sidecar.close());
  const wire = sidecar.connect();
  wire.send(UPGRADE);
  await eventually(() => asked.length === 1);
  answer(asked[0]);
  await wire.until(/\r\n\r\n$/);
  wire.socket.end();
  t.match(await wire.closed, /\r\n\r\n12345$/);
  const early = sidecar.connect();
  early.send(UPGRADE);
  await eventually(() => asked.length === 2);
  early.socket.end();
  await once(early.socket, 'finish');
  // Its end has to be here before the answer.
  await pause(50);
  answer(asked[1]);
  t.match(await early.closed, /\r\n\r\n12345$/, 'or ended it before there was an answer');
  await eventually(async () => {
    const { text } = await sidecar.admin('/stats');
    return JSON.parse(text).admission.routes.all.atUpstream === 0;
  });
});

t.test('a refusal is passed on', async (t) => {
  const { sidecar } = await start(
    t,
    '',
    (_req, res) => void res.writeHead(403, { 'x-why': 'no' }).end('not you'),
  );
  const wire = sidecar.connect();
  wire.send(UPGRADE);
  const text = await wire.closed;
  t.match(text, /^HTTP\/1\.1 403 Forbidden\r\n/);
  t.match(text, /\r\nx-why: no\r\n[\s\S]*\r\n\r\nnot you$/);
  t.match(text, /\r\nConnection: close\r\n/);
});

t.test('an upstream that is down or silent', async (t) => {
  const origin = await startOrigin(() => {});
  t.teardown(() => origin.close().catch(() => {}));
  const sidecar = await startSidecar(origin.url, `upstream: { url: '${origin.url}', head-timeout: 80ms }\n`);
  t.teardown(() => sidecar.close());
  const silent = sidecar.connect();
  silent.send(UPGRADE);
  t.match(await silent.closed, /^HTTP\/1\.1 504 [\s\S]*application\/problem\+json/);
  const leaving = sidecar.connect();
  leaving.send(UPGRADE);
  await origin.received(2);
  leaving.socket.destroy();
  await eventually(() => origin.connections === 0);
  await origin.close();
  const down = sidecar.connect();
  down.send(UPGRADE);
  t.match(await down.closed, /^HTTP\/1\.1 502 [\s\S]*application\/problem\+json/);
});

t.test('an offer of h2c is a plain request', async (t) => {
  const { origin, sidecar } = await start(
    t,
    'routes: [{ match: "/*", ttl: 60s }]\n',
    (_req, res, count) => void res.end(`answer ${count}${origin.requests.at(-1)?.body}`),
    { recordBodies: true },
  );
  const offer = 'Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n';
  const wire = sidecar.connect();
  wire.send(`GET /a HTTP/1.1\r\nHost: a.test\r\n${offer}\r\n`);
  await wire.until(/answer 1$/);
  wire.send(`GET /a HTTP/1.1\r\nHost: a.test\r\n${offer}\r\n`);
  await wire.until(/cacheside; hit; [\s\S]*answer 1$/);
  wire.send(`POST /b HTTP/1.1\r\nHost: a.test\r\n${offer}Content-Length: 5\r\n\r\n body`);
  t.match(await wire.until(/answer 2 body$/), /^HTTP\/1\.1 200 /);
  t.notMatch(origin.requests.map(({ rawHeaders }) => rawHeaders.join()).join(), /h2c|http2-settings/i);
});
