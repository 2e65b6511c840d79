import { once } from 'node:events';
import { createServer } from 'node:net';
import t, { type Test } from 'tap';
import { eventually } from '../fixtures/eventually.ts';
import { type OriginHandler, startOrigin } from '../fixtures/origin.ts';
import { freePort, startRedis } from '../fixtures/redis-server.ts';
import { type Answer, startSidecar } from '../fixtures/sidecar.ts';
import { isSettled, settled, statsOf, untilStats } from '../fixtures/stats.ts';
import { pause } from '../proxy/start.ts';
import { startOutside } from './outside.ts';

/** What Redis is given to answer, ms: what a request may wait for it at most. */
const COMMAND_TIMEOUT = 200;
/** What a machine busy with other tests may add, ms. */
const ROOM = 1_500;
const HOST = { headers: { host: 'shop.test' } };
const answerWithCount: OriginHandler = (_req, res, count) => void res.end(`answer ${count}`);

const documentFor = (url: string, more = '', route = 'ttl: 60s') =>
  `redis: { url: "${url}", command-timeout: ${COMMAND_TIMEOUT}ms, connect-timeout: 500ms }\n${more}\nroutes: [{ match: "/*", ${route} }]\n`;

async function startAll(t: Test, handler: OriginHandler = answerWithCount, args: readonly string[] = []) {
  const outside = await startOutside(t, handler, args);
  const { redis, origin } = outside;
  const sidecar = async (more?: string, route?: string) => {
    const started = await startSidecar(origin.url, documentFor(redis.url, more, route));
    t.teardown(() => started.close());
    return started;
  };
  return { ...outside, sidecar };
}

async function timed(ask: () => Promise<Answer>): Promise<{ answer: Answer; took: number }> {
  const began = performance.now();
  const answer = await ask();
  return { answer, took: performance.now() - began };
}

await t.test('hung under load', async (t) => {
  const { redis, origin, sidecar: start } = await startAll(t);
  const sidecar = await start('memory: off');
  t.teardown(() => redis.resume());
  await sidecar.ask('/warm', HOST);
  await untilStats(sidecar, ({ redis: { sets } }) => sets === 1);
  t.match(await sidecar.ask('/warm', HOST), { cacheStatus: /detail=redis/ });
  const load = async (name: string): Promise<number> => {
    const all = await Promise.all(
      Array.from({ length: 200 }, (_, i) => timed(() => sidecar.ask(`/${name}/${i}`, HOST))),
    );
    t.ok(all.every(({ answer }) => answer.status === 200));
    const sorted = all.map(({ took }) => Math.round(took)).sort((a, b) => a - b);
    t.comment(`${name}: p50 ${sorted[99]} ms, p99 ${sorted[197]} ms`);
    return sorted[197] ?? 0;
  };
  await load('connect');
  const usual = await load('usual');
  redis.pause();
  const hung = await load('hung');
  t.ok(hung < 2 * usual + COMMAND_TIMEOUT + ROOM, `p99 ${hung} ms`);
  await untilStats(sidecar, ({ redis: { state } }) => state !== 'ready');
  const before = await statsOf(sidecar);
  const after = await Promise.all(Array.from({ length: 100 }, (_, i) => sidecar.ask(`/after/${i}`, HOST)));
  t.ok(after.every(({ status, cacheStatus }) => status === 200 && !cacheStatus.includes('redis')));
  t.equal((await statsOf(sidecar)).redis.timeouts, before.redis.timeouts, 'nobody asks it any more');
  redis.resume();
  await settled(sidecar);
  t.match(await sidecar.ask('/warm', HOST), { cacheStatus: /detail=redis/ });
  t.equal(origin.requests.filter(({ url }) => url === '/warm').length, 1);
});

await t.test('killed, and started again', async (t) => {
  const { redis, origin, sidecar: start } = await startAll(t);
  const sidecar = await start('memory: off');
  await sidecar.ask('/a', HOST);
  await untilStats(sidecar, ({ redis: { sets } }) => sets === 1);
  await redis.kill();
  const answers = await Promise.all(Array.from({ length: 50 }, (_, i) => sidecar.ask(`/b/${i}`, HOST)));
  t.ok(answers.every(({ status }) => status === 200));
  t.match(await sidecar.ask('/a', HOST), { status: 200 });
  await redis.restart();
  await settled(sidecar);
  const count = origin.requests.length;
  const { sets } = (await statsOf(sidecar)).redis;
  await sidecar.ask('/c', HOST);
  await untilStats(sidecar, (now) => now.redis.sets === sets + 1);
  t.match(await sidecar.ask('/c', HOST), { cacheStatus: /detail=redis/ });
  t.equal(origin.requests.length, count + 1);
});

