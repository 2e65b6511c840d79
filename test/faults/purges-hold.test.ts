import type { IncomingMessage, ServerResponse } from 'node:http';
import { Redis } from 'ioredis';
import t from 'tap';
import { startOrigin } from '../fixtures/origin.ts';
import { startRedis } from '../fixtures/redis-server.ts';
import { type Sidecar, startSidecar } from '../fixtures/sidecar.ts';

/*
 * A randomised run against the promise that an acknowledged purge holds. CACHESIDE_SEED repeats the
 * decisions of a run (its timing is the machine's); CACHESIDE_CHECK_MS makes it longer.
 */
const { CACHESIDE_SEED = '20250301', CACHESIDE_CHECK_MS = '8000' } = process.env;
const SEED = Number(CACHESIDE_SEED);
const DURATION = Number(CACHESIDE_CHECK_MS);
const PRODUCTS = 6;
const HOST = 'shop.test';

/** A small generator with a seed (mulberry32): [0, 1). */
function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let z = Math.imul(state ^ (state >>> 15), state | 1);
    z ^= z + Math.imul(z ^ (z >>> 7), z | 61);
    return ((z ^ (z >>> 14)) >>> 0) / 4_294_967_296;
  };
}

const random = randomFrom(SEED);
const below = (bound: number) => Math.floor(random() * bound);
const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** Products whose versions only grow; each answer says the version it was read at, and when it leaves does not matter. */
function createShop() {
  const versions = Array.from({ length: PRODUCTS }, () => 1);
  const delays = randomFrom(SEED + 1);
  const handler = (req: IncomingMessage, res: ServerResponse) => {
    const id = Number(/^\/products\/(\d+)/.exec(req.url ?? '')?.[1] ?? -1);
    const late = Math.floor(delays() ** 3 * 40);
    setTimeout(
      () => {
        if (req.method === 'PUT') versions[id] = (versions[id] ?? 0) + 1;
        const version = versions[id] ?? 0;
        const etag = `"${id}.${version}"`;
        setTimeout(() => {
          if (req.method === 'PUT') return void res.writeHead(204).end();
          res.setHeader('etag', etag);
          if (id % 2 === 1) res.setHeader('vary', 'accept-language');
          if (req.headers['if-none-match'] === etag) return void res.writeHead(304).end();
          res.end(`${version}`);
        }, late);
      },
      Math.floor(delays() * 4),
    );
  };
  return { versions, handler };
}

const DOCUMENT = (redis: string) => `
redis: { url: "${redis}", command-timeout: 100ms, connect-timeout: 200ms }
routes:
  - { name: product, match: "/products/:id", ttl: 300ms, stale-while-revalidate: 200ms, stale-if-error: 1s, tags: ["p-{id}", all], purge: ["p-{id}"] }
`;

interface Replica {
  sidecar: Sidecar;
  /** Lowest version that a GET begun from now on may return, by product. */
  readonly floor: number[];
}

