import { setTimeout as delay } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { type Origin, startOrigin } from '../fixtures/origin.ts';
import { startRedis } from '../fixtures/redis-server.ts';
import { startTcpProxy } from '../fixtures/tcp-proxy.ts';
import { type Check, createCheck } from './checker/check.ts';
import { type Mutant, startComposed } from './checker/composition.ts';
import { MUTANTS } from './checker/mutants.ts';
import { type Replica, startReplica } from './checker/replica.ts';
import { CAP, documentFor, LEASE } from './checker/running.ts';
import { createShop, HOST, type Shop } from './checker/shop.ts';

/*
 * Whether the checker sees anything: the mechanism is broken on purpose, one part at a time, and a schedule
 * that needs that part has to end in a violation; with the part whole, in none.
 */

/** On a route without stale windows. */
const ID = 1;
const FIELDS = { host: HOST, 'accept-language': 'de' };

interface Scene {
  readonly a: Replica;
  readonly b: Replica;
  readonly shop: Shop;
  readonly origin: Origin;
  readonly check: Check;
  read(replica: Replica): Promise<void>;
  /** Changes the product behind the caches' back and purges it. */
  purge(replica: Replica, wait?: string): Promise<void>;
  /** Both have applied all that was appended so far. */
  agreed(): Promise<void>;
}

const schedules = {
  async 'a purge while a fill is in flight'({ a, shop, origin, read, purge }) {
    const asked = origin.requests.length + 1;
    shop.delays = () => ({ before: 0, after: 150 });
    const slow = read(a);
    await origin.received(asked);
    await purge(a);
    shop.delays = () => ({ before: 0, after: 0 });
    await slow;
    await read(a);
  },
  async 'a purge that the link keeps from one'({ a, b, read, purge, agreed }) {
    await read(b);
    b.link?.cut();
    await delay(20);
    await purge(a);
    await b.link?.restore();
    await agreed();
    await read(b);
  },
  async 'a purge while the link of its taker is away'({ a, b, read, purge, agreed }) {
    await read(b);
    a.link?.cut();
    await delay(50);
    await purge(a);
    await read(a);
    await a.link?.restore();
    await agreed();
    await read(b);
  },
  async 'a purge of what Redis has'({ a, b, read, purge, agreed }) {
    await read(a);
    await agreed();
    await purge(b);
    await read(b);
  },
  async 'a receipt that waits'({ a, b, read, purge, agreed }) {
    await read(b);
    await agreed();
    await delay(LEASE + 50);
    await purge(a, '2000');
    await read(b);
  },
  async 'a receipt while one is silent'({ a, b, read, purge }) {
    b.link?.stall();
    await delay(2 * LEASE + 300);
    await read(b);
    await purge(a, '100');
    await read(b);
  },
  async 'one is cut off for longer than lease and cap'({ a, b, read, purge }) {
    await read(b);
    b.link?.cut();
    await purge(a);
    await delay(LEASE + CAP + 600);
    await read(b);
  },
} satisfies Record<string, (scene: Scene) => Promise<void>>;

const BROKEN: readonly [keyof typeof MUTANTS, keyof typeof schedules][] = [
  ['a fill is not told from what was fetched later', 'a purge while a fill is in flight'],
  ['asOf is dropped', 'a purge of what Redis has'],
  ['catch-up is skipped', 'a purge that the link keeps from one'],
  ['what is pending is not replayed', 'a purge while the link of its taker is away'],
  ['positions are not compared', 'a purge of what Redis has'],
  ['an ack comes before the applying', 'a receipt that waits'],
  ['a silent replica does not count', 'a receipt while one is silent'],
  ['the lease is ignored', 'one is cut off for longer than lease and cap'],
];

async function run(t: Test, schedule: keyof typeof schedules, mutant: Mutant): Promise<readonly string[]> {
  const shop = createShop(1);
  shop.delays = () => ({ before: 0, after: 0 });
  const origin = await startOrigin(shop.handler);
  t.teardown(() => origin.close());
  const redis = await startRedis();
  t.teardown(() => redis.kill());
  const started = async (name: string): Promise<Replica> => {
    const link = await startTcpProxy(redis.port);
    t.teardown(() => link.close());
    const document = documentFor(`redis://127.0.0.1:${link.port}`, name);
    const replica = await startReplica(name, link, () => startComposed(origin.url, document, mutant));
    t.teardown(() => replica.close());
    return replica;
  };
  const [a, b] = await Promise.all([started('A'), started('B')]);
  const check = createCheck([a, b], shop);
  const agreed = async (): Promise<void> => {
    const deadline = performance.now() + 8_000;
    for (;;) {
      const settled = await Promise.all([a, b].map(check.settle));
      await Promise.all([a, b].map(check.watch));
      if (settled.every(Boolean) && check.verdict.open === 0) return;
      if (performance.now() > deadline) throw new Error('they do not agree');
      await delay(5);
    }
  };
  await agreed();
  await schedules[schedule]({
    a,
    b,
    shop,
    origin,
    check,
    agreed,
    read: (replica) => check.read(replica, ID, FIELDS),
    async purge(replica, wait) {
      const named = [{ selector: { tag: `p-${ID}` }, ids: [ID] }];
      await check.purge(replica, { named, changed: [ID], wait });
    },
  });
  for (const replica of [a, b]) for (const line of replica.running.faults()) t.fail(line);
  t.comment(JSON.stringify({ ...check.counts, ...check.verdict.became }));
  return check.history.violations;
}

t.jobs = 4;
for (const schedule of Object.keys(schedules) as (keyof typeof schedules)[]) {
  t.test(`${schedule}: holds`, async (t) => {
    t.strictSame(await run(t, schedule, {}), []);
  });
}
for (const [mutant, schedule] of BROKEN) {
  t.test(`${schedule}, ${mutant}: seen`, async (t) => {
    const violations = await run(t, schedule, MUTANTS[mutant]);
    t.match(violations, [/gave version 1 of 1 to a read begun at \d+, 2 was due/]);
    t.equal(violations.length, 1);
  });
}