await t.test('full, and evicting nothing', async (t) => {
  const { client, sidecar: start } = await startAll(
    t,
    (req, res) => {
      res.end(req.url === '/small' ? 'small' : Buffer.alloc(50_000, 'x'));
    },
    ['--maxmemory-policy', 'noeviction'],
  );
  const sidecar = await start('memory: off');
  await sidecar.ask('/small', HOST);
  await untilStats(sidecar, ({ redis: { sets } }) => sets === 1);
  await client.config('SET', 'maxmemory', '1mb');
  const answers = await Promise.all(Array.from({ length: 40 }, (_, i) => sidecar.ask(`/${i}`, HOST)));
  t.ok(answers.every(({ status }) => status === 200));
  await eventually(() => sidecar.log.some((line) => JSON.stringify(line).includes('OOM')));
  t.match(await sidecar.ask('/small', HOST), { text: 'small', cacheStatus: /detail=redis/ }, 'reads go on');
  t.match(await sidecar.purge({ url: '/small' }), { status: 202 }, 'which Redis has no room for');
  t.notMatch((await sidecar.ask('/small', HOST)).cacheStatus, /hit/);
  await client.config('SET', 'maxmemory', '0');
  await untilStats(sidecar, (now) => isSettled(now) && now.purges.pending === 0);
  t.notMatch((await sidecar.ask('/small', HOST)).cacheStatus, /hit/, 'its purge is in the log now');
});

await t.test('values that somebody else altered are misses, and removed', async (t) => {
  const { client, origin, sidecar: start } = await startAll(t, (req, res) => void res.end(`of ${req.url}`));
  const sidecar = await start('memory: off');
  const nameOf = (path: string) => `cacheside:r:http://shop.test${path}`;
  const read = async (path: string): Promise<Buffer> => {
    const value = await client.getBuffer(nameOf(path));
    if (value === null) throw new Error(`nothing under ${nameOf(path)}`);
    return value;
  };
  const alterations: Record<string, (path: string) => Promise<unknown>> = {
    truncated: async (path) => client.set(nameOf(path), (await read(path)).subarray(0, -7)),
    empty: (path) => client.set(nameOf(path), ''),
    'one bit flipped': async (path) => {
      const value = await read(path);
      value.writeUInt8(value.readUInt8(value.length - 8) ^ 1, value.length - 8);
      await client.set(nameOf(path), value);
    },
    'of a later version': async (path) => {
      const value = await read(path);
      value.writeUInt8(99, 2);
      await client.set(nameOf(path), value);
    },
    'copied from another key': async (path) => client.set(nameOf(path), await read('/other')),
    'of another type': async (path) => {
      await client.del(nameOf(path));
      await client.lpush(nameOf(path), 'x');
    },
  };
  await sidecar.ask('/other', HOST);
  let sets = 1;
  for (const [id, alter] of Object.entries(alterations)) {
    const path = `/${id.replaceAll(' ', '-')}`;
    await sidecar.ask(path, HOST);
    sets++;
    await untilStats(sidecar, ({ redis }) => redis.sets === sets);
    await alter(path);
    const { corrupt } = (await statsOf(sidecar)).redis;
    t.match(
      await sidecar.ask(path, HOST),
      { status: 200, text: `of ${path}`, cacheStatus: /fwd=uri-miss/ },
      id,
    );
    if (id !== 'of another type') t.equal((await statsOf(sidecar)).redis.corrupt, corrupt + 1, id);
    sets++;
    await untilStats(sidecar, ({ redis }) => redis.sets === sets);
    t.match(await sidecar.ask(path, HOST), { cacheStatus: /hit.*redis/ }, `${id}: mended`);
    t.equal(origin.requests.filter(({ url }) => url === path).length, 2, id);
  }
});

await t.test('connections cut again and again', async (t) => {
  const { client, sidecar: start } = await startAll(t);
  const sidecar = await start('memory: off');
  let storm = true;
  const cutting = (async () => {
    while (storm) {
      await client.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
      await pause(20);
    }
  })();
  const slow: number[] = [];
  for (let round = 0; round < 12; round++) {
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, i) => timed(() => sidecar.ask(`/${round % 3}/${i}`, HOST))),
    );
    for (const { answer, took } of answers) {
      if (answer.status !== 200) t.fail(`${answer.status} ${answer.text}`);
      slow.push(took);
    }
    if (round % 5 === 0) {
      const { status } = await sidecar.purge({ url: '/0/0' });
      t.ok(status === 200 || status === 202);
    }
  }
  t.ok(Math.max(...slow) < COMMAND_TIMEOUT + ROOM, `slowest ${Math.max(...slow)} ms`);
  storm = false;
  await cutting;
  await untilStats(sidecar, (now) => isSettled(now) && now.purges.pending === 0);
  const answer = await sidecar.ask('/last', HOST);
  t.equal(answer.status, 200);
});

