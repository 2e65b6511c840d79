import t from 'tap';
import { startCluster } from '../fixtures/redis-cluster.ts';
import { faultsOfCluster, faultsOfReplicas } from './checker/faults.ts';
import { startThree } from './checker/three.ts';

t.test('purges hold while a Cluster loses nodes', { timeout: 0 }, async (t) => {
  const cluster = await startCluster({ masters: 3, replicasEach: 1 });
  t.teardown(() => cluster.close());
  const { replicas, run } = await startThree(t, { url: cluster.url });
  await run([...faultsOfCluster(cluster), ...faultsOfReplicas(replicas, undefined)], 6_000);
});
