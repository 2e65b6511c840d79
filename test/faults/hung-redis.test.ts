import { setTimeout as delay } from 'node:timers/promises';
import t from 'tap';
import { startOrigin } from '../fixtures/origin.ts';
import { startRedis } from '../fixtures/redis-server.ts';
import { startSidecar } from '../fixtures/sidecar.ts';
import { settled } from '../fixtures/stats.ts';

/*
 * Redis stops answering while requests go on: hits and misses, with and without collapsing across
 * replicas, writes and purges. `npx tsx bench/hung-redis.ts` measures how long they take meanwhile.
 */
const HUNG = 3_000;
const CLIENTS = 8;
/** How long Redis may take, ms: long, for what waits for it is to be told from what a busy machine holds up. */
const COMMAND_TIMEOUT = 1_000;
/** What a machine busy with other tests may add, ms. */
const ROOM = 2_000;
const DOCUMENT = (redis: string) => `
redis: { url: "${redis}", command-timeout: ${COMMAND_TIMEOUT}ms, connect-timeout: 400ms }
memory: { limit: 16MiB }
coherence: { lease: 500ms, cap: 1s }
routes:
  - { name: shared, match: "/shared/*", ttl: 1m, collapse: replicas, purge: [written] }
  - { name: own, match: "/*", ttl: 1m, tags: [written] }
`;

t.test('Redis hangs under load: no request fails, and nothing piles up', async (t) => {
  const redis = await startRedis();
  t.teardown(() => redis.kill());
  const origin = await startOrigin((req, res) => {
    res.sendDate = false;
    setTimeout(() => res.end(`of ${req.url}`.padEnd(2_000)), 2);
  });
  t.teardown(() => origin.close());
  const sidecar = await startSidecar(origin.url, DOCUMENT(redis.url));
  t.teardown(async () => {
    redis.resume();
    await sidecar.close();
  });
  const stats = async () => JSON.parse((await sidecar.admin('/stats')).text);

  const wrong: string[] = [];
  /** GETs, answered: when each was sent, and how long it took; ms. */
  const gets: { readonly began: number; readonly took: number }[] = [];
  let slowest = 0;
  let over = false;
  const ask = async (path: string, method = 'GET'): Promise<void> => {
    const began = performance.now();
    try {
      const { status, text } = await sidecar.ask(path, { method });
      if (status !== 200 || text.trim() !== `of ${path}`) wrong.push(`${status} for ${path}: ${text.trim()}`);
    } catch (error) {
      wrong.push(`${path}: ${error}`);
    }
    const took = performance.now() - began;
    slowest = Math.max(slowest, took);
    if (method === 'GET') gets.push({ began, took });
  };
  const client = async (i: number): Promise<void> => {
    for (let n = 0; !over; n++) {
      const where = n % 4 === 0 ? '/shared' : '/own';
      await ask(n % 2 === 0 ? `${where}/hot/${n % 20}` : `${where}/cold/${i}-${n}`);
      if (n % 50 === 49) await ask(`/shared/hot/${n % 20}`, 'PUT');
    }
  };
  const clients = Array.from({ length: CLIENTS }, (_, i) => client(i));
  /** Who comes anew, whatever became of those before. */
  const others: Promise<void>[] = [];
  const coming = setInterval(() => others.push(ask(`/own/new/${others.length}`)), 10);
  t.teardown(() => clearInterval(coming));
  await delay(500);
  await settled(sidecar);

  redis.pause();
  const paused = performance.now();
  const until = paused + HUNG;
  const statuses = new Set<number>();
  let purges = 0;
  for (; performance.now() < until; purges++) {
    const { status } = await sidecar.purge({ tag: `t-${purges % 3}`, wait: '1s' });
    statuses.add(status);
    await delay(20);
  }
  const hung = await stats();
  t.strictSame([...statuses], [202], 'a purge does not say applied');
  t.ok(purges > 4, `${purges} purges`);
  const meanwhile = gets.filter(({ began }) => began > paused);
  t.ok(meanwhile.length > 100, `${meanwhile.length} requests answered meanwhile`);
  const waited = meanwhile.filter(({ took }) => took > COMMAND_TIMEOUT / 2);
  // Until Redis counts as silent, after half the time-out; the rest is room.
  const late = waited.filter(({ began }) => began > paused + COMMAND_TIMEOUT * 0.65);
  t.ok(waited.length > 0, 'it hung');
  t.ok(late.length <= 5, `${late.length} of ${waited.length} that waited came when it was silent`);
  t.not(hung.redis.state, 'ready');
  // The newest of each selector: three tags, and what the writes invalidate.
  t.ok(hung.purges.pending <= 3 + 21, `${hung.purges.pending} kept`);
  const { timeouts } = hung.redis;
  await delay(300);
  const later = await stats();
  t.ok(later.redis.timeouts - timeouts <= 3, 'requests no longer ask it');
  t.ok(later.memory.bytes <= 16 * 2 ** 20);

  redis.resume();
  await settled(sidecar);
  over = true;
  clearInterval(coming);
  await Promise.all([...clients, ...others]);
  t.equal((await stats()).purges.pending, 0, 'all are in the log');
  t.strictSame(wrong, [], 'no error reached a client');
  t.ok(slowest < 2 * COMMAND_TIMEOUT + ROOM, `of ${gets.length} the slowest took ${Math.round(slowest)} ms`);
  t.strictSame(
    sidecar.log.filter(({ level }) => Number(level) >= 50),
    [],
  );
});
