import t from 'tap';
import { systemClock } from '../../src/clock.ts';
import { connectRedis } from '../../src/store/redis-connection.ts';
import { parseLevels } from '../../src/store/redis-levels.ts';
import { createRedisTier } from '../../src/store/redis-tier.ts';
import { eventually } from '../fixtures/eventually.ts';
import { startRedis } from '../fixtures/redis-server.ts';

t.test('reads the figures of INFO', async (t) => {
  const info =
    'used_memory:1024\r\nevicted_keys:3\r\nexpired_keys:4\r\ndb0:keys=7,expires=1\r\ndb1:keys=9,expires=1\r\n';
  t.same(parseLevels(info, 0), { responses: 7, bytes: 1024, evictions: 3, expired: 4 });
  t.equal(parseLevels(info, 1).responses, 9, 'of the selected database');
  t.same(parseLevels('', 0), { responses: 0, bytes: 0, evictions: 0, expired: 0 }, 'silence counts as 0');
});

t.test('a real server tells its levels once connected', async (t) => {
  const redis = await startRedis();
  t.teardown(() => redis.stop());
  const tier = createRedisTier({
    redis: connectRedis({ url: redis.url, connectTimeout: 1_000, commandTimeout: 1_000 }, 'tier'),
    namespace: 'test',
    maxValue: 1_000,
    maxInFlight: 10,
    commandTimeout: 1_000,
    clock: systemClock,
  });
  t.teardown(() => tier.close());
  await tier.connect(2_000);
  await eventually(() => tier.stats().bytes > 0);
});
