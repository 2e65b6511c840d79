import t, { type Test } from 'tap';
import type { OriginHandler } from '../fixtures/origin.ts';
import { freePort, startRedis } from '../fixtures/redis-server.ts';
import type { Sidecar } from '../fixtures/sidecar.ts';
import { untilStats } from '../fixtures/stats.ts';
import { startTcpProxy, type TcpProxy } from '../fixtures/tcp-proxy.ts';
import { pause, start } from './start.ts';

const LEASE = 5_000;
const CAP = 30_000;
const MINUTE = 60_000;

/** Both clocks of the machine, each of which a test can move; ms. */
function movableClock() {
  const clock = {
    wall: 0,
    ticks: 0,
    now: () => Date.now() + clock.wall,
    monotonic: () => performance.now() + clock.ticks,
    /** Time passes, for both. */
    pass(ms: number) {
      clock.wall += ms;
      clock.ticks += ms;
    },
  };
  return clock;
}

const answerWithCount: OriginHandler = (req, res, count) => {
  res.sendDate = false;
  res.setHeader('etag', '"one"');
  if (req.headers['if-none-match'] === '"one"') return void res.writeHead(304).end();
  res.end(`answer ${count}`);
};

const ROUTES = (more = '') => `
routes:
  - { name: cap, match: "/cap/*", ttl: 10m, stale-while-revalidate: 10m, stale-if-error: 10m${more} }
  - { name: serve, match: "/serve/*", ttl: 10m, beyond-lease: serve }
  - { name: bypass, match: "/bypass/*", ttl: 10m, beyond-lease: bypass }
`;

/** A sidecar whose link to a Redis of its own can be broken. */
async function startLinked(t: Test, handler = answerWithCount, routes = ROUTES()) {
  const redis = await startRedis();
  t.teardown(() => redis.kill());
  const link = await startTcpProxy(redis.port);
  t.teardown(() => link.close());
  const clock = movableClock();
  const document = `
redis: { url: "redis://127.0.0.1:${link.port}", command-timeout: 200ms, connect-timeout: 300ms }
coherence: { lease: ${LEASE}ms, cap: ${CAP}ms }
${routes}`;
  const started = await start(t, document, handler, { clock });
  await trusted(started.sidecar, true);
  return { ...started, clock, link, redis };
}

const trusted = (sidecar: Sidecar, isSo: boolean): Promise<void> =>
  untilStats(sidecar, ({ purges }) => purges.trusted === isSo);

/** Breaks the link for longer than the lease. */
async function goBeyond(
  { sidecar, clock, link }: { sidecar: Sidecar; clock: { pass(ms: number): void }; link: TcpProxy },
  how: 'cut' | 'stall' = 'cut',
): Promise<void> {
  link[how]();
  if (how === 'cut') await trusted(sidecar, false);
  clock.pass(LEASE + 1_000);
}

t.test('within the lease nothing is different', async (t) => {
  const { ask, sidecar, clock, link, origin } = await startLinked(t);
  for (const path of ['/cap/a', '/serve/a', '/bypass/a']) await ask(path);
  link.cut();
  await trusted(sidecar, false);
  clock.pass(LEASE - 2_000);
  for (const path of ['/cap/a', '/serve/a', '/bypass/a']) {
    t.match(await ask(path), { status: 200, cacheStatus: /; hit; .*detail=memory/ }, path);
  }
  t.equal(origin.requests.length, 3);
});

t.test('what a log confirms is trusted however old it is', async (t) => {
  const { ask, sidecar, clock } = await startLinked(t);
  await ask('/cap/a');
  clock.wall += 2 * CAP;
  await pause(20);
  t.match(await ask('/cap/a'), { cacheStatus: /; hit/ });
  t.match(JSON.parse((await sidecar.admin('/stats')).text).purges, { trusted: true });
});

