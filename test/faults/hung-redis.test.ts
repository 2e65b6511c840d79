import { setTimeout as delay } from 'node:timers/promises';
import t from 'tap';
import { startOrigin } from '../fixtures/origin.ts';
import { startRedis } from '../fixtures/redis-server.ts';
import { startSidecar } from '../fixtures/sidecar.ts';

/*
 * Redis stops answering while requests go on: hits and misses, with and without collapsing across
 * replicas, writes and purges. `npx tsx bench/hung-redis.ts` measures how long they take meanwhile.
 */
const HUNG = 3_000;
const CLIENTS = 8;
const DOCUMENT = (redis: string) => `
redis: { url: "${redis}", command-timeout: 200ms, connect-timeout: 400ms }
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
  /** However busy the machine is: a command that it held up too long counts as unanswered. */
  const settled = async (): Promise<void> => {
    const deadline = performance.now() + 15_000;
    for (let now = await stats(); now.redis.state !== 'ready' || !now.purges.trusted; now = await stats()) {
      if (performance.now() > deadline) throw new Error(`still ${JSON.stringify([now.redis, now.purges])}`);
      await delay(20);
    }
  };

  const wrong: string[] = [];
  let asked = 0;
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
    asked++;
    slowest = Math.max(slowest, performance.now() - began);
  };
  const client = async (i: number): Promise<void> => {
    for (let n = 0; !over; n++) {
      const where = n % 4 === 0 ? '/shared' : '/own';
      await ask(n % 2 === 0 ? `${where}/hot/${n % 20}` : `${where}/cold/${i}-${n}`);
      if (n % 50 === 49) await ask(`/shared/hot/${n % 20}`, 'PUT');
    }
  };
  const clients = Array.from({ length: CLIENTS }, (_, i) => client(i));
  await delay(500);
  await settled();

  const before = asked;
  redis.pause();
  const until = performance.now() + HUNG;
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
  t.ok(asked - before > 100, `${asked - before} requests answered meanwhile`);
  t.not(hung.redis.state, 'ready');
  // The newest of each selector: three tags, and what the writes invalidate.
  t.ok(hung.purges.pending <= 3 + 21, `${hung.purges.pending} kept`);
  const { timeouts } = hung.redis;
  await delay(300);
  const later = await stats();
  t.ok(later.redis.timeouts - timeouts <= 3, 'requests no longer ask it');
  t.ok(later.memory.bytes <= 16 * 2 ** 20);

  redis.resume();
  await settled();
  over = true;
  await Promise.all(clients);
  t.equal((await stats()).purges.pending, 0, 'all are in the log');
  t.strictSame(wrong, [], 'no error reached a client');
  t.comment(`${asked} requests, the slowest took ${Math.round(slowest)} ms`);
  t.strictSame(
    sidecar.log.filter(({ level }) => Number(level) >= 50),
    [],
  );
});
