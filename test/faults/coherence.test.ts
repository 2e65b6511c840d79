import t from 'tap';
import { startOrigin } from '../fixtures/origin.ts';
import { startRedis } from '../fixtures/redis-server.ts';
import { startTcpProxy } from '../fixtures/tcp-proxy.ts';
import { faultsOfLinks, faultsOfReplicas, faultsOfServer } from './checker/faults.ts';
import { startReplica } from './checker/replica.ts';
import { documentFor, startInProcess } from './checker/running.ts';
import { runSchedule, SEED } from './checker/schedule.ts';
import { createShop } from './checker/shop.ts';
import { show } from './checker/show.ts';

t.test('purges hold with one Redis, whatever happens to it and to the links', { timeout: 0 }, async (t) => {
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
  const away = ({ link }: { link: (typeof replicas)[number]['link'] }) => {
    link?.cut();
    return () => link?.restore();
  };
  const faults = [...faultsOfServer(redis), ...faultsOfLinks(replicas), ...faultsOfReplicas(replicas, away)];
  const report = await runSchedule({ replicas, shop, faults, duration: 9_000 });
  show(t, report);
  t.strictSame(report.violations, []);
  const { reads, hits, fromRedis, writes, purges } = report.counts;
  t.ok(
    reads > 1_000 && hits > 100 && fromRedis > 10 && writes > 20 && purges > 50,
    'there was enough to see',
  );
});
