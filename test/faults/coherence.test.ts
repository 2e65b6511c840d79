import t, { type Test } from 'tap';
import { startOrigin } from '../fixtures/origin.ts';
import { type RedisServer, startRedis } from '../fixtures/redis-server.ts';
import { startTcpProxy } from '../fixtures/tcp-proxy.ts';
import { type Fault, faultsOfLinks, faultsOfReplicas, faultsOfServer } from './checker/faults.ts';
import { type Replica, startReplica } from './checker/replica.ts';
import { documentFor, startInProcess } from './checker/running.ts';
import { type Report, runSchedule, SEED } from './checker/schedule.ts';
import { createShop } from './checker/shop.ts';
import { show } from './checker/show.ts';

/** Three sidecars, each with a link of its own to one Redis. */
async function run(
  t: Test,
  duration: number,
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
  const report = await runSchedule({ replicas, shop, faults: faults(redis, replicas), duration });
  show(t, report);
  t.strictSame(report.violations, []);
  const { reads, hits, fromRedis, writes, purges } = report.counts;
  t.ok(reads > 200 && hits > 50 && fromRedis > 3 && writes > 10 && purges > 15, 'there was enough to see');
  return report;
}

t.test('whatever happens to Redis, to the links and to the sidecars', { timeout: 0 }, async (t) => {
  const away = ({ link }: Replica) => {
    link?.cut();
    return () => link?.restore();
  };
  const report = await run(t, 9_000, (redis, replicas) => [
    ...faultsOfServer(redis),
    ...faultsOfLinks(replicas, redis),
    ...faultsOfReplicas(replicas, away),
  ]);
  t.ok(report.became.byPosition > 20);
});

t.test('receipts that wait, while links break and sidecars restart', { timeout: 0 }, async (t) => {
  // A stays well: whoever has not followed the log for long enough never says `all`.
  const report = await run(t, 12_000, (redis, replicas) => [
    ...faultsOfLinks(replicas.slice(1), redis),
    ...faultsOfReplicas(replicas.slice(1), undefined),
  ]);
  t.ok(report.counts.byAll > 0 && report.became.byReceipt > 0, 'some said `all`');
});
