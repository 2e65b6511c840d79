import t from 'tap';
import { createRedisClock } from '../../src/purge/redis-clock.ts';

t.test('the time at Redis', async (t) => {
  let monotonic = 0;
  const redis = createRedisClock({ now: () => 5_000, monotonic: () => monotonic });
  t.equal(redis.now(), 5_000, "this host's, as long as nothing better is known");
  monotonic = 100;
  redis.appended(80, 100, 9_090);
  t.equal(redis.now(), 9_100.5);
  redis.appended(0, 100, 1);
  t.equal(redis.now(), 9_100.5, 'a wider bracket tells less');
  monotonic = 61_000;
  redis.appended(60_900, 61_000, 70_000);
  t.equal(redis.now(), 70_050.5, 'and more once the narrow one is old');
  redis.read(70_200);
  t.equal(redis.now(), 70_200, 'nothing that is read is from the future');
  redis.read(10);
  t.equal(redis.now(), 70_200);
});
