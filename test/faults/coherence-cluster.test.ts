import t from 'tap';
import { startOrigin } from '../fixtures/origin.ts';
import { startCluster } from '../fixtures/redis-cluster.ts';
import { faultsOfCluster, faultsOfReplicas } from './checker/faults.ts';
import { startReplica } from './checker/replica.ts';
import { documentFor, startInProcess } from './checker/running.ts';
import { runSchedule, SEED } from './checker/schedule.ts';
import { createShop } from './checker/shop.ts';
import { enough, show } from './checker/show.ts';

t.test('purges hold while a Cluster loses nodes', { timeout: 0 }, async (t) => {
  const shop = createShop(SEED + 1);
  const origin = await startOrigin(shop.handler);
  t.teardown(() => origin.close());
  const cluster = await startCluster({ masters: 3, replicasEach: 1 });
  t.teardown(() => cluster.close());
  const replicas = await Promise.all(
    ['A', 'B', 'C'].map(async (name) => {
      const document = documentFor(cluster.url, name);
      const replica = await startReplica(name, undefined, () => startInProcess(origin.url, document));
      t.teardown(() => replica.close());
      return replica;
    }),
  );
  const faults = [...faultsOfCluster(cluster), ...faultsOfReplicas(replicas, undefined)];
  const report = await runSchedule({ replicas, shop, faults, duration: 9_000, enough });
  show(t, report);
  t.strictSame(report.violations, []);
  t.ok(enough(report.counts), 'there was enough to see');
});
