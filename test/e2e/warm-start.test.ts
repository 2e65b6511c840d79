import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Redis } from 'ioredis';
import t, { type Test } from 'tap';
import { hangUp } from '../../scripts/demo/request.ts';
import { startCacheside, until } from '../fixtures/cacheside.ts';
import { startNode } from '../fixtures/node-process.ts';
import { startOrigin } from '../fixtures/origin.ts';
import { startCluster } from '../fixtures/redis-cluster.ts';
import { freePort, startRedis } from '../fixtures/redis-server.ts';
import { startSidecar } from '../fixtures/sidecar.ts';
import { startTcpProxy } from '../fixtures/tcp-proxy.ts';

t.teardown(hangUp);

const folder = await mkdtemp(join(tmpdir(), 'cacheside-warm-'));
t.teardown(() => rm(folder, { recursive: true, force: true }));
const redis = await startRedis();
t.teardown(() => redis.stop());
const client = new Redis(redis.url);
t.teardown(() => client.disconnect());

const origin = await startOrigin((req, res) => {
  res.sendDate = false;
  if (req.url?.startsWith('/varied')) {
    res.setHeader('Vary', 'Accept-Language');
    return void res.end(`${req.url} in ${req.headers['accept-language']}`);
  }
  res.end(req.url?.startsWith('/large') ? 'x'.repeat(100_000) : `body of ${req.url}`);
});
t.teardown(() => origin.close());

const documentFor = (url: string, warmStart: string, more = '') => `redis:
  url: ${url}
  warm-start: ${warmStart}
${more}routes:
  - match: /*
    ttl: 10m
`;

// Takes two seconds to come up, in which others are tested.
const starting = startCluster();
t.teardown(async () => (await starting).close());

/** Asks for all of these over and over on one connection: about one use in 64 is counted. */
async function useOften(
  url: string,
  paths: readonly string[],
  fields: Readonly<Record<string, string>> = {},
): Promise<void> {
  const { hostname, port } = new URL(url);
  const headers = Object.entries({ host: 'shop.test', ...fields }).map(
    ([name, value]) => `${name}: ${value}`,
  );
  const ask = (path: string, more = '') => `GET ${path} HTTP/1.1\r\n${headers.join('\r\n')}\r\n${more}\r\n`;
  const socket = connect(Number(port), hostname).resume();
  socket.write(
    paths
      .map((path) => ask(path))
      .join('')
      .repeat(600),
  );
  socket.write(ask(paths[0] ?? '/', 'connection: close\r\n'));
  await once(socket, 'close');
}

