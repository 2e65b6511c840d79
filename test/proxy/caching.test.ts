import t from 'tap';
import { eventually } from '../fixtures/eventually.ts';
import { pause, start } from './start.ts';

t.test('miss, hit, Age and Cache-Status', async (t) => {
  const { origin, ask } = await start(t, '', (_req, res, count) => {
    res.setHeader('cache-control', 'max-age=60');
    res.setHeader('age', '7');
    res.end(`answer ${count}`);
  });
  const miss = await ask('/a');
  t.match(miss, { status: 200, text: 'answer 1', cacheStatus: /fwd=uri-miss.*stored.*ttl=53/ });
  t.equal(miss.headers.age, '7', 'Age accumulates');
  const hit = await ask('/a');
  t.match(hit, { status: 200, text: 'answer 1', cacheStatus: 'cacheside; hit; ttl=53; detail=memory' });
  t.equal(hit.headers.age, '7');
  t.equal(hit.headers['content-length'], '8');
  t.equal(hit.headers.connection, 'keep-alive');
  t.match(await ask('/a', { method: 'HEAD' }), {
    status: 200,
    text: '',
    cacheStatus: /hit/,
    headers: { 'content-length': '8' },
  });
  t.match(
    await ask('/a', { headers: { host: 'other.test' } }),
    { text: 'answer 2' },
    'hosts have keys of their own',
  );
  t.equal(origin.requests.length, 2);
});

t.test('HEAD on a miss stores nothing', async (t) => {
  const { ask } = await start(t, '', (req, res, count) => {
    res.setHeader('cache-control', 'max-age=60');
    res.setHeader('content-length', 8);
    res.end(req.method === 'HEAD' ? undefined : `answer ${count}`);
  });
  t.match(await ask('/a', { method: 'HEAD' }), { status: 200, text: '', headers: { 'content-length': '8' } });
  t.match(await ask('/a'), { text: 'answer 2', cacheStatus: /fwd=uri-miss/ });
  t.match(await ask('/a', { method: 'HEAD' }), { cacheStatus: /hit/ });
});

t.test('a stale response is validated, freshened and replaced', async (t) => {
  let etag = '"one"';
  const { origin, ask } = await start(t, 'routes: [{ match: "/*", ttl: 400ms }]\n', (req, res, count) => {
    res.setHeader('etag', etag);
    res.setHeader('x-count', count);
    if (req.headers['if-none-match'] === etag) res.writeHead(304).end();
    else res.end(`body of ${etag}`);
  });
  t.match(await ask('/a'), { text: 'body of "one"', cacheStatus: /stored/ });
  await pause(500);
  t.match(await ask('/a'), {
    status: 200,
    text: 'body of "one"',
    headers: { 'x-count': '2' },
    cacheStatus: /fwd=stale; fwd-status=304; stored; ttl=1; detail=freshened/,
  });
  t.match(await ask('/a'), { text: 'body of "one"', headers: { 'x-count': '2' }, cacheStatus: /hit/ });
  await pause(500);
  t.match(
    await ask('/a', { headers: { 'if-none-match': '"one"' } }),
    { status: 304, text: '' },
    'the client has it, too',
  );
  etag = '"two"';
  await pause(500);
  t.match(await ask('/a'), { text: 'body of "two"', cacheStatus: /fwd=stale; fwd-status=200; stored/ });
  t.match(await ask('/a'), { text: 'body of "two"', cacheStatus: /hit/ });
  t.equal(origin.requests.length, 4);
});

t.test('client conditions on a hit', async (t) => {
  const { origin, ask } = await start(t, '', (_req, res) => {
    res.setHeader('cache-control', 'max-age=60');
    res.setHeader('etag', '"e"');
    res.setHeader('last-modified', 'Mon, 01 Jan 2024 00:00:00 GMT');
    res.end('body');
  });
  await ask('/a');
  const notModified = await ask('/a', { headers: { 'if-none-match': 'W/"x", "e"' } });
  t.match(notModified, { status: 304, text: '', cacheStatus: /hit/, headers: { etag: '"e"' } });
  t.equal(notModified.headers['content-length'], undefined);
  t.match(await ask('/a', { headers: { 'if-none-match': '"x"' } }), { status: 200, text: 'body' });
  t.match(await ask('/a', { headers: { 'if-modified-since': 'Tue, 02 Jan 2024 00:00:00 GMT' } }), {
    status: 304,
  });
  t.match(await ask('/a', { method: 'HEAD', headers: { 'if-none-match': '*' } }), { status: 304 });
  t.equal(origin.requests.length, 1);
});

