import type { ServerResponse } from 'node:http';
import t from 'tap';
import { eventually } from '../fixtures/eventually.ts';
import { startOrigin } from '../fixtures/origin.ts';
import { startSidecar } from '../fixtures/sidecar.ts';
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

t.test('which stored responses an unsafe request makes invalid (RFC 9111 §4.4)', async (t) => {
  const document = `routes:
  - { name: by-field, match: "GET /f", when: { headers: { x-kind: [short] } }, ttl: 60s, key: { query: none, headers: [x-kind] } }
  - { name: keyed, match: "GET /k", ttl: 60s, key: { headers: [x-shade], cookies: [sort] } }
  - { name: stored, match: "GET /*", ttl: 60s }
  - { name: written, match: "PUT /written", cache: false }
`;
  const { ask: send, sidecar } = await start(t, document, (req, res) => {
    const status = Number(req.headers['x-status'] ?? 200);
    if (typeof req.headers['x-names'] === 'string') res.setHeader('location', req.headers['x-names']);
    res.setHeader('vary', 'accept-language').writeHead(status).end('answer');
  });
  type Fields = Record<string, string>;
  const ask = (path: string, headers: Fields = {}, method = 'GET') =>
    send(path, { method, headers: { host: 'a.test', ...headers } });

  const ROWS: {
    id: string;
    rfc?: string;
    stored: readonly [path: string, fields?: Fields][];
    given: readonly [method: string, path: string, fields?: Fields];
    gone: boolean;
  }[] = [
    { id: 'no route', stored: [['/no-route']], given: ['PUT', '/no-route'], gone: true },
    { id: 'a route that stores nothing', stored: [['/written']], given: ['PUT', '/written'], gone: true },
    {
      id: 'all variants',
      rfc: '9111 §4.4',
      stored: [
        ['/v', { 'accept-language': 'de' }],
        ['/v', { 'accept-language': 'fr' }],
      ],
      given: ['PUT', '/v', { 'accept-language': 'it' }],
      gone: true,
    },
    {
      id: 'under every key of the URL',
      stored: [['/k'], ['/k', { 'x-shade': 'blue' }], ['/k', { cookie: 'sort=up' }]],
      given: ['DELETE', '/k', { 'x-shade': 'red' }],
      gone: true,
    },
    {
      id: 'on a route that a GET takes for its fields alone',
      stored: [['/f?a=1', { 'x-kind': 'short' }], ['/f?b=2']],
      given: ['POST', '/f?b=2'],
      gone: true,
    },
    {
      id: 'the same by Location',
      stored: [['/f?a=1', { 'x-kind': 'short' }]],
      given: ['POST', '/w', { 'x-names': '/f?c=3' }],
      gone: true,
    },
    {
      id: 'encoded otherwise',
      rfc: '3986 §6.2.2',
      stored: [['/caf%C3%A9/~x']],
      given: ['PUT', '/caf%c3%a9/%7Ex'],
      gone: true,
    },
    {
      id: 'quotes in the query that Location names',
      stored: [['/q?a=%27b%27']],
      given: ['POST', '/w', { 'x-names': "/q?a='b'" }],
      gone: true,
    },
    {
      id: 'the host in capitals, with its port',
      rfc: '9110 §4.2.3',
      stored: [['/h'], ['/h', { host: 'A.test:80' }]],
      given: ['PUT', '/h', { host: 'A.TEST:80' }],
      gone: true,
    },
    { id: 'another host', stored: [['/o']], given: ['PUT', '/o', { host: 'b.test' }], gone: false },
    { id: 'another path', stored: [['/p/2']], given: ['PUT', '/p'], gone: false },
    { id: 'another query', stored: [['/p?a=1']], given: ['PUT', '/p?a=2'], gone: false },
    { id: 'a redirect', stored: [['/r']], given: ['POST', '/r', { 'x-status': '303' }], gone: true },
    { id: 'an error', stored: [['/e']], given: ['PUT', '/e', { 'x-status': '409' }], gone: false },
    { id: 'a method nobody knows', stored: [['/m']], given: ['MERGE', '/m'], gone: true },
  ];
  for (const method of ['HEAD', 'OPTIONS', 'PROPFIND', 'SEARCH', 'REPORT']) {
    const given = [method, '/safe', { 'x-names': '/safe' }] as const;
    ROWS.push({ id: method, rfc: '9110 §9.2.1', stored: [['/safe']], given, gone: false });
  }
  for (const { id, stored, given, gone } of ROWS) {
    t.test(id, async (t) => {
      for (const [path, fields] of stored) await ask(path, fields);
      for (const [path, fields] of stored) t.match(await ask(path, fields), { cacheStatus: /hit/ });
      const [method, path, fields] = given;
      await ask(path, fields, method);
      for (const [path, fields] of stored) {
        t.match(await ask(path, fields), { cacheStatus: gone ? /fwd=.*purged/ : /hit/ }, path);
      }
    });
  }

  t.test('what the answer to an upgrade names', async (t) => {
    for (const path of ['/u', '/named']) await ask(path);
    const wire = sidecar.connect();
    wire.send(
      'POST /u HTTP/1.1\r\nHost: a.test\r\nConnection: upgrade\r\nUpgrade: x\r\nX-Names: /named\r\n\r\n',
    );
    await wire.closed;
    for (const path of ['/u', '/named']) t.match(await ask(path), { cacheStatus: /purged/ }, path);
  });
});

t.test('a write to an impossible host whose answer redirects is passed on', async (t) => {
  const { ask } = await start(t, '', (_req, res) => {
    res.writeHead(303, { location: 'http://a.test/b' }).end();
  });
  t.match(await ask('/a', { method: 'PUT', headers: { host: '256.256.256.256' } }), { status: 303 });
});
