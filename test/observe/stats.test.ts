import t from 'tap';
import { type Clock, systemClock } from '../../src/clock.ts';
import { createStats } from '../../src/observe/stats.ts';
import { finished, missed } from './finished.ts';

function clockAt(start: number): Clock & { advance(ms: number): void } {
  let now = start;
  return {
    now: () => now,
    monotonic: () => now,
    advance(ms) {
      now += ms;
    },
  };
}

t.test('before the first request', async (t) => {
  const { snapshot } = createStats(['product'], systemClock);
  const empty = snapshot();
  t.equal(empty.requests, 0);
  t.equal(empty.hitRate, null);
  t.same(empty.responseTime.all, {
    count: 0,
    average: null,
    p50: null,
    p90: null,
    p99: null,
    p999: null,
    max: null,
  });
  t.same(Object.keys(empty.routes), ['product', 'none']);
});

t.test('counts, rates and bytes', async (t) => {
  const clock = clockAt(1_000_000);
  const stats = createStats(['product', 'list'], clock);
  for (let i = 0; i < 3; i++) stats.observe(finished({ bytes: 100 }));
  stats.observe(missed({ bytes: 1000, route: 'list' }));
  stats.observe(missed({ bytes: 10, route: undefined, cache: { hit: false, fwd: 'bypass' } }));
  stats.observe(
    missed({ bytes: 7, servedFrom: 'memory', cache: { hit: false, fwd: 'stale', fwdStatus: 304 } }),
  );
  stats.observe(
    finished({ bytes: 1, status: 400, servedFrom: 'cacheside', cache: { hit: false }, trace: [] }),
  );
  clock.advance(2500);
  const all = stats.snapshot();
  t.match(all, { since: 1_000_000, uptime: 2500, requests: 7, hits: 3, misses: 2, hitRate: 0.6 });
  t.match(all.outcomes, { hit: 3, miss: 1, pass: 1, revalidated: 1, refused: 1, error: 0 });
  t.equal(all.bytesServed, 1318);
  t.equal(all.bytesSaved, 307);
  t.match(all.routes, {
    product: { requests: 5, hits: 3, misses: 1, hitRate: 0.75 },
    list: { requests: 1, misses: 1, hitRate: 0 },
    none: { requests: 1, hits: 0, misses: 0, hitRate: null },
  });
});

t.test('response times, hits and forwarded apart', async (t) => {
  const stats = createStats(['product'], systemClock);
  for (let i = 1; i <= 990; i++) stats.observe(finished({ duration: i / 1000 }));
  for (let i = 1; i <= 10; i++) stats.observe(missed({ duration: 100 * i }));
  const { all, hits, forwarded } = stats.snapshot().responseTime;
  t.equal(all.count, 1000);
  t.equal(hits.count, 990);
  t.equal(forwarded.count, 10);
  const close = (found: number | null, wanted: number, what: string) =>
    t.ok(found !== null && Math.abs(found - wanted) <= wanted * 0.005, `${what}: ${found} is ${wanted}`);
  close(hits.average, 0.4955, 'average of the hits');
  close(hits.p50, 0.495, 'p50 of the hits');
  close(hits.p99, 0.981, 'p99 of the hits');
  close(forwarded.average, 550, 'average of the forwarded');
  close(forwarded.p90, 900, 'p90 of the forwarded');
  close(forwarded.max, 1000, 'max of the forwarded');
  close(all.p90, 0.9, 'p90 of all');
  close(all.p999, 900, 'p99.9 of all');
});

t.test('odd durations are recorded, not thrown at', async (t) => {
  const stats = createStats([], systemClock);
  for (const duration of [0, -1, Number.NaN, 1e12]) stats.observe(finished({ duration }));
  t.equal(stats.snapshot().responseTime.all.count, 4);
});

t.test('a reload keeps what goes on', async (t) => {
  const stats = createStats(['a', 'b'], systemClock);
  stats.observe(finished({ route: 'a' }));
  stats.observe(finished({ route: 'b' }));
  stats.setRoutes(['b', 'c']);
  stats.observe(finished({ route: 'a' }));
  const { requests, routes } = stats.snapshot();
  t.equal(requests, 3);
  t.same(
    Object.entries(routes).map(([name, { requests }]) => [name, requests]),
    [
      ['b', 1],
      ['c', 0],
      ['none', 0],
    ],
  );
});