t.test('the conditions and ranges of a client do not shape what is stored', async (t) => {
  const { origin, ask } = await start(t, 'routes: [{ match: "/*", ttl: 60s }]\n', (req, res) => {
    if (req.headers['if-none-match'] || req.headers.range) return void res.writeHead(304).end();
    res.end('whole');
  });
  t.match(await ask('/a', { headers: { 'if-none-match': '"e"' } }), { status: 200, text: 'whole' });
  t.match(await ask('/b', { headers: { range: 'bytes=0-1' } }), { status: 206, text: 'wh' });
  t.match(await ask('/a'), { text: 'whole', cacheStatus: /hit/ });
  t.match(await ask('/b'), { text: 'whole', cacheStatus: /hit/ });
  t.equal(origin.requests.length, 2);
});

t.test('stale-while-revalidate makes nobody wait', async (t) => {
  let release = () => {};
  const { origin, ask } = await start(
    t,
    'routes: [{ match: "/*", ttl: 20ms, stale-while-revalidate: 60s }]\n',
    (_req, res, count) => {
      if (count === 1) return void res.end('answer 1');
      release = () => res.end(`answer ${count}`);
    },
  );
  await ask('/a');
  await pause(40);
  for (let i = 0; i < 5; i++) {
    t.match(await ask('/a'), {
      text: 'answer 1',
      cacheStatus: /^cacheside; hit; ttl=-?0; detail=while-revalidating$/,
    });
  }
  await origin.received(2);
  t.equal(origin.requests.length, 2, 'one renewal at a time');
  release();
  let text = '';
  await eventually(() => {
    ask('/a').then(
      (answer) => {
        text = answer.text;
      },
      () => {},
    );
    return text === 'answer 2';
  });
});

t.test('stale-if-error', async (t) => {
  let failing: 'no' | 'reset' | '503' = 'no';
  let more = '';
  const { origin, sidecar, ask } = await start(
    t,
    'routes: [{ match: "/*", ttl: 20ms, stale-if-error: 60s, tags: [all-of-it] }]\n',
    (_req, res, count) => {
      if (failing === 'reset') return void res.destroy();
      if (failing === '503') return void res.writeHead(503).end('down');
      if (more !== '') res.setHeader('cache-control', more);
      res.end(`answer ${count}`);
    },
  );
  await ask('/a');
  await ask('/b');
  await pause(40);
  const stale = { status: 200, text: 'answer 1', cacheStatus: /detail=if-error/ };
  failing = 'reset';
  t.match(await ask('/a'), stale);
  t.match(await ask('/a', { method: 'HEAD' }), { ...stale, text: '' }, 'for HEAD as well');
  failing = '503';
  t.match(await ask('/a'), stale);
  t.match(await ask('/a'), { cacheStatus: /fwd=stale; fwd-status=503/ });
  t.match(await ask('/other'), { status: 503, text: 'down' }, 'only where something is stored');

  t.equal((await sidecar.purge({ tag: 'all-of-it' })).status, 200);
  t.match(await ask('/a'), { status: 503 }, 'a purged response never comes back');
  failing = 'no';
  more = 'must-revalidate';
  await ask('/a');
  await pause(40);
  failing = '503';
  t.match(await ask('/a'), { status: 503 }, 'must-revalidate forbids it');
  failing = 'no';
  more = '';
  await ask('/c');
  await pause(40);
  await origin.close();
  t.match(await ask('/c'), { status: 200, cacheStatus: /detail=if-error/ }, 'the connection is refused');
  t.match(await ask('/d'), { status: 502, headers: { 'content-type': 'application/problem+json' } });
});

t.test('lifetimes by status', async (t) => {
  const { origin, ask } = await start(
    t,
    'routes: [{ match: "/*", ttl: 60s, status-ttl: { 404: 60s, 5xx: 20ms } }]\n',
    (req, res) => void res.writeHead(Number(req.url?.slice(1))).end('x'),
  );
  for (const [status, stored] of [
    [404, true],
    [410, false],
    [503, true],
    [301, true],
    [204, true],
    [206, false],
  ] as const) {
    await ask(`/${status}`);
    t.match(await ask(`/${status}`), { status, cacheStatus: stored ? /hit/ : /fwd=/ }, `${status}`);
  }
  t.equal(origin.requests.length, 8);
});