// Without load, these wait most of the time.
t.jobs = 4;

t.test('no Redis at the start', async (t) => {
  const silent = createServer(() => {}).listen(0, '127.0.0.1');
  await once(silent, 'listening');
  t.teardown(() => silent.close());
  const address = silent.address();
  const silentPort = typeof address === 'object' ? address?.port : undefined;
  for (const [id, port] of [
    ['refuses', await freePort()],
    ['takes connections and says nothing', silentPort],
  ] as const) {
    t.test(id, async (t) => {
      const origin = await startOrigin(answerWithCount);
      t.teardown(() => origin.close());
      const began = performance.now();
      const sidecar = await startSidecar(origin.url, documentFor(`redis://127.0.0.1:${port}`));
      t.teardown(() => sidecar.close());
      t.match(await sidecar.ask('/a'), { status: 200, text: 'answer 1' });
      t.ok(performance.now() - began < 1_000 + ROOM, `${Math.round(performance.now() - began)} ms`);
      t.match(await sidecar.ask('/a'), { text: 'answer 1', cacheStatus: /hit/ });
      t.equal((await sidecar.admin('/readyz')).status, 200, 'degraded is ready');
      t.match(await sidecar.purge({ all: true }), { status: 202 });
      t.match(await sidecar.ask('/a'), { text: 'answer 2' });
    });
  }
});

t.test('it comes up later', async (t) => {
  const port = await freePort();
  const origin = await startOrigin(answerWithCount);
  t.teardown(() => origin.close());
  const sidecar = await startSidecar(origin.url, documentFor(`redis://127.0.0.1:${port}`));
  t.teardown(() => sidecar.close());
  t.match(await sidecar.purge({ tag: 'x' }), { status: 202 });
  const redis = await startRedis({ port });
  t.teardown(() => redis.kill());
  await untilStats(sidecar, (now) => isSettled(now) && now.purges.pending === 0);
  await sidecar.ask('/a');
  await untilStats(sidecar, ({ redis: { sets } }) => sets === 1);
});

t.test('a wrong password', async (t) => {
  const redis = await startRedis({ args: ['--requirepass', 'right'] });
  t.teardown(() => redis.kill());
  for (const user of ['', ':wrong@', 'nobody:wrong@']) {
    t.test(user === '' ? 'none' : user, async (t) => {
      const origin = await startOrigin(answerWithCount);
      t.teardown(() => origin.close());
      const sidecar = await startSidecar(origin.url, documentFor(redis.url.replace('://', `://${user}`)));
      t.teardown(() => sidecar.close());
      const { answer, took } = await timed(() => sidecar.ask('/a'));
      t.match(answer, { status: 200 });
      t.ok(took < COMMAND_TIMEOUT + ROOM);
      t.match(await sidecar.ask('/a'), { cacheStatus: /hit/ });
      t.equal((await sidecar.admin('/readyz')).status, 200);
      t.match(await sidecar.purge({ all: true }), { status: 202 });
      t.match(await statsOf(sidecar), { purges: { trusted: false, pending: 1 } });
      await eventually(() => sidecar.log.some((line) => /NOAUTH|WRONGPASS|auth/i.test(JSON.stringify(line))));
      t.notMatch(JSON.stringify(sidecar.log), /wrong@|"wrong"/, 'and the password is not told');
    });
  }
});

t.test('a hit from Redis after a restart goes on in its age', async (t) => {
  const { origin, sidecar: start } = await startAll(t, (_req, res, count) => {
    res.setHeader('age', '100');
    res.setHeader('cache-control', 'max-age=103, stale-while-revalidate=0');
    res.end(`answer ${count}`);
  });
  const first = await start();
  await first.ask('/a', HOST);
  const stored = performance.now();
  await untilStats(first, ({ redis: { sets } }) => sets === 1);
  await first.close();
  await pause(1_100);
  const second = await start();
  const hit = await second.ask('/a', HOST);
  t.match(hit, { text: 'answer 1', cacheStatus: /hit; ttl=\d; detail=redis/ });
  t.ok(Number(hit.headers.age) >= 101);
  const again = await second.ask('/a', HOST);
  t.match(again, { text: 'answer 1', cacheStatus: /detail=memory/ });
  t.ok(Number(again.headers.age) >= Number(hit.headers.age));
  await pause(Math.max(0, 3_050 - (performance.now() - stored)));
  t.match(await second.ask('/a', HOST), { text: 'answer 2' }, 'promotion gave it no second life');
  t.equal(origin.requests.length, 2);
});
