import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { hangUp } from '../../scripts/demo/request.ts';
import { openLive } from '../admin/live-stream.ts';
import { startCacheside, until } from '../fixtures/cacheside.ts';
import { startOrigin } from '../fixtures/origin.ts';
import { startRedis } from '../fixtures/redis-server.ts';
import { ask, askAll, askMany, pidsOf, statsOf, untilManned } from './crew.ts';

t.teardown(hangUp);

/** An origin whose every answer is the version that it was last put to. */
async function startShop(t: Test) {
  let version = 0;
  const origin = await startOrigin((req, res) => {
    if (req.method !== 'GET') version++;
    res.sendDate = false;
    res.setHeader('cache-control', req.method === 'GET' ? 'max-age=600' : 'no-store');
    res.end(String(version));
  });
  t.teardown(() => origin.close());
  return {
    origin,
    get version() {
      return version;
    },
    change() {
      version++;
    },
  };
}

async function startRedisFor(t: Test): Promise<string[]> {
  const redis = await startRedis();
  t.teardown(() => redis.stop());
  return ['--redis', redis.url];
}

const json = (text: string) => JSON.parse(text) as Record<string, unknown>;

for (const tier of ['memory alone', 'Redis'] as const) {
  t.test(`a purge that is acknowledged holds in every worker: ${tier}`, async (t) => {
    const shop = await startShop(t);
    const args = tier === 'Redis' ? await startRedisFor(t) : [];
    const cacheside = await startCacheside(['--upstream', shop.origin.url, '--workers', '3', ...args]);
    t.teardown(() => cacheside.stop());
    await askAll(cacheside, '/p');
    const stale: string[] = [];
    for (let round = 0; round < 25; round++) {
      shop.change();
      const { status } = await cacheside.admin('/purge', { method: 'POST', json: { prefix: '/p' } });
      t.equal(status, 200);
      const answers = await askMany(cacheside, '/p', 12);
      stale.push(...answers.filter((answer) => answer !== String(shop.version)));
    }
    t.same(stale, []);
    const { workers, requests } = await statsOf(cacheside);
    t.equal(workers.length, 3);
    t.ok(
      workers.every(({ requests: own }) => own > 10),
      JSON.stringify(workers),
    );
    t.equal(
      requests,
      workers.reduce((sum, { requests: own }) => sum + own, 0),
    );
    t.equal(await cacheside.stop(), 0);
  });

  t.test(`what one worker passes on invalidates in all: ${tier}`, async (t) => {
    const shop = await startShop(t);
    const args = tier === 'Redis' ? await startRedisFor(t) : [];
    const cacheside = await startCacheside(['--upstream', shop.origin.url, '--workers', '3', ...args]);
    t.teardown(() => cacheside.stop());
    const stale: string[] = [];
    for (let round = 0; round < 25; round++) {
      await askMany(cacheside, '/p', 9);
      // Whoever has the answer to a write finds it done, whichever worker is asked next.
      await ask(cacheside, '/p', 'PUT');
      const answers = await askMany(cacheside, '/p', 9);
      stale.push(...answers.filter((answer) => answer !== String(shop.version)));
    }
    t.same(stale, []);
    t.same(new Set(await askAll(cacheside, '/p')), new Set(['25']));
  });
}

t.test('a worker that starts later knows what was purged before', async (t) => {
  const shop = await startShop(t);
  const redis = await startRedisFor(t);
  const cacheside = await startCacheside(['--upstream', shop.origin.url, '--workers', '2', ...redis]);
  t.teardown(() => cacheside.stop());
  await askMany(cacheside, '/p/1', 4);
  await askMany(cacheside, '/q/1', 4);
  shop.change();
  await cacheside.admin('/purge', { method: 'POST', json: { prefix: '/p/' } });
  // Nobody asks for it: Redis still has what was purged.
  const first = await pidsOf(cacheside);
  for (const pid of first) process.kill(pid, 'SIGKILL');
  await untilManned(cacheside, 2, first);
  t.same(new Set(await askAll(cacheside, '/p/1')), new Set(['1']));
  t.same(new Set(await askMany(cacheside, '/q/1', 4)), new Set(['0']), 'what was not purged is still there');
  t.match(await statsOf(cacheside), { workerRestarts: 2 });
});