t.test('variants', async (t) => {
  const { origin, ask } = await start(t, '', (req, res) => {
    res.setHeader('cache-control', 'max-age=60');
    res.setHeader('vary', req.url === '/star' ? 'accept, *' : 'Accept-Language');
    res.end(req.headers['accept-language'] ?? 'none');
  });
  const speak = (language: string) => ask('/a', { headers: { 'accept-language': language } });
  t.match(await speak('de'), { text: 'de' });
  t.match(await speak('fr'), { text: 'fr', cacheStatus: /fwd=vary-miss/ });
  t.match(await ask('/a'), { text: 'none', cacheStatus: /fwd=vary-miss/ });
  t.match(await speak('de'), { text: 'de', cacheStatus: /hit/ });
  t.match(await ask('/a'), { text: 'none', cacheStatus: /hit/ });
  await ask('/star');
  t.match(await ask('/star'), { cacheStatus: /detail=vary-star/ });
  t.equal(origin.requests.length, 5);
});

t.test('simultaneous variants are not mixed up', async (t) => {
  const { origin, ask } = await start(t, '', (req, res) => {
    res.setHeader('cache-control', 'max-age=60');
    res.setHeader('vary', 'Accept-Language');
    setTimeout(() => res.end(req.headers['accept-language']), 20);
  });
  const languages = Array.from({ length: 40 }, (_, i) => `l${i % 4}`);
  const answers = await Promise.all(
    languages.map((language) => ask('/a', { headers: { 'accept-language': language } })),
  );
  t.same(
    answers.map((answer) => answer.text),
    languages,
  );
  t.equal(origin.requests.length, 4, 'one request for each');
});

t.test('what unsafe methods make invalid', async (t) => {
  const { ask } = await start(
    t,
    `routes:
  - { match: "/items/:id", ttl: 60s, tags: ["item-{id}"], purge: ["item-{id}", list] }
  - { match: "/list", ttl: 60s, tags: [list] }
  - { match: "/*", ttl: 60s }
`,
    (req, res, count) => {
      if (req.method === 'POST') res.setHeader('location', '/elsewhere?x=1');
      if (req.url === '/items/2' && req.method === 'DELETE') res.statusCode = 409;
      res.end(`answer ${count}`);
    },
  );
  const stored = ['/items/1', '/items/2', '/items/1?full', '/list', '/elsewhere?x=1', '/untouched'];
  for (const path of stored) await ask(path);
  const hits = async () => {
    const found: string[] = [];
    for (const path of stored) {
      const { cacheStatus } = await ask(path, { headers: { 'cache-control': 'only-if-cached' } });
      if (cacheStatus.includes('hit')) found.push(path);
    }
    return found;
  };
  await ask('/items/2', { method: 'DELETE' });
  t.same(await hits(), stored, 'an error changes nothing');
  await ask('/untouched', { method: 'OPTIONS' });
  t.same(await hits(), stored, 'nor does a safe method');
  t.match(await ask('/items/1', { method: 'PUT', body: 'x' }), { cacheStatus: /fwd=method/ });
  t.same(await hits(), ['/items/2', '/elsewhere?x=1', '/untouched'], 'the URL and the tags of the route');
  await ask('/items/3', { method: 'POST', body: 'x' });
  t.same(await hits(), ['/items/2', '/untouched'], 'what Location names');
});

t.test('what is never stored', async (t) => {
  const answers: Record<string, Record<string, string | string[]>> = {
    '/set-cookie': { 'cache-control': 'max-age=60', 'set-cookie': 'a=1' },
    '/private': { 'cache-control': ['max-age=60', 'private'] },
    '/no-store': { 'cache-control': 'no-store' },
    '/zero': { 'cache-control': 'max-age=0' },
    '/old': { 'cache-control': 'max-age=60', age: '60' },
    '/unreadable': { 'cache-control': 'max-age=soon' },
    '/silent': {},
  };
  const { ask } = await start(t, '', (req, res, count) => {
    for (const [name, value] of Object.entries(answers[req.url ?? ''] ?? {})) res.setHeader(name, value);
    res.end(`answer ${count}`);
  });
  for (const path of Object.keys(answers)) {
    const first = await ask(path);
    t.match(await ask(path), { cacheStatus: /fwd=(?:uri-miss|stale)/ }, path);
    t.notMatch(first.cacheStatus, /stored/);
  }
  answers['/auth'] = { 'cache-control': 'max-age=60' };
  await ask('/auth', { headers: { authorization: 'Bearer x' } });
  t.match(await ask('/auth'), { cacheStatus: /fwd=uri-miss/ });
});

