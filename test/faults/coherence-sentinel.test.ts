import t from 'tap';
import { startSentinel } from '../fixtures/redis-sentinel.ts';
import { faultsOfReplicas, faultsOfSentinels } from './checker/faults.ts';
import { startThree } from './checker/three.ts';

t.test('purges hold while Sentinels fail over', { timeout: 0 }, async (t) => {
  const sentinels = await startSentinel({ replicas: 1 });
  t.teardown(() => sentinels.close());
  const { replicas, run } = await startThree(t, { url: sentinels.url });
  await run([...faultsOfSentinels(sentinels), ...faultsOfReplicas(replicas, undefined)], 6_000);
});
