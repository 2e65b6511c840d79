import t from 'tap';
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
