import t from 'tap';
import { startOrigin } from '../fixtures/origin.ts';
import { startRedis } from '../fixtures/redis-server.ts';
import { startSidecar } from '../fixtures/sidecar.ts';
import { pause, start } from '../proxy/start.ts';

const HOST = { headers: { host: 'shop.test' } };

t.test('a hard purge between the look and the request leaves nothing to validate', async (t) => {
  const redis = await startRedis();
  t.teardown(() => redis.kill());
  let body = 'corrupt';
  const document = `redis: { url: "${redis.url}", command-timeout: 400ms }\nroutes: [{ match: "/*", ttl: 50ms }]\n`;
  const { ask, sidecar } = await start(t, document, (req, res) => {
    res.setHeader('etag', '"same"');
    if (req.headers['if-none-match'] === '"same"') res.writeHead(304).end();
    else res.end(body);
  });
  await ask('/a', HOST);
  await pause(80);
  redis.pause();
  // It saw the stale response in memory and now waits for Redis.
  const waiting = ask('/a', HOST);
  await pause(50);
  body = 'mended';
  const purged = sidecar.purge({ all: true });
  t.equal((await waiting).status, 200);
  redis.resume();
  await purged;
  t.equal((await ask('/a', HOST)).text, 'mended', 'under the same ETag, as the operator meant it');
});

t.test('stale-if-error is over when its window closes while the upstream is asked', async (t) => {
  for (const [held, status] of [
    [0, 200],
    [700, 503],
  ] as const) {
    t.test(`the upstream fails after ${held} ms`, async (t) => {
      const route = 'routes: [{ match: "/*", ttl: 50ms, stale-if-error: 600ms }]\n';
      const { ask } = await start(t, route, (_req, res, count) => {
        if (count === 1) return void res.end('old');
        setTimeout(() => res.writeHead(503).end('down'), held);
      });
      await ask('/a');
      await pause(80);
      t.equal((await ask('/a')).status, status);
    });
  }
});

t.test('a body that no tier can take is no reason to queue', async (t) => {
  const document = 'memory: 1MiB\nroutes: [{ match: "/*", ttl: 60s, max-body: 2MiB }]\n';
  const { ask, origin } = await start(t, document, () => {});
  /** Ten ask; the upstream ends no answer but the leader's before so many are under way at once. */
  const askTen = async (leaders: number, together: number) => {
    const held: (() => void)[] = [];
    let count = 0;
    origin.handler = (_req, res) => {
      res.write(Buffer.alloc(600 * 1024));
      if (++count <= leaders) return void setTimeout(() => res.end(), 100);
      held.push(() => res.end());
      if (held.length === together) for (const end of held) end();
    };
    await Promise.all(Array.from({ length: 10 }, () => ask('/a')));
    t.equal(count, 10);
  };
  await t.resolves(askTen(1, 9), 'all followers went on their own at once');
  await t.resolves(askTen(0, 10), 'and it is remembered');
});

t.test('finding a purged copy in memory does not take from Redis what others renewed', async (t) => {
  const redis = await startRedis();
  t.teardown(() => redis.kill());
  const origin = await startOrigin((_req, res, count) => void res.end(`answer ${count}`));
  t.teardown(() => origin.close());
  const document = `redis: "${redis.url}"\nroutes: [{ match: "/*", ttl: 60s }]\n`;
  const [a, b, c] = await Promise.all([1, 2, 3].map(() => startSidecar(origin.url, document)));
  if (a === undefined || b === undefined || c === undefined) throw new Error('three were asked for');
  t.teardown(() => Promise.all([a, b, c].map((sidecar) => sidecar.close())));
  const positions = async () =>
    Promise.all(
      [a, b, c].map(async (one) => JSON.parse((await one.admin('/stats')).text).purges.applied as number),
    );
  await a.ask('/a', HOST);
  await pause(50);
  await b.ask('/a', HOST);
  await c.ask('/a', HOST);
  t.equal(origin.requests.length, 1);
  const before = Math.max(...(await positions()));
  await a.purge({ all: true });
  for (let all = false; !all; ) all = (await positions()).every((position) => position > before);
  for (const sidecar of [a, b, c]) {
    t.equal((await sidecar.ask('/a', HOST)).text, 'answer 2');
    await pause(50);
  }
  t.equal(origin.requests.length, 2, 'one upstream request for all three');
});

t.test('a fill that took long does not replace one that began after it', async (t) => {
  const route = 'routes: [{ match: "/*", ttl: 60s, collapse-timeout: 50ms }]\n';
  let release = () => {};
  const { ask, origin } = await start(t, route, (_req, res, count) => {
    if (count > 1) return void res.end('newer');
    res.write('ol');
    release = () => res.end('der');
  });
  const first = ask('/a');
  await origin.received(1);
  t.equal((await ask('/a')).text, 'newer');
  t.equal((await ask('/a')).text, 'newer');
  release();
  t.equal((await first).text, 'older');
  t.equal((await ask('/a')).text, 'newer');
});

t.test('a 304 that speaks of another response is not taken for an answer', async (t) => {
  const route = 'routes: [{ match: "/*", ttl: 50ms }]\n';
  const { ask } = await start(t, route, (req, res, count) => {
    if (req.headers['if-none-match'] !== undefined) return void res.writeHead(304, { etag: '"other"' }).end();
    res.setHeader('etag', `"${count}"`);
    res.end(`answer ${count}`);
  });
  await ask('/a');
  await pause(80);
  t.equal((await ask('/a')).text, 'answer 3');
});
