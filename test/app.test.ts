import { connect } from 'node:net';
import t from 'tap';
import { startOrigin } from './fixtures/origin.ts';
import { eventually, startSidecar } from './fixtures/sidecar.ts';

const refused = (port: number) =>
  new Promise<boolean>((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.on('connect', () => {
      socket.destroy();
      resolve(false);
    });
    socket.on('error', () => resolve(true));
  });

t.test('closing lets answers under way finish and takes no new connection', async (t) => {
  let finish = () => {};
  const origin = await startOrigin((req, res) => {
    res.write('first ');
    if (req.url === '/slow') finish = () => res.end('last');
  });
  t.teardown(() => origin.close());
  const sidecar = await startSidecar(origin.url);
  const [slow, idle, busy] = [sidecar.connect(), sidecar.connect(), sidecar.connect()];
  slow.send('GET /slow HTTP/1.1\r\nHost: a.test\r\n\r\n');
  busy.send('POST /half HTTP/1.1\r\nHost: a.test\r\nContent-Length: 10\r\n\r\nhalf');
  await slow.until(/first/);
  await origin.received(2);
  let isClosed = false;
  const closing = sidecar.app.close().then(() => {
    isClosed = true;
  });
  await idle.closed;
  t.ok(await refused(sidecar.port));
  t.notOk(isClosed);
  busy.socket.destroy();
  finish();
  t.match(await slow.closed, /last\r\n0\r\n\r\n$/);
  await closing;
  t.equal(origin.connections, 0, 'connections to the upstream are closed, too');
});

t.test('a second close forces, and cuts', async (t) => {
  const origin = await startOrigin((_req, res) => void res.write('first '));
  t.teardown(() => origin.close());
  const sidecar = await startSidecar(origin.url);
  const wire = sidecar.connect();
  wire.send('GET /slow HTTP/1.1\r\nHost: a.test\r\n\r\n');
  await wire.until(/first/);
  const closing = sidecar.app.close();
  await eventually(() => true);
  await sidecar.app.close({ force: true });
  t.match(await wire.closed, /first \r\n$/, 'the client sees that it is not whole');
  await closing;
});

t.test('a drain ends after its time', async (t) => {
  const origin = await startOrigin((req, res) => {
    if (req.headers.upgrade) res.socket?.write('HTTP/1.1 101 Switching Protocols\r\n\r\n');
    else res.write('first ');
  });
  t.teardown(() => origin.close());
  const sidecar = await startSidecar(origin.url, 'drain-timeout: 100ms\n');
  const [wire, tunnel] = [sidecar.connect(), sidecar.connect()];
  wire.send('GET / HTTP/1.1\r\nHost: a.test\r\n\r\n');
  tunnel.send('GET / HTTP/1.1\r\nHost: a.test\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n');
  await Promise.all([wire.until(/first/), tunnel.until(/101/)]);
  await sidecar.app.close();
  await Promise.all([wire.closed, tunnel.closed]);
});

t.test('a bad reload changes nothing', async (t) => {
  const origin = await startOrigin((_req, res, count) => void res.end(`answer ${count}`));
  t.teardown(() => origin.close());
  const sidecar = await startSidecar(origin.url, 'routes: [{ match: /a, ttl: 60s }]\n');
  t.teardown(() => sidecar.close());
  await sidecar.ask('/a');
  await t.rejects(sidecar.reload('rutes: []\n'));
  await t.rejects(sidecar.reload('memory: 1MiB\n'), { message: /memory changed, which needs a restart/ });
  t.match(await sidecar.ask('/a'), { text: 'answer 1', cacheStatus: /hit/ });
  t.equal((await sidecar.purge({ url: `${sidecar.url}/a` })).status, 200);
  t.match(await sidecar.ask('/a'), { text: 'answer 2' });
});
