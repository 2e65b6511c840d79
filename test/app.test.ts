import { connect } from 'node:net';
import t from 'tap';
import { eventually } from './fixtures/eventually.ts';
import { startOrigin } from './fixtures/origin.ts';
import { startSidecar } from './fixtures/sidecar.ts';

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
  const sidecar = await startSidecar(origin.url, 'clients: { keep-alive: 100ms }\n');
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
  await eventually(() => origin.connections === 0);
  t.pass('connections to the upstream are closed, too');
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

t.test('the admin port tells what the proxy did', async (t) => {
  const origin = await startOrigin((req, res) => {
    if (req.url === '/broken') res.destroy();
    else res.setHeader('cache-control', 'max-age=60').end('whole');
  });
  t.teardown(() => origin.close());
  const sidecar = await startSidecar(
    origin.url,
    'routes: [{ name: all, match: "/*", tags: [everything], ttl: 60s, key: { query: { exclude: [utm_*] } } }]\n',
  );
  t.teardown(() => sidecar.close());

  const warmed = await sidecar.admin('/warm', { paths: ['/a', '/b?utm_x=1', '/broken'], host: 'a.test' });
  t.match(
    JSON.parse(warmed.text),
    { requested: 3, stored: 2, hit: 0, failed: 1 },
    'fetched through the pipeline',
  );
  const host = { headers: { host: 'a.test' } };
  t.match(await sidecar.ask('/a', host), { cacheStatus: /hit/ });
  t.match(await sidecar.ask('/b', host), { cacheStatus: /hit/ }, 'stored without what the key leaves out');
  t.match(await sidecar.ask('/c', host), { cacheStatus: /fwd=uri-miss/ });

  const stats = JSON.parse((await sidecar.admin('/stats')).text);
  t.match(
    stats,
    { requests: 3, hits: 2, misses: 1, routes: { all: { requests: 3 } } },
    'warming is no request',
  );
  t.match(stats, { memory: { responses: 3, sets: 3 }, redis: null, purges: { applied: 0, trusted: true } });

  const dry = await sidecar.purge({ url: '/b?utm_y=2', 'dry-run': true });
  t.match(JSON.parse(dry.text), { matched: 1 }, 'a URL is purged as it is stored');
  t.match(await sidecar.ask('/b', host), { cacheStatus: /hit/ }, 'a dry run purges nothing');
  t.match(JSON.parse((await sidecar.purge({ tag: 'everything' })).text), { status: 'applied', matched: 3 });
  t.match(await sidecar.ask('/b', host), { cacheStatus: /purged/ });

  const metrics = (await sidecar.admin('/metrics')).text;
  t.match(metrics, /^cacheside_upstream_errors_total\{failure="reset"\} 1$/m);
  t.match(metrics, /^cacheside_requests_total\{route="all",outcome="hit"\} 3$/m);
  t.match(metrics, /^cacheside_purges_total\{kind="tag",soft="false"\} 1$/m);
  t.match(JSON.parse((await sidecar.admin('/config')).text), { routes: [{ name: 'all' }], redis: null });
  t.match(JSON.parse((await sidecar.admin('/readyz')).text), { status: 'ready', redis: { status: 'off' } });
});