for (const how of ['cut', 'stall'] as const) {
  t.test(`beyond it, the link ${how}: trusted up to the cap, then validated`, async (t) => {
    const all = await startLinked(t);
    const { ask, clock, origin } = all;
    await ask('/cap/a');
    await goBeyond(all, how);
    t.match(
      await ask('/cap/a'),
      { text: 'answer 1', cacheStatus: /; hit; .*detail=memory/ },
      'under the cap',
    );
    clock.pass(CAP);
    const validated = await ask('/cap/a');
    t.match(validated, { status: 200, text: 'answer 1' });
    t.match(validated.cacheStatus, /fwd=stale; fwd-status=304;.* detail=freshened/);
    t.equal(origin.requests.length, 2);
    t.match(
      await ask('/cap/a'),
      { text: 'answer 1', cacheStatus: /; hit; .*detail=memory/ },
      'trusted again',
    );
    clock.pass(CAP + 1);
    t.match(await ask('/cap/a'), { cacheStatus: /fwd=stale/ }, 'up to the cap again');
    t.equal(origin.requests.length, 3);
  });
}

t.test('beyond the cap no stale window is open', async (t) => {
  let mode: 'well' | 'slow' | 'failing' = 'well';
  let release = () => {};
  const all = await startLinked(t, (req, res, count) => {
    if (mode === 'well') return answerWithCount(req, res, count);
    if (mode === 'failing') return void res.writeHead(503).end('failed');
    release = () => res.end('new');
  });
  const { ask, clock, origin } = all;
  await ask('/cap/a');
  clock.wall += 11 * MINUTE;
  t.match(await ask('/cap/a'), { cacheStatus: /detail=while-revalidating/ }, 'open as long as it is heard');
  await origin.received(2);
  clock.wall -= 11 * MINUTE;
  await ask('/cap/b');
  await goBeyond(all);
  clock.pass(11 * MINUTE);
  mode = 'failing';
  t.match(await ask('/cap/b'), { status: 503, text: 'failed' }, 'no stale-if-error');
  mode = 'slow';
  const before = origin.requests.length;
  const waiting = ask('/cap/b');
  await origin.received(before + 1);
  release();
  t.match(await waiting, { text: 'new' }, 'no stale-while-revalidate');
});

t.test('beyond the cap a response without a validator is fetched anew', async (t) => {
  const all = await startLinked(t, (_req, res, count) => {
    res.sendDate = false;
    res.end(`answer ${count}`);
  });
  await all.ask('/cap/a');
  await goBeyond(all);
  all.clock.pass(CAP);
  t.match(await all.ask('/cap/a'), { text: 'answer 2', cacheStatus: /fwd=stale; .*detail=beyond-lease/ });
  t.match(await all.ask('/cap/a'), { text: 'answer 2', cacheStatus: /; hit/ });
});

t.test('many who ask beyond the cap cost one request', async (t) => {
  const all = await startLinked(t);
  await all.ask('/cap/a');
  await goBeyond(all);
  all.clock.pass(CAP);
  const answers = await Promise.all(Array.from({ length: 30 }, () => all.ask('/cap/a')));
  t.ok(answers.every(({ text }) => text === 'answer 1'));
  t.equal(all.origin.requests.length, 2);
});

t.test('serve: as ever', async (t) => {
  const all = await startLinked(t);
  await all.ask('/serve/a');
  await goBeyond(all);
  all.clock.pass(CAP * 2);
  t.match(await all.ask('/serve/a'), { text: 'answer 1', cacheStatus: /; hit/ });
  t.equal(all.origin.requests.length, 1);
});

t.test('bypass: by the cache, and nothing is stored', async (t) => {
  const all = await startLinked(t);
  const { ask, sidecar, link, origin } = all;
  await ask('/bypass/a');
  await goBeyond(all);
  for (const path of ['/bypass/a', '/bypass/b', '/bypass/b']) {
    t.match(await ask(path), { status: 200, cacheStatus: /fwd=bypass; .*detail=beyond-lease/ }, path);
  }
  t.equal(origin.requests.length, 4);
  await link.restore();
  await trusted(sidecar, true);
  t.match(await ask('/bypass/a'), { text: 'answer 1', cacheStatus: /; hit/ }, 'what was stored before');
  t.match(await ask('/bypass/b'), { text: 'answer 5', cacheStatus: /fwd=uri-miss; .*stored/ });
});