t.test('figures are those of all workers together', async (t) => {
  const shop = await startShop(t);
  const cacheside = await startCacheside(
    ['--upstream', shop.origin.url, '--workers', '3', '--memory', '9MiB'],
    { host: 'api.test' },
  );
  t.teardown(() => cacheside.stop());
  const metric = async (name: string) => {
    const { text } = await cacheside.admin('/metrics');
    const lines = text.split('\n').filter((line) => line.startsWith(name));
    t.equal(new Set(lines.map((line) => line.replace(/ \S+$/, ''))).size, lines.length, 'each series once');
    return lines.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0);
  };
  const readyz = json((await cacheside.admin('/readyz')).text);
  t.match(readyz, { status: 'ready', cache: { limit: 9 * 2 ** 20 }, workers: { running: 3, of: 3 } });

  const { text } = await cacheside.admin('/warm', {
    method: 'POST',
    json: { paths: ['/a', '/b'], host: 'api.test' },
  });
  t.match(json(text), { requested: 2, stored: 2, failed: 0 });
  t.equal(shop.origin.requests.length, 6, 'each worker fetched both');
  const { text: dry } = await cacheside.admin('/purge', {
    method: 'POST',
    json: { prefix: '/a', 'dry-run': true },
  });
  t.match(json(dry), { matched: 3 });

  const live = await openLive(t, Number(new URL(cacheside.adminUrl).port), { query: '?interval=250' });
  await live.many(1);
  await askMany(cacheside, '/a', 40);
  const stats = await statsOf(cacheside);
  t.match(stats, {
    requests: 40,
    outcomes: { hit: 40 },
    memory: { responses: 6 },
    routes: { default: { requests: 40 } },
    upstream: { statuses: { '2xx': 6 }, responseTime: { count: 6 }, last: null },
  });
  const keys = json((await cacheside.admin('/keys?prefix=/')).text);
  t.match(keys, {
    hottest: [{ url: 'http://api.test/a', uses: Number }],
    missed: [],
    stored: [{ url: 'http://api.test/a' }, { url: 'http://api.test/b', uses: 0 }],
    truncated: false,
  });
  await ask(cacheside, '/missing', 'PUT');
  t.match(json((await cacheside.admin('/keys')).text), {
    missed: [{ url: 'http://api.test/missing', misses: 1, why: { method: 1 } }],
  });
  t.equal(await metric('cacheside_requests_total'), 41);
  t.equal(await metric('cacheside_request_duration_seconds_count'), 41);
  t.equal(await metric('cacheside_tier_responses{tier="memory"'), 6);
  t.equal(await metric('cacheside_memory_limit_bytes'), 9 * 2 ** 20);
  t.equal(await metric('cacheside_workers'), 3);

  const [victim = 0] = await pidsOf(cacheside);
  process.kill(victim, 'SIGKILL');
  await untilManned(cacheside, 3, [victim]);
  const after = { requests: 41, workerRestarts: 1, upstream: { statuses: { '2xx': 7 } } };
  t.match(await statsOf(cacheside), after);
  await until(async () => live.events.at(-1)?.stats.workerRestarts === 1);
  t.match(live.events.at(-1), { stats: after });
  const told = live.events.map(({ window }) => window.requests);
  t.ok(told.every((requests) => requests >= 0));
  t.equal(
    told.reduce((sum, requests) => sum + requests, 0),
    41,
    'each request is in one window',
  );
  t.equal(await metric('cacheside_requests_total'), 41, 'no counter goes backwards');
  t.equal(await metric('cacheside_worker_restarts_total'), 1);
});

t.test('a reload reaches all workers, or none', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'cacheside-'));
  t.teardown(() => rm(folder, { recursive: true }));
  const file = join(folder, 'proxy.yaml');
  const shop = await startShop(t);
  const write = (routes: string) =>
    writeFile(file, `upstream: ${shop.origin.url}\nworkers: 3\nroutes:\n${routes}`);
  await write('  - match: GET /p\n    name: before\n');
  const cacheside = await startCacheside(['--config', file]);
  t.teardown(() => cacheside.stop());
  await askAll(cacheside, '/p');
  await write('  - match: GET /p\n    tll: 5s\n');
  t.equal((await cacheside.admin('/reload', { method: 'POST' })).status, 422);
  await askAll(cacheside, '/p');
  t.same(Object.keys((await statsOf(cacheside)).routes), ['before', 'none']);
  await write('  - match: GET /p\n    name: after\n');
  t.equal((await cacheside.admin('/reload', { method: 'POST' })).status, 200);
  const { length } = await askAll(cacheside, '/p');
  t.match((await statsOf(cacheside)).routes, { after: { requests: length }, none: { requests: 0 } });
  const [victim = 0] = await pidsOf(cacheside);
  process.kill(victim, 'SIGKILL');
  await untilManned(cacheside, 3, [victim]);
  await askAll(cacheside, '/p');
  t.match((await statsOf(cacheside)).routes, { none: { requests: 0 } }, 'a replacement has it, too');
});
