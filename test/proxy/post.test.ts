import { Redis } from 'ioredis';
import t from 'tap';
import { eventually } from '../fixtures/eventually.ts';
import type { OriginHandler } from '../fixtures/origin.ts';
import { startRedis } from '../fixtures/redis-server.ts';
import { type Ask, type Sidecar, startSidecar } from '../fixtures/sidecar.ts';
import { pause, start } from './start.ts';
import { TIERS, tiersOf } from './tiers.ts';

const redis = await startRedis();
t.teardown(() => redis.stop());
const client = new Redis(redis.url);
t.teardown(() => client.disconnect());

const ROUTES = 'routes: [{ match: "/*", post: true, tags: ["all"] }]\n';

/** Whatever is asked for, is a representation of what it is asked of. */
const here: OriginHandler = (req, res, count) => {
  res.setHeader('content-location', req.url ?? '').setHeader('cache-control', 'max-age=60');
  res.end(`${req.method} ${count}`);
};

const asker =
  (sidecar: Sidecar) =>
  (path: string, method = 'GET', more: Ask['headers'] = {}) => {
    const headers = { host: 'a.test', ...more };
    return sidecar.ask(path, { method, headers, ...(method === 'POST' ? { body: 'body' } : {}) });
  };

/** Resolves once Redis has, under this path, what a POST left: that delays nobody. */
async function isInRedis(path: string, text: string): Promise<void> {
  await eventually(async () => {
    const [key] = await client.keys(`*${path}*`);
    return key !== undefined && (await client.getBuffer(key))?.includes(text) === true;
  });
}

for (const [i, tiers] of TIERS.entries()) {
  t.test(`what a POST leaves, ${tiers}`, async (t) => {
    const { origin, sidecar } = await start(t, tiersOf(tiers, redis) + ROUTES, here, { recordBodies: true });
    const ask = asker(sidecar);
    const path = `/in-${i}?a=1`;
    const kept = async (text: string) => {
      if (tiers !== 'memory') await isInRedis(path, text);
    };
    t.match(await ask(path), { text: 'GET 1' });
    t.match(await ask(path, 'POST', { 'content-type': 'text/plain' }), {
      text: 'POST 2',
      cacheStatus: /^cacheside; fwd=method; fwd-status=200; stored; ttl=(?:59|60)$/,
    });
    t.match(origin.requests[1], { method: 'POST', url: path, body: Buffer.from('body') });
    await kept('POST 2');
    t.match(await ask(path), { text: 'POST 2', cacheStatus: /hit/ }, 'in place of what was stored before');
    t.match(await ask(path, 'HEAD'), { cacheStatus: /hit/ });
    t.match(await ask(`/in-${i}?b=1`), { text: 'GET 3' }, 'another URL');
    t.match(await ask(path, 'POST'), { text: 'POST 4', cacheStatus: /stored/ }, 'goes upstream again');
    await kept('POST 4');
    t.match(await ask(path), { text: 'POST 4', cacheStatus: /hit/ });
    t.match(await sidecar.purge({ tag: 'all' }), { status: 200 });
    t.match(await ask(path), { text: 'GET 5', cacheStatus: /purged/ });
  });
}

t.test('what a POST leaves at one replica answers at the other', async (t) => {
  const document = tiersOf('memory and Redis', redis) + ROUTES;
  const { origin, sidecar: a } = await start(t, document, here);
  const b = await startSidecar(origin.url, document);
  t.teardown(() => b.close());
  await asker(b)('/shared');
  await asker(a)('/shared', 'POST');
  await isInRedis('/shared', 'POST 2');
  await eventually(async () => (await asker(b)('/shared')).text !== 'GET 1');
  t.match(await asker(b)('/shared'), { text: 'POST 2', cacheStatus: /hit/ });
  t.equal(origin.requests.length, 2);
});

t.test('nothing is stored while Redis cannot take the invalidation', async (t) => {
  const own = await startRedis();
  t.teardown(() => own.stop());
  const document = `redis: { url: '${own.url}', namespace: down }\n${ROUTES}`;
  const { sidecar } = await start(t, document, here);
  const ask = asker(sidecar);
  await own.kill();
  t.match(await ask('/a', 'POST'), { text: 'POST 1', cacheStatus: /stored/ }, 'it is not known yet');
  await pause(50);
  t.match(await ask('/a'), { text: 'GET 2', cacheStatus: /fwd=uri-miss/ });
});

t.test('why not', async (t) => {
  const document =
    'routes: [{ match: "/silent/*", ttl: 60s }, { match: "/*", ttl: 60s, post: true, max-body: 5B }]\n';
  const { ask, origin } = await start(t, document, here);
  const post = async (path: string, headers = {}) =>
    (await ask(path, { method: 'POST', headers: { host: 'a.test', ...headers } })).cacheStatus;
  const ROWS: readonly [path: string, expect: RegExp, handler?: OriginHandler, headers?: object][] = [
    ['/silent/a', /^cacheside; fwd=method; fwd-status=200$/],
    ['/a', /fwd=method; fwd-status=200; detail=content-location$/, (_req, res) => void res.end('a')],
    ['/b', /detail=too-large/],
    ['/c', /detail="unkeyed-field x-shade"$/, here, { 'x-shade': 'blue' }],
    ['/d', /detail=cookie$/, here, { cookie: 'a=b' }],
    ['/e', /fwd-status=404; detail=status$/, (_req, res) => void res.writeHead(404).end()],
  ];
  for (const [path, expect, handler = here, headers = {}] of ROWS) {
    origin.handler = handler;
    t.match(await post(path, headers), expect, path);
    origin.handler = (_req, res) => void res.end('got');
    t.match(
      await ask(path, { headers: { host: 'a.test' } }),
      { text: 'got', cacheStatus: /fwd=uri-miss/ },
      path,
    );
  }
});

