import type { ServerResponse } from 'node:http';
import t from 'tap';
import { startOrigin } from '../fixtures/origin.ts';
import { eventually, startSidecar } from '../fixtures/sidecar.ts';
import { start } from './start.ts';

t.test('a write invalidates what a GET of its URL would have stored', async (t) => {
  const { ask } = await start(
    t,
    'routes: [{ match: "/p/:id", ttl: 60s, key: { query: { exclude: [notify] }, sort-query: true } }]\n',
    (req, res, count) => {
      if (req.method === 'POST') res.writeHead(201, { location: '/p/2?b=2&a=1&notify=0' });
      res.end(`answer ${count}`);
    },
  );
  await ask('/p/1?a=1');
  await ask('/p/2?a=1&b=2');
  t.match(await ask('/p/1?a=1'), { cacheStatus: /hit/ });
  await ask('/p/1?notify=1&a=1', { method: 'PUT' });
  t.match(await ask('/p/1?a=1'), { cacheStatus: /fwd=uri-miss.*purged/ }, 'its query as the route keys it');
  t.match(await ask('/p/2?a=1&b=2'), { cacheStatus: /hit/ });
  await ask('/p/new', { method: 'POST' });
  t.match(await ask('/p/2?a=1&b=2'), { cacheStatus: /fwd=uri-miss.*purged/ }, 'Location likewise');
});

t.test('a request that is not to be stored for leaves what is stored', async (t) => {
  const { ask } = await start(t, '', (req, res) => {
    res.setHeader('cache-control', 'no-cache').setHeader('etag', '"one"');
    if (req.headers['if-none-match'] === '"one"') res.writeHead(304).end();
    else res.end('whole');
  });
  t.match(
    await ask('/a'),
    { cacheStatus: /stored; ttl=0; detail=no-cache/ },
    'it tells why it will be asked again',
  );
  const refused = await ask('/a', { headers: { 'cache-control': 'no-store' } });
  t.match(refused, { text: 'whole', cacheStatus: /fwd-status=304; detail=request-no-store/ });
  t.match(await ask('/a'), { text: 'whole', cacheStatus: /fwd=stale; fwd-status=304; stored/ });
});

t.test('a write whose outcome is unknown leaves nothing fresh that it may have changed', async (t) => {
  const document = (url: string) => `upstream: { url: '${url}', head-timeout: 300ms }
routes:
  - { name: item, match: "GET /p/:id", ttl: 60s }
  - { name: list, match: GET /list, ttl: 60s, tags: [list] }
  - { name: other, match: GET /other, ttl: 60s }
  - { name: write, match: "/p/:id", cache: false, purge: [list, "made-{response.x-made}"] }
`;
  const ways: Record<string, (res: ServerResponse) => void> = {
    'reset after the request': (res) => res.socket?.resetAndDestroy(),
    'half a head': (res) => void res.socket?.end('HTTP/1.1 200 OK\r\nContent-Le'),
    'an answer that is none': (res) => void res.socket?.end('garbage\r\n\r\n'),
    'no answer in time': () => {},
    'the client left': () => {},
  };
  for (const [way, answer] of Object.entries(ways)) {
    t.test(way, async (t) => {
      let isGone = false;
      const origin = await startOrigin((req, res) => {
        res.on('close', () => {
          if (req.method === 'PUT') isGone = true;
        });
        if (req.method === 'PUT') return answer(res);
        const notModified = req.headers['if-none-match'] === '"e"';
        res.writeHead(notModified ? 304 : 200, { etag: '"e"' }).end(notModified ? '' : 'read');
      });
      t.teardown(() => origin.close());
      const sidecar = await startSidecar(origin.url, document(origin.url));
      t.teardown(() => sidecar.close());
      const ask = (path: string) => sidecar.ask(path, { headers: { host: 'a.test' } });
      for (const path of ['/p/1', '/p/2', '/list', '/other']) await ask(path);

      const writer = sidecar.connect();
      writer.send('PUT /p/1 HTTP/1.1\r\nHost: a.test\r\nContent-Length: 3\r\n\r\nnew');
      await origin.received(5);
      if (way === 'the client left') {
        writer.socket.destroy();
        await eventually(() => isGone);
      } else await writer.until(/HTTP\/1\.1 50[24] /);

      for (const path of ['/p/1', '/list']) {
        t.match(await ask(path), { text: 'read', cacheStatus: /fwd=stale; fwd-status=304/ }, path);
        t.match(await ask(path), { cacheStatus: /hit/ }, `${path}, asked about once`);
      }
      for (const path of ['/p/2', '/other']) t.match(await ask(path), { cacheStatus: /hit/ }, path);
    });
  }
});

t.test('a write that was never sent leaves what is stored', async (t) => {
  const { origin, ask } = await start(t, 'routes: [{ match: "/*", ttl: 60s }]\n', (_req, res) => {
    res.setHeader('connection', 'close').end('read');
  });
  await ask('/a');
  await origin.close();
  t.match(await ask('/a', { method: 'PUT' }), { status: 502 });
  t.match(await ask('/a'), { cacheStatus: /hit/ });
});

t.test('a write that asks to switch protocols is a write', async (t) => {
  const { sidecar, ask } = await start(t, 'routes: [{ match: "/*", ttl: 60s }]\n', (req, res) => {
    if (req.method === 'GET') return void res.end('read');
    if (req.url === '/unanswered') return void res.socket?.resetAndDestroy();
    res.end('done');
  });
  const get = (path: string) => ask(path, { headers: { host: 'a.test' } });
  for (const path of ['/answered', '/unanswered']) {
    await get(path);
    const writer = sidecar.connect();
    writer.send(`DELETE ${path} HTTP/1.1\r\nHost: a.test\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n`);
    await writer.closed;
    t.match(await get(path), { text: 'read', cacheStatus: /fwd=/ }, path);
  }
});
