import t from 'tap';
import { start } from './start.ts';

const DOCUMENT = `routes:
  - match: '*'
    ttl: 1m
    cookies: strip
    key: {query: {exclude: [utm_*]}}
    request-fields: {strip: [X-Secret]}
`;

const HEADERS = {
  cookie: 'sid=1',
  'x-secret': 's',
  'x-http-method-override': 'PUT',
  range: 'bytes=100000-100009',
};
const BODY = Buffer.alloc(200_000, 'x');

t.test('what is asked for one client alone goes upstream as a shared request would', async (t) => {
  const { origin, ask } = await start(t, DOCUMENT, (req, res) => {
    res.setHeader('cache-control', 'private');
    if (req.method === 'HEAD' || req.headers.range === undefined) {
      res.setHeader('content-length', BODY.byteLength);
      return res.end(req.method === 'HEAD' ? undefined : BODY);
    }
    res.writeHead(206, { 'content-range': 'bytes 100000-100009/200000' }).end(BODY.subarray(0, 10));
  });
  const { range, ...plain } = HEADERS;
  t.match(await ask('/a?utm_x=1', { method: 'HEAD', headers: plain }), { status: 200 });
  t.match(await ask('/b?utm_x=1', { headers: HEADERS }), {
    status: 206,
    cacheStatus: /fwd-status=206; detail=range/,
  });
  t.match(await ask('/b?utm_x=1', { headers: HEADERS }), { status: 206, cacheStatus: /detail=range/ });
  t.equal(origin.requests.length, 4, 'the first part was asked for twice, the second time alone');
  for (const { url, rawHeaders } of origin.requests) {
    t.match(url, /^\/[ab]$/, 'without what does not count');
    const names = rawHeaders.filter((_, i) => i % 2 === 0).map((name) => name.toLowerCase());
    for (const name of ['cookie', 'x-secret', 'x-http-method-override']) t.notOk(names.includes(name), name);
  }
  t.equal(origin.requests.filter(({ rawHeaders }) => rawHeaders.includes(range)).length, 2);
});

t.test('more tags than are told apart, by the product of lists', async (t) => {
  const document = `routes: [{match: '*', ttl: 1m, tags: ['{response.x-a}-{response.x-b}']}]\n`;
  const list = Array.from({ length: 1_000 }, (_, i) => i).join(',');
  const { ask } = await start(t, document, (_req, res) => {
    res.setHeader('x-a', list);
    res.setHeader('x-b', list);
    res.end('x');
  });
  t.match(await ask('/a'), { status: 200, cacheStatus: /fwd=uri-miss; fwd-status=200; detail=tag-limit/ });
});
