import t from 'tap';
import { startOrigin } from '../fixtures/origin.ts';
import { startRedis } from '../fixtures/redis-server.ts';
import { startTcpProxy } from '../fixtures/tcp-proxy.ts';
import { faultsOfLinks, faultsOfReplicas, faultsOfServer } from './checker/faults.ts';
import { startReplica } from './checker/replica.ts';
import { documentFor, startProcess } from './checker/running.ts';
import { runSchedule, SEED } from './checker/schedule.ts';
import { createShop } from './checker/shop.ts';
import { enough, show } from './checker/show.ts';

t.test('purges hold between processes, some of which are killed', { timeout: 0 }, async (t) => {
  const shop = createShop(SEED + 1);
  const origin = await startOrigin(shop.handler);
  t.teardown(() => origin.close());
  const redis = await startRedis();
  t.teardown(() => redis.kill());
  const replicas = await Promise.all(
    ['A', 'B', 'C'].map(async (name) => {
      const link = await startTcpProxy(redis.port);
      t.teardown(() => link.close());
      // One of them is several processes itself.
      const workers = name === 'B' ? 'workers: 2' : '';
      const document = documentFor(`redis://127.0.0.1:${link.port}`, name, workers);
      const replica = await startReplica(name, link, () => startProcess(origin.url, document));
      t.teardown(() => replica.close());
      return replica;
    }),
  );
  const faults = [
    ...faultsOfServer(redis),
    ...faultsOfLinks(replicas, redis),
    ...faultsOfReplicas(replicas, undefined),
  ];
  const report = await runSchedule({ replicas, shop, faults, duration: 9_000, enough });
  show(t, report);
  t.strictSame(report.violations, []);
  t.ok(enough(report.counts), 'there was enough to see');
});
