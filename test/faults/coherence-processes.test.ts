import t from 'tap';
import { startRedis } from '../fixtures/redis-server.ts';
import { faultsOfLinks, faultsOfReplicas, faultsOfServer } from './checker/faults.ts';
import { startProcess } from './checker/running.ts';
import { startThree } from './checker/three.ts';

t.test('purges hold between processes, some of which are killed', { timeout: 0 }, async (t) => {
  const redis = await startRedis();
  t.teardown(() => redis.kill());
  // One of them is several processes itself.
  const more = (name: string) => (name === 'B' ? 'workers: 2' : '');
  const { replicas, run } = await startThree(t, { redis, start: startProcess, more });
  await run(
    [...faultsOfServer(redis), ...faultsOfLinks(replicas, redis), ...faultsOfReplicas(replicas, undefined)],
    6_000,
  );
});