t.test('an acknowledged purge holds', { timeout: 60_000 }, async (t) => {
  t.comment(`CACHESIDE_SEED=${SEED}`);
  const shop = createShop();
  const origin = await startOrigin(shop.handler);
  const redis = await startRedis();
  const replicas: Replica[] = [];
  for (let i = 0; i < 2; i++) {
    const sidecar = await startSidecar(origin.url, DOCUMENT(redis.url));
    replicas.push({ sidecar, floor: Array.from({ length: PRODUCTS }, () => 0) });
  }
  t.teardown(async () => {
    redis.resume();
    await Promise.all(replicas.map(({ sidecar }) => sidecar.close()));
    await redis.kill();
    await origin.close();
  });
  const [first, second] = replicas;
  if (first === undefined || second === undefined) throw new Error('two were started');

  const violations: string[] = [];
  const history: string[] = [];
  const counts = { gets: 0, hits: 0, fromRedis: 0, writes: 0, purges: 0, agreed: 0, faults: 0 };
  const began = performance.now();
  const over = () => performance.now() - began > DURATION || violations.length > 0;
  const note = (what: string) => void history.push(`${Math.round(performance.now() - began)} ${what}`);
  const anyReplica = () => replicas[below(2)] as Replica;
  const nameOf = (replica: Replica) => (replica === first ? 'A' : 'B');
  /** Held by whoever replaces a sidecar; requests that began before may end as they like. */
  const restarting = new Set<Replica>();

  /** The write or purge under way; there is one at a time. */
  let change = Promise.resolve();

  async function get(replica: Replica): Promise<void> {
    const id = below(PRODUCTS);
    const { sidecar } = replica;
    const least = replica.floor[id] ?? 0;
    const language = ['de', 'en', 'fr'][below(3)] as string;
    const headers = { host: HOST, 'accept-language': language };
    try {
      const { status, text, cacheStatus } = await sidecar.ask(`/products/${id}`, { headers });
      counts.gets++;
      if (cacheStatus.includes('; hit')) counts.hits++;
      if (cacheStatus.includes('detail=redis')) counts.fromRedis++;
      if (status !== 200) violations.push(`${status} from ${nameOf(replica)}: ${text}`);
      else if (Number(text) < least) {
        note(`${nameOf(replica)} gave version ${text} of ${id}: ${cacheStatus}`);
        violations.push(
          `${nameOf(replica)} gave version ${text} of ${id}, ${least} was purged; ${cacheStatus}`,
        );
      }
    } catch (error) {
      if (replica.sidecar === sidecar && !restarting.has(replica)) violations.push(`GET failed: ${error}`);
    }
  }

  const raise = (replica: Replica, id: number, version: number) => {
    replica.floor[id] = Math.max(replica.floor[id] ?? 0, version);
  };

  async function write(replica: Replica): Promise<void> {
    const id = below(PRODUCTS);
    const { sidecar } = replica;
    const before = shop.versions[id] ?? 0;
    try {
      const { status } = await sidecar.ask(`/products/${id}`, { method: 'PUT', headers: { host: HOST } });
      counts.writes++;
      if (status !== 204) violations.push(`${status} to a PUT`);
      // Its own write at least; another one may have come between.
      if (replica.sidecar === sidecar) raise(replica, id, before + 1);
      note(`PUT ${id} at ${nameOf(replica)}: ${before + 1}`);
    } catch (error) {
      if (replica.sidecar === sidecar && !restarting.has(replica)) violations.push(`PUT failed: ${error}`);
    }
  }

  /** A change behind the caches' back, then a purge that speaks of it. */
  async function purge(replica: Replica): Promise<void> {
    const id = below(PRODUCTS);
    const { sidecar } = replica;
    shop.versions[id] = (shop.versions[id] ?? 0) + 1;
    const kind = below(5);
    const soft = random() < 0.25;
    const selector = [
      { url: `http://${HOST}/products/${id}` },
      { tag: `p-${id}` },
      { prefix: `/products/${id}` },
      { route: 'product' },
      { all: true },
    ][kind] as Record<string, unknown>;
    const versions = [...shop.versions];
    note(`purge at ${nameOf(replica)} ${JSON.stringify(selector)}${soft ? ' soft' : ''} begins`);
    try {
      const { status } = await sidecar.purge(soft ? { ...selector, soft } : selector);
      counts.purges++;
      if (status !== 200 && status !== 202) violations.push(`${status} to a purge`);
      if (soft || replica.sidecar !== sidecar) return;
      for (const [product, version] of versions.entries()) {
        if (kind >= 3 || product === id) raise(replica, product, version);
      }
      note(`purge at ${nameOf(replica)} ${JSON.stringify(selector)} ${status}: ${versions[id]}`);
    } catch (error) {
      if (replica.sidecar === sidecar && !restarting.has(replica)) violations.push(`purge failed: ${error}`);
    }
  }

  async function state({
    sidecar,
  }: Replica): Promise<{ applied: number; pending: number; trusted: boolean }> {
    return JSON.parse((await sidecar.admin('/stats')).text).purges;
  }

  /** Appends a purge of nothing; its position is behind all that this sidecar appended before. */
  async function mark({ sidecar }: Replica): Promise<number> {
    const { status, text } = await sidecar.purge({ tag: 'nobody-has-this-tag' });
    return status === 200 ? JSON.parse(text).position : Number.POSITIVE_INFINITY;
  }

  /** What one was told holds at the other one once both have applied what came behind it. */
  async function agree(a: Replica, b: Replica): Promise<boolean> {
    const told = [[...a.floor], [...b.floor]];
    const sidecars = [a.sidecar, b.sidecar];
    const marks = await Promise.all([mark(a), mark(b)]);
    const [one, other] = await Promise.all([state(a), state(b)]);
    if (!one.trusted || !other.trusted || one.pending + other.pending > 0) return false;
    if (Math.min(one.applied, other.applied) < Math.max(...marks)) return false;
    if (a.sidecar !== sidecars[0] || b.sidecar !== sidecars[1] || restarting.size > 0) return false;
    for (let id = 0; id < PRODUCTS; id++) {
      const version = Math.max(told[0]?.[id] ?? 0, told[1]?.[id] ?? 0);
      raise(a, id, version);
      raise(b, id, version);
    }
    counts.agreed++;
    return true;
  }

  const faults: [string, () => Promise<void>][] = [
    [
      'Redis is killed and comes back empty',
      async () => {
        await redis.kill();
        await pause(below(400));
        await redis.restart();
      },
    ],
    [
      'Redis is paused',
      async () => {
        redis.pause();
        await pause(below(900));
        redis.resume();
      },
    ],
    ['Redis is flushed', () => meddle('FLUSHALL')],
    ['the log is lost', () => meddle('DEL', 'cacheside:purges')],
    ['connections are cut', () => meddle('CLIENT', 'KILL', 'TYPE', 'normal')],
    ['a sidecar restarts', () => restart(anyReplica(), false)],
    ['a sidecar restarts while Redis is paused', () => restart(anyReplica(), true)],
  ];

  async function fault(): Promise<void> {
    const [name, run] = faults[below(faults.length)] as (typeof faults)[number];
    counts.faults++;
    note(`fault: ${name}`);
    await run();
    note('fault is over');
  }

  async function meddle(command: string, ...args: string[]): Promise<void> {
    const client = new Redis(redis.url, { retryStrategy: () => null });
    client.on('error', () => {});
    await client.call(command, ...args).catch(() => {});
    client.disconnect();
  }

  /** What Redis has not confirmed goes with its process: so it stops when nothing is pending. */
  async function restart(replica: Replica, inThePause: boolean): Promise<void> {
    restarting.add(replica);
    await change;
    for (let tries = 0; (await state(replica)).pending > 0 && tries < 300; tries++) await pause(10);
    if ((await state(replica)).pending === 0) {
      if (inThePause) redis.pause();
      await replica.sidecar.close();
      replica.sidecar = await startSidecar(origin.url, DOCUMENT(redis.url));
    }
    restarting.delete(replica);
    if (inThePause) await pause(below(300));
    redis.resume();
  }

  const loops = [
    ...[1, 2, 3, 4].map(async () => {
      while (!over()) {
        const replica = anyReplica();
        if (restarting.has(replica)) await pause(5);
        else await get(replica);
        if (random() < 0.2) await pause(below(10));
      }
    }),
    (async () => {
      while (!over()) {
        await pause(below(60));
        const replica = anyReplica();
        if (restarting.has(replica)) continue;
        change = random() < 0.5 ? write(replica) : purge(replica);
        await change;
      }
    })(),
    (async () => {
      while (!over()) {
        await pause(20);
        if (restarting.size === 0) await agree(first, second).catch(() => false);
      }
    })(),
    (async () => {
      while (!over()) {
        await pause(300 + below(700));
        await fault();
      }
    })(),
  ];
  await Promise.all(loops);

  // At the end both come to rest, and everything that was told holds at both.
  const deadline = performance.now() + 10_000;
  while (violations.length === 0 && !(await agree(first, second))) {
    if (performance.now() > deadline) {
      violations.push(
        `they do not agree again: ${JSON.stringify(await Promise.all([state(first), state(second)]))}`,
      );
    }
    await pause(20);
  }
  for (const replica of violations.length === 0 ? replicas : []) {
    for (let i = 0; i < 30; i++) await get(replica);
  }
  const faulty = replicas.flatMap(({ sidecar }) => sidecar.log.filter(({ level }) => Number(level) >= 50));
  for (const line of faulty) violations.push(`logged: ${JSON.stringify(line)}`);

  t.comment(JSON.stringify(counts));
  if (violations.length > 0) {
    t.comment(`CACHESIDE_SEED=${SEED} repeats it; the last of what happened:`);
    for (const line of history.slice(-40)) t.comment(line);
  }
  t.strictSame(violations, []);
  t.ok(
    counts.gets > 100 && counts.hits > 20 && counts.writes > 5 && counts.purges > 5,
    'there was enough to see',
  );
  t.ok(counts.fromRedis > 0 && counts.agreed > 5, 'of Redis as well');
});
