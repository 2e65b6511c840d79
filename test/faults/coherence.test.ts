import t, { type Test } from 'tap';
import { startOrigin } from '../fixtures/origin.ts';
import { type RedisServer, startRedis } from '../fixtures/redis-server.ts';
import { startTcpProxy } from '../fixtures/tcp-proxy.ts';
import type { Counts } from './checker/check.ts';
import { type Fault, faultsOfLinks, faultsOfReplicas, faultsOfServer } from './checker/faults.ts';
import { type Replica, startReplica } from './checker/replica.ts';
import { documentFor, startInProcess } from './checker/running.ts';
import { type Report, runSchedule, SEED } from './checker/schedule.ts';
import { createShop } from './checker/shop.ts';
import { enough, show } from './checker/show.ts';

/** Three sidecars, each with a link of its own to one Redis. */
async function run(
  t: Test,
  duration: number,
  isEnough: (counts: Counts) => boolean,
  faults: (redis: RedisServer, replicas: readonly Replica[]) => readonly Fault[],
): Promise<Report> {
  const shop = createShop(SEED + 1);
  const origin = await startOrigin(shop.handler);
  t.teardown(() => origin.close());
  const redis = await startRedis();
  t.teardown(() => redis.kill());
  const replicas = await Promise.all(
    ['A', 'B', 'C'].map(async (name) => {
      const link = await startTcpProxy(redis.port);
      t.teardown(() => link.close());
      const document = documentFor(`redis://127.0.0.1:${link.port}`, name);
      const replica = await startReplica(name, link, () => startInProcess(origin.url, document));
      t.teardown(() => replica.close());
      return replica;
    }),
  );
  const report = await runSchedule({
    replicas,
    shop,
    faults: faults(redis, replicas),
    duration,
    enough: isEnough,
  });
  show(t, report);
  t.strictSame(report.violations, []);
  t.ok(isEnough(report.counts), 'there was enough to see');
  return report;
}

t.test('whatever happens to Redis, to the links and to the sidecars', { timeout: 0 }, async (t) => {
  const away = ({ link }: Replica) => {
    link?.cut();
    return () => link?.restore();
  };
  const report = await run(t, 9_000, enough, (redis, replicas) => [
    ...faultsOfServer(redis),
    ...faultsOfLinks(replicas, redis),
    ...faultsOfReplicas(replicas, away),
  ]);
  t.ok(report.became.byPosition > 20);
});

t.test('receipts that wait, while links break and sidecars restart', { timeout: 0 }, async (t) => {
  const enoughReceipts = (counts: Counts) => enough(counts) && counts.byAll > 2;
  // A stays well: whoever has not followed the log for long enough never says `all`.
  const report = await run(t, 12_000, enoughReceipts, (redis, replicas) => [
    ...faultsOfLinks(replicas.slice(1), redis),
    ...faultsOfReplicas(replicas.slice(1), undefined),
  ]);
  t.ok(report.became.byReceipt > 0);
});
