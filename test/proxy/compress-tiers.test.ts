import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import t from 'tap';
import { startOrigin } from '../fixtures/origin.ts';
import { startRedis } from '../fixtures/redis-server.ts';
import { type Answer, eventually, startSidecar } from '../fixtures/sidecar.ts';
import { start } from './start.ts';

const redis = await startRedis();
t.teardown(() => redis.stop());

const BODY = JSON.stringify(Array.from({ length: 200 }, (_, id) => ({ id, name: `chair ${id}` })));
const BR = { 'accept-encoding': 'br' };
/** One host at both sidecars, and so one key. */
const SHOP_BR = { ...BR, host: 'shop.test' };
const DOCUMENT = `redis: ${redis.url}\nroutes: [{match: /*, ttl: 1m, compress: [br]}]`;

const codingOf = ({ headers }: Answer) => headers['content-encoding'];

t.test('Redis keeps what the upstream sent, and each process codes it for itself', async (t) => {
  const origin = await startOrigin((_req, res) => {
    res.writeHead(200, { 'content-type': 'application/json', etag: '"v1"' });
    res.end(BODY);
  });
  t.teardown(() => origin.close());
  const first = await startSidecar(origin.url, DOCUMENT);
  t.teardown(() => first.close());
  await first.ask('/p', { headers: { host: 'shop.test' } });
  await eventually(async () => codingOf(await first.ask('/p', { headers: SHOP_BR })) === 'br');

  const second = await startSidecar(origin.url, DOCUMENT);
  t.teardown(() => second.close());
  const hasIt = { ...SHOP_BR, 'if-none-match': '"v1;br"' };
  const known = await second.ask('/p', { headers: hasIt });
  t.match(known.cacheStatus, /hit; ttl=\d+; detail=redis/);
  t.same(
    [known.status, known.headers.etag],
    [304, '"v1;br"'],
    'a form of another replica is known by its tag',
  );
  await eventually(async () => codingOf(await second.ask('/p', { headers: SHOP_BR })) === 'br');
  const promoted = await second.ask('/p', { headers: SHOP_BR });
  t.equal(brotliDecompressSync(promoted.body).toString(), BODY);
  t.match(promoted.cacheStatus, /detail=memory/);
  t.equal(origin.requests.length, 1);

  origin.handler = (_req, res) => {
    res.writeHead(200, { 'content-type': 'application/json', etag: '"v2"' });
    res.end(BODY.toUpperCase());
  };
  await first.purge({ prefix: '/p', wait: '2s' });
  const { body, headers } = await second.ask('/p', { headers: SHOP_BR });
  t.same(
    [body.toString(), headers.etag],
    [BODY.toUpperCase(), '"v2"'],
    'a purge takes the coded form with it',
  );
});

t.test('what the upstream codes all the same is for those who said the same', async (t) => {
  const { ask, origin } = await start(
    t,
    'routes: [{match: /*, ttl: 1m, post: true, compress: [br]}]',
    (req, res) => {
      const isGzip = req.method === 'POST' || req.url === '/always';
      const headers = {
        'content-type': 'application/json',
        vary: 'Accept-Encoding',
        'content-location': req.url ?? '',
      };
      const coded = isGzip ? { 'content-encoding': 'gzip' } : {};
      res.writeHead(200, { ...headers, ...coded, 'cache-control': 'max-age=60' });
      res.end(isGzip ? 'as if coded' : BODY);
    },
  );
  const GZIP = { 'accept-encoding': 'gzip' };
  await ask('/always', { headers: GZIP });
  t.match((await ask('/always', { headers: GZIP })).cacheStatus, /hit/);
  t.match((await ask('/always')).cacheStatus, /fwd=vary-miss/);
  await ask('/left', { method: 'POST', headers: GZIP, body: '{}' });
  t.match((await ask('/left', { headers: GZIP })).cacheStatus, /hit/);
  const plain = await ask('/left');
  t.same(
    [plain.text, plain.headers['content-encoding']],
    [BODY, undefined],
    'a POST is asked for as its client asks',
  );
  t.equal(origin.requests.length, 4);
});

t.test('a reload', async (t) => {
  const { ask, sidecar } = await start(t, 'routes: [{match: /*, ttl: 1m, compress: [br]}]', (_req, res) => {
    res.writeHead(200, { 'content-type': 'text/plain' });
    res.end(BODY);
  });
  await ask('/p');
  await eventually(async () => codingOf(await ask('/p', { headers: BR })) === 'br');
  await sidecar.reload('routes: [{match: /*, ttl: 1m}]');
  const off = await ask('/p', { headers: BR });
  t.same([off.text, codingOf(off), off.headers.vary], [BODY, undefined, undefined], 'off');
  t.match(off.cacheStatus, /detail=rule-changed/);
  await sidecar.reload('routes: [{match: /*, ttl: 1m, compress: [gzip]}]');
  await ask('/p');
  const GZIP = { 'accept-encoding': 'gzip, br' };
  await eventually(async () => codingOf(await ask('/p', { headers: GZIP })) === 'gzip');
  t.equal(gunzipSync((await ask('/p', { headers: GZIP })).body).toString(), BODY);
});

t.test('as many as come at once, and each gets what it asked for', async (t) => {
  const { ask, origin } = await start(
    t,
    'routes: [{match: /*, ttl: 1m, compress: [br, gzip]}]',
    (_req, res) => {
      res.writeHead(200, { 'content-type': 'text/plain' });
      res.end(BODY);
    },
  );
  const accepts = ['br', 'gzip', '', 'identity', 'br;q=0, gzip;q=0.1', '*'];
  let coded = 0;
  for (let round = 0; round < 6; round++) {
    await Promise.all(
      Array.from({ length: 30 }, async (_, i) => {
        const accept = accepts[i % accepts.length] ?? '';
        const { body, headers } = await ask('/p', { headers: { 'accept-encoding': accept } });
        const coding = headers['content-encoding'];
        if (coding !== undefined) coded++;
        const decoded =
          coding === 'br' ? brotliDecompressSync(body) : coding === 'gzip' ? gunzipSync(body) : body;
        const isWanted = coding === undefined || accept === '*' || accept.includes(`${coding}`);
        if (decoded.toString() !== BODY || !isWanted || (/br;q=0/.test(accept) && coding === 'br'))
          t.fail(accept);
      }),
    );
  }
  t.ok(coded > 0);
  t.equal(origin.requests.length, 1);
});
