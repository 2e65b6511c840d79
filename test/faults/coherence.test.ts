import t from 'tap';
import { startRedis } from '../fixtures/redis-server.ts';
import type { Counts } from './checker/check.ts';
import { faultsOfLinks, faultsOfReplicas, faultsOfServer } from './checker/faults.ts';
import type { Replica } from './checker/replica.ts';
import { enough } from './checker/show.ts';
import { startThree } from './checker/three.ts';

t.test('whatever happens to Redis, to the links and to the sidecars', { timeout: 0 }, async (t) => {
  const redis = await startRedis();
  t.teardown(() => redis.kill());
  const { replicas, run } = await startThree(t, { redis });
  const away = ({ link }: Replica) => {
    link?.cut();
    return () => link?.restore();
  };
  const report = await run(
    [...faultsOfServer(redis), ...faultsOfLinks(replicas, redis), ...faultsOfReplicas(replicas, away)],
    6_000,
  );
  t.ok(report.became.byPosition > 20);
});

t.test('receipts that wait, while links break and sidecars restart', { timeout: 0 }, async (t) => {
  const redis = await startRedis();
  t.teardown(() => redis.kill());
  const { replicas, run } = await startThree(t, { redis });
  const enoughReceipts = (counts: Counts) => enough(counts) && counts.byAll > 2;
  // A stays well: whoever has not followed the log for long enough never says `all`.
  const others = replicas.slice(1);
  const faults = [...faultsOfLinks(others, redis), ...faultsOfReplicas(others, undefined)];
  const report = await run(faults, 9_000, enoughReceipts);
  t.ok(report.became.byReceipt > 0);
});