await t.test(
  'a replica that starts has what was used most in memory, and nothing that was purged',
  async (t) => {
    const file = join(folder, 'cacheside.yaml');
    await writeFile(file, `upstream: ${origin.url}\n${documentFor(redis.url, '{keys: 8, within: 5s}')}`);
    const start = () => startCacheside(['-c', file], { host: 'shop.test' });
    const before = await start();
    t.teardown(() => before.stop());
    const german = { headers: { 'accept-language': 'de' } };
    const often = Array.from({ length: 4 }, (_, i) => `/often/${i}`);
    for (const path of often) await before.get(path);
    await before.get('/varied', german);
    await useOften(before.url, [...often, '/varied'], german.headers);
    for (let i = 0; i < 20; i++) await before.get(`/once/${i}`);
    t.equal(await before.stop(), 0, 'ends in order');
    t.equal((await client.keys('cacheside:used:*')).length, 1, 'what was used most is remembered');

    const elsewhere = await startSidecar(origin.url, `redis: "${redis.url}"\n`);
    t.match(await elsewhere.purge({ url: 'http://shop.test/often/3' }), { status: 200 });
    await elsewhere.close();

    const asked = origin.requests.length;
    const after = await start();
    t.teardown(() => after.stop());
    const fromMemory = /^cacheside; hit; ttl=\d+; detail=memory$/;
    for (const path of ['/often/0', '/often/1', '/often/2']) {
      t.match(await after.get(path), { status: 200, text: `body of ${path}`, cacheStatus: fromMemory });
    }
    t.match(await after.get('/varied', german), { text: '/varied in de', cacheStatus: fromMemory });
    t.equal(origin.requests.length, asked, 'the upstream was not asked');
    t.match(await after.get('/once/19'), { cacheStatus: /detail=redis/ }, 'seldom used: from Redis');
    t.match(await after.get('/often/3'), { cacheStatus: /fwd=uri-miss/ }, 'purged while nobody was there');
    t.equal(origin.requests.length, asked + 1);
    t.ok(await after.child.line(/"msg":"warm start: fetching what is used most from Redis"/));
    const [over] = await after.child.line(/\{.*"msg":"warm start: over, [^"]+"\}/);
    t.match(JSON.parse(over), { warmStart: { fetched: Number, purged: 1, failed: 0, end: /^(all|keys)$/ } });
  },
);

const FOUR_DAYS = 4 * 24 * 60 * 60_000;

const LARGE = 120;

/** Leaves responses of 100 kB in Redis and nothing else, remembered as used. */
async function leave(t: Test): Promise<void> {
  await client.flushall();
  const sidecar = await startSidecar(origin.url, `redis: "${redis.url}"\nroutes: [{match: /*, ttl: 10m}]\n`);
  await Promise.all(
    Array.from({ length: LARGE }, (_, i) => sidecar.ask(`/large/${i}`, { headers: { host: 'shop.test' } })),
  );
  await sidecar.close();
  const keys = await client.keys('cacheside:r:*');
  t.equal(keys.length, LARGE);
  const set = `cacheside:used:${Math.floor(Date.now() / FOUR_DAYS)}`;
  for (const key of keys) await client.zadd(set, 1, key.slice('cacheside:r:'.length));
}

const readyz = async (sidecar: Awaited<ReturnType<typeof startSidecar>>) => {
  const { status, text } = await sidecar.admin('/readyz');
  return { code: status, ...JSON.parse(text) } as {
    code: number;
    status: string;
    warmStart?: { fetched: number; of: number };
  };
};

/** A sidecar whose Redis, with much to fetch, is far away. */
async function startFar(t: Test, warmStart: string) {
  const link = await startTcpProxy(redis.port);
  t.teardown(() => link.close());
  link.slow(10);
  const url = `redis://127.0.0.1:${link.port}`;
  const sidecar = await startSidecar(origin.url, documentFor(url, warmStart, '  command-timeout: 2s\n'));
  t.teardown(() => sidecar.close());
  return { link, sidecar };
}

await t.test('it serves at once, and is ready when it is warm', async (t) => {
  await leave(t);
  const { sidecar } = await startFar(t, 'true');
  t.match(await sidecar.ask('/while-starting'), { status: 200 });
  const seen: number[] = [];
  await until(async () => {
    const { warmStart, ...now } = await readyz(sidecar);
    if (warmStart === undefined) return now.status === 'ready';
    t.match(now, { code: 503, status: 'starting' });
    t.match(warmStart, { fetched: Number, of: Number });
    seen.push(warmStart.fetched);
    return false;
  });
  t.ok(new Set(seen).size > 2, `its progress was seen: ${seen}`);
  t.match(await readyz(sidecar), { warmStart: undefined });
  const { memory } = JSON.parse((await sidecar.admin('/stats')).text);
  t.ok(memory.bytes > LARGE * 100_000);
  const asked = origin.requests.length;
  const answer = await sidecar.ask('/large/119', { headers: { host: 'shop.test' } });
  t.match(answer.cacheStatus, /detail=memory/);
  t.equal(origin.requests.length, asked);
});

await t.test('a Redis that hangs meanwhile does not keep it from getting ready in time', async (t) => {
  const { link, sidecar } = await startFar(t, '{keys: 1000, within: 400ms}');
  const began = performance.now();
  link.stall();
  t.match(await readyz(sidecar), { status: /starting/ });
  await until(async () => (await sidecar.admin('/readyz')).status === 200);
  const took = performance.now() - began;
  t.ok(took > 200 && took < 1_800, `${Math.round(took)} ms`);
  t.match(await sidecar.ask('/while-hung'), { status: 200 });
  await link.restore();
});

// These leave alone what is in Redis, and wait most of the time.
t.jobs = 3;

t.test('without Redis at start it is over at once', async (t) => {
  const port = await freePort();
  const file = join(folder, 'without.yaml');
  await writeFile(
    file,
    `upstream: ${origin.url}\nredis: {url: 'redis://127.0.0.1:${port}', warm-start: true}\n`,
  );
  const began = performance.now();
  const cacheside = await startCacheside(['-c', file]);
  t.teardown(() => cacheside.stop());
  t.ok(performance.now() - began < 4_500, 'it did not wait for `within`');
  t.ok(await cacheside.child.line(/warm start: over, Redis cannot be read/));
});

t.test('SIGTERM ends it', async (t) => {
  const link = await startTcpProxy(redis.port);
  t.teardown(() => link.close());
  link.slow(40);
  const file = join(folder, 'stopped.yaml');
  await writeFile(
    file,
    `upstream: ${origin.url}
redis: {url: 'redis://127.0.0.1:${link.port}', command-timeout: 2s, warm-start: {keys: 1000, within: 20s}}
`,
  );
  const bin = fileURLToPath(new URL('../../bin/cacheside', import.meta.url));
  const listening = ['--listen', `127.0.0.1:${await freePort()}`, '--admin-listen', 'off'];
  const child = startNode([bin, '-c', file, ...listening]);
  t.teardown(() => child.stop());
  await child.line(/cacheside \S+: http/);
  await child.line(/warm start: fetching/);
  const began = performance.now();
  child.signal('SIGTERM');
  t.equal(await child.exited, 0);
  t.ok(performance.now() - began < 6_000);
  t.ok(await child.line(/warm start: over, Cacheside is stopping/));
});

t.test('from a Cluster as well', async (t) => {
  const cluster = await starting;
  const start = () => startSidecar(origin.url, documentFor(cluster.url, 'true'));
  const paths = Array.from({ length: 6 }, (_, i) => `/spread/${i}`);
  const ask = (sidecar: Awaited<ReturnType<typeof start>>, path: string) =>
    sidecar.ask(path, { headers: { host: 'shop.test' } });
  const before = await start();
  await until(async () => (await readyz(before)).status === 'ready');
  for (const path of paths) await ask(before, path);
  await useOften(before.url, paths);
  await before.close();
  const after = await start();
  t.teardown(() => after.close());
  await until(async () => (await readyz(after)).code === 200);
  const asked = origin.requests.length;
  for (const path of paths) t.match((await ask(after, path)).cacheStatus, /detail=memory/, path);
  t.equal(origin.requests.length, asked);
});