t.test('a response that breaks off, or is longer than it may be, leaves nothing', async (t) => {
  const document = 'routes: [{ match: "/*", post: true, max-body: 8B }]\n';
  const { ask, origin } = await start(t, document, here);
  const head = { 'cache-control': 'max-age=60', 'content-location': '/a' };
  origin.handler = (_req, res) => {
    res.writeHead(200, { ...head, 'content-length': 8 }).write('half');
    setImmediate(() => res.destroy());
  };
  await t.rejects(ask('/a', { method: 'POST' }));
  origin.handler = (_req, res) => {
    res.writeHead(200, head).write('more ');
    res.end('than eight');
  };
  t.match(await ask('/a', { method: 'POST' }), { text: 'more than eight' });
  origin.handler = (_req, res) => void res.setHeader('cache-control', 'max-age=60').end('got');
  const together = await Promise.all([ask('/a'), ask('/a')]);
  const statuses = together.map(({ text, cacheStatus }) => `${text} ${cacheStatus}`).join();
  t.match(statuses, /got cacheside; fwd=uri-miss; fwd-status=200; stored/);
  t.match(statuses, /collapsed/, 'and nobody is told not to wait');
});

t.test('a client that leaves does not take it along', async (t) => {
  const { origin, sidecar } = await start(t, ROUTES, here);
  let goOn = () => {};
  origin.handler = (_req, res) => {
    res.writeHead(200, { 'cache-control': 'max-age=60', 'content-location': '/a', 'content-length': 5 });
    res.write('wh');
    goOn = () => void res.end('ole');
  };
  const client = sidecar.connect();
  client.send('POST /a HTTP/1.1\r\nHost: a.test\r\nContent-Length: 0\r\n\r\n');
  await client.until(/wh$/);
  client.socket.destroy();
  await pause(20);
  goOn();
  await pause(20);
  origin.handler = here;
  t.match(await asker(sidecar)('/a'), { text: 'whole', cacheStatus: /hit/ });
});

t.test('variants', async (t) => {
  const { sidecar } = await start(t, ROUTES, (req, res, count) => {
    res.setHeader('vary', 'accept-language');
    here(req, res, count);
  });
  const ask = asker(sidecar);
  await ask('/a', 'POST', { 'accept-language': 'de' });
  t.match(await ask('/a', 'GET', { 'accept-language': 'de' }), { text: 'POST 1', cacheStatus: /hit/ });
  t.match(await ask('/a', 'GET', { 'accept-language': 'fr' }), { text: 'GET 2', cacheStatus: /vary-miss/ });
});

t.test('under the key and the route of a GET', async (t) => {
  const document = `routes:
  - { name: read, match: "GET /a", key: { headers: [x-shade] }, tags: [read] }
  - { name: write, match: "/*", post: true, purge: [read] }
`;
  const { sidecar } = await start(t, document, here);
  const ask = asker(sidecar);
  await ask('/a', 'POST', { 'x-shade': 'blue' });
  t.match(await ask('/a', 'GET', { 'x-shade': 'blue' }), { text: 'POST 1', cacheStatus: /hit/ });
  t.match(await ask('/a', 'GET', { 'x-shade': 'red' }), { text: 'GET 2' });
  await sidecar.purge({ tag: 'read' });
  t.match(await ask('/a', 'GET', { 'x-shade': 'blue' }), { text: 'GET 3' });
});

t.test('a purge that comes between its sending and its storing holds', async (t) => {
  for (const tiers of TIERS) {
    for (const [id, moment] of [
      ['before the head', 0],
      ['before the end', 1],
    ] as const) {
      const { origin, sidecar } = await start(t, tiersOf(tiers, redis) + ROUTES, here);
      const ask = asker(sidecar);
      let goOn = () => {};
      origin.handler = (_req, res) => {
        const begin = () => {
          res.writeHead(200, {
            'cache-control': 'max-age=60',
            'content-location': '/a',
            'content-length': 3,
          });
          res.write('o');
        };
        if (moment === 1) begin();
        goOn = () => {
          if (moment === 0) begin();
          res.end('ld');
        };
      };
      const posting = ask('/a', 'POST');
      await origin.received(1);
      await pause(30);
      await sidecar.purge({ url: '/a' });
      goOn();
      t.match(await posting, { text: 'old' });
      await pause(30);
      origin.handler = here;
      t.match(await ask('/a'), { text: 'GET 2', cacheStatus: /fwd=uri-miss/ }, `${id}, ${tiers}`);
    }
  }
});