t.test('unkeyed input does not colour a shared response', async (t) => {
  const { origin, ask } = await start(
    t,
    'routes: [{ match: "/*", ttl: 60s, key: { query: { exclude: ["utm_*"] } } }]\n',
    (_req, res, count) => void res.end(`answer ${count}`),
  );
  const bypassed: [string, string, string][] = [
    ['cookie', 'a=1', 'detail=cookie'],
    ['authorization', 'Bearer x', 'detail=authorization'],
    ['x-tenant', 'a', 'detail="unkeyed-field x-tenant"'],
  ];
  await ask('/a');
  for (const [name, value, detail] of bypassed) {
    const answer = await ask('/a', { headers: { [name]: value } });
    t.match(answer.cacheStatus, 'fwd=bypass', name);
    t.ok(answer.cacheStatus.includes(detail), answer.cacheStatus);
    const { rawHeaders = [] } = origin.requests.at(-1) ?? {};
    t.ok(rawHeaders.map((line) => line.toLowerCase()).includes(name), 'it goes on intact');
  }
  t.match(await ask('/a'), { text: 'answer 1', cacheStatus: /hit/ });
  t.match(
    await ask('/b?utm_source=x&id=1', {
      headers: { 'x-forwarded-host': 'evil.test', 'x-original-url': '/admin' },
    }),
    { cacheStatus: /stored/ },
  );
  const { url, rawHeaders = [] } = origin.requests.at(-1) ?? {};
  t.equal(url, '/b?id=1', 'a parameter that does not count is not sent');
  t.notOk(rawHeaders.includes('evil.test') || rawHeaders.includes('/admin'));
  t.match(await ask('/b?id=1&utm_medium=y'), { cacheStatus: /hit/ });
  t.match(await ask('/a', { body: 'body', headers: { 'content-length': '4' } }), {
    cacheStatus: /detail=request-body/,
  });
});

t.test('edits of the answer', async (t) => {
  const { ask } = await start(
    t,
    'routes: [{ match: "/*", ttl: 60s, response: { set: { X-Set: by-rule }, remove: [x-internal], cache-control: "max-age=5" } }]\n',
    (_req, res) => {
      res.setHeader('x-internal', 'secret');
      res.setHeader('x-set', 'by upstream');
      res.setHeader('expires', 'Mon, 01 Jan 2035 00:00:00 GMT');
      res.end('x');
    },
  );
  for (const step of ['miss', 'hit', 'conditional hit', 'bypass']) {
    const headers =
      step === 'bypass'
        ? { 'x-unknown': '1' }
        : { ...(step.startsWith('c') ? { 'if-none-match': '*' } : {}) };
    const answer = await ask('/a', { headers });
    t.equal(answer.headers['x-set'], 'by-rule', step);
    t.equal(answer.headers['x-internal'], undefined, step);
    t.equal(answer.headers['cache-control'], 'max-age=5', step);
    t.equal(answer.headers.expires, undefined, step);
  }
});

t.test('a reload keeps the cache; only responses of changed rules miss', async (t) => {
  const routes = (ttl: string) =>
    `routes:\n  - { name: kept, match: /kept, ttl: 60s }\n  - { name: changed, match: /changed, ttl: ${ttl} }\n`;
  const { sidecar, ask } = await start(
    t,
    routes('60s'),
    (_req, res, count) => void res.end(`answer ${count}`),
  );
  await ask('/kept');
  await ask('/changed');
  await sidecar.reload(routes('30s'));
  t.match(await ask('/kept'), { text: 'answer 1', cacheStatus: /hit/ });
  t.match(await ask('/changed'), { text: 'answer 3', cacheStatus: /fwd=miss.*stored/ });
  t.match(await ask('/changed'), { text: 'answer 3', cacheStatus: /hit/ });
});

t.test('no route, no cache, only-if-cached', async (t) => {
  const { origin, ask } = await start(
    t,
    'routes: [{ match: /cached, ttl: 60s }, { match: /passed, cache: false }]\n',
    (_req, res) => void res.setHeader('cache-control', 'max-age=60').end('x'),
  );
  for (const [path, status] of [
    ['/other', /fwd=bypass.*detail=no-route/],
    ['/passed', /fwd=bypass.*detail=rule-pass/],
  ] as const) {
    await ask(path);
    t.match(await ask(path), { status: 200, cacheStatus: status });
  }
  t.match(await ask('/cached', { headers: { 'cache-control': 'only-if-cached' } }), {
    status: 504,
    cacheStatus: /only-if-cached/,
  });
  t.equal(origin.requests.length, 4);
});