t.test('a write through a sidecar beyond its lease still purges here', async (t) => {
  const all = await startLinked(
    t,
    (req, res, count) => {
      res.sendDate = false;
      res.end(`${req.method} ${count}`);
    },
    ROUTES(', tags: [caps], purge: [caps]'),
  );
  await all.ask('/cap/a');
  await goBeyond(all);
  await all.ask('/cap/b', { method: 'PUT' });
  t.match(await all.ask('/cap/a'), { text: 'GET 3', cacheStatus: /detail=purged/ });
});

t.test('the log is confirmed again: all of it is trusted again, but what was purged', async (t) => {
  const all = await startLinked(t);
  const { ask, sidecar, clock, link, redis, origin } = all;
  await ask('/cap/a');
  await ask('/cap/purged');
  await goBeyond(all);
  clock.pass(2 * CAP);
  const other = await start(t, `redis: { url: "${redis.url}" }\n${ROUTES()}`, answerWithCount);
  await trusted(other.sidecar, true);
  t.match(await other.sidecar.purge({ url: `${sidecar.url}/cap/purged` }), { status: 200 });
  await link.restore();
  await trusted(sidecar, true);
  t.match(await ask('/cap/a'), { text: 'answer 1', cacheStatus: /; hit/ });
  t.match(await ask('/cap/purged'), { text: 'answer 3', cacheStatus: /detail=purged/ });
  t.equal(origin.requests.length, 3);
});

t.test('without Redis nobody is ever beyond', async (t) => {
  const clock = movableClock();
  const document = `coherence: { lease: ${LEASE}ms, cap: ${CAP}ms }\n${ROUTES()}`;
  const { ask, origin } = await start(t, document, answerWithCount, { clock });
  for (const path of ['/cap/a', '/bypass/a']) await ask(path);
  clock.pass(2 * CAP);
  for (const path of ['/cap/a', '/bypass/a']) t.match(await ask(path), { cacheStatus: /; hit/ }, path);
  t.equal(origin.requests.length, 2);
});

t.test('a sidecar that never saw the log is beyond from its start', async (t) => {
  const clock = movableClock();
  const document = `
redis: { url: "redis://127.0.0.1:${await freePort()}", command-timeout: 200ms, connect-timeout: 300ms }
coherence: { lease: ${LEASE}ms, cap: ${CAP}ms }
${ROUTES()}`;
  const { ask } = await start(t, document, answerWithCount, { clock });
  t.match(await ask('/bypass/a'), { cacheStatus: /fwd=bypass; .*detail=beyond-lease/ });
  await ask('/cap/a');
  t.match(await ask('/cap/a'), { cacheStatus: /; hit/ });
  clock.pass(CAP + 1);
  t.match(await ask('/cap/a'), { cacheStatus: /fwd=stale; fwd-status=304/ });
});

t.test('a clock that was set back makes nothing younger than the cap', async (t) => {
  const all = await startLinked(t);
  const { ask, clock, origin } = all;
  await ask('/cap/a');
  await goBeyond(all);
  clock.wall -= 60 * MINUTE;
  t.match(await ask('/cap/a'), { cacheStatus: /fwd=stale; fwd-status=304/ });
  t.match(await ask('/cap/a'), { cacheStatus: /; hit/ }, 'fetched by the clock as it is now');
  t.equal(origin.requests.length, 2);
});

t.test('the cap counts from when the request was sent, through promotion', async (t) => {
  const all = await startLinked(t);
  const { ask, clock, link, redis, origin } = all;
  const headers = { host: 'shop.test' };
  const document = `redis: { url: "${redis.url}" }\n${ROUTES()}`;
  const other = await start(t, document, answerWithCount, { clock });
  await trusted(other.sidecar, true);
  await other.ask('/cap/a', { headers });
  clock.pass(CAP - 10_000);
  t.match(await ask('/cap/a', { headers }), { cacheStatus: /; hit; .*detail=redis/ });
  link.cut();
  await trusted(all.sidecar, false);
  clock.pass(9_000);
  t.match(await ask('/cap/a', { headers }), { cacheStatus: /; hit; .*detail=memory/ });
  clock.pass(2_000);
  t.match(await ask('/cap/a', { headers }), { cacheStatus: /fwd=stale; fwd-status=304/ });
  t.equal(origin.requests.length, 1);
});
