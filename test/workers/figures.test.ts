import t from 'tap';
import { systemClock } from '../../src/clock.ts';
import { type AdmissionLevels, addAdmission, type GateLevels } from '../../src/observe/admission-levels.ts';
import { lastingMetrics, mergeMetrics, metricsText } from '../../src/observe/merged-metrics.ts';
import { createMetrics } from '../../src/observe/metrics.ts';
import { addStats } from '../../src/observe/raw-stats.ts';
import { createStats, snapshotOf } from '../../src/observe/stats.ts';
import { createUpstreamRecord } from '../../src/observe/upstream-health.ts';
import type { RemoteStats } from '../../src/store/ports.ts';
import { mergeMemory, mergeRedis, NOBODY, retire } from '../../src/workers/figures.ts';
import { finished, missed } from '../observe/finished.ts';

const tier = (responses: number, hits: number) => ({
  responses,
  bytes: responses * 10,
  hits,
  misses: 1,
  sets: 2,
  deletes: 0,
  evictions: 3,
  expired: 4,
});

const redis = (state: RemoteStats['state'], responses: number): RemoteStats => ({
  ...tier(responses, 5),
  state,
  errors: 1,
  timeouts: 0,
  corrupt: 0,
  dropped: 0,
  reconnects: 2,
  inFlight: 1,
  bytesInFlight: 10,
});

/** One worker's metrics, memory with 7 hits and 3 responses. */
const metricsOf = (applied: number, trusted: boolean) =>
  createMetrics({
    routeNames: ['product'],
    memory: () => ({ ...tier(3, 7), limit: 100 }),
    redis: () => redis(trusted ? 'ready' : 'down', 40),
    purges: () => ({ applied, pending: 0, trusted, confirmedAgo: 0, beyondLease: false }),
  });

t.test('percentiles come from all that was recorded, not from the percentiles of each', async (t) => {
  const [quick, slow, all] = [
    createStats(['product'], systemClock),
    createStats(['product'], systemClock),
    createStats(['product'], systemClock),
  ];
  for (let i = 1; i <= 90; i++) for (const stats of [quick, all]) stats.observe(finished({ duration: 1 }));
  for (let i = 1; i <= 10; i++) for (const stats of [slow, all]) stats.observe(missed({ duration: 500 + i }));
  const merged = snapshotOf(addStats(quick.raw(), structuredClone(slow.raw())), 0, 0);
  const { responseTime } = all.snapshot();
  t.same(merged.responseTime, responseTime);
  t.equal(merged.responseTime.all.p90, 1);
  t.ok((merged.responseTime.all.p99 ?? 0) > 500);
  t.equal(merged.requests, 100);
  t.match(merged.routes, { product: { requests: 100 } });
});

t.test('a route that one worker does not know is kept', async (t) => {
  const [old, young] = [createStats(['a'], systemClock), createStats(['b'], systemClock)];
  old.observe(finished({ route: 'a' }));
  young.observe(finished({ route: 'b' }));
  const { routes } = addStats(old.raw(), young.raw());
  t.same([...routes.keys()].sort(), ['a', 'b', 'none']);
});

t.test('each metric by its rule, each series once', async (t) => {
  const [one, two] = [metricsOf(10, true), metricsOf(20, false)];
  for (let i = 0; i < 3; i++) one.observe(finished());
  two.observe(missed());
  const merged = mergeMetrics(structuredClone([await one.figures(), await two.figures()]));
  const text = await metricsText(merged);
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  t.equal(new Set(lines.map((line) => line.replace(/ \S+$/, ''))).size, lines.length);
  for (const expected of [
    'cacheside_requests_total{route="product",outcome="hit"} 3',
    'cacheside_requests_total{route="product",outcome="miss"} 1',
    'cacheside_request_duration_seconds_count{outcome="hit"} 3',
    'cacheside_tier_hits_total{tier="memory"} 14',
    'cacheside_tier_responses{tier="memory"} 6',
    'cacheside_tier_hits_total{tier="redis"} 10',
    'cacheside_tier_responses{tier="redis"} 40',
    'cacheside_tier_evictions_total{tier="redis"} 3',
    'cacheside_tier_evictions_total{tier="memory"} 6',
    'cacheside_memory_limit_bytes 200',
    'cacheside_purge_log_applied_position 10',
    'cacheside_purge_log_trusted 0',
    'cacheside_redis_up 0',
    'cacheside_redis_state{state="ready"} 1',
    'cacheside_redis_state{state="down"} 1',
    'cacheside_redis_state{state="degraded"} 0',
  ])
    t.ok(lines.includes(expected), expected);
  t.match(text, /^process_start_time_seconds \d+$/m);
});

t.test('what a worker that is gone has counted lasts, its levels do not', async (t) => {
  const metrics = metricsOf(1, true);
  metrics.observe(finished());
  const stats = createStats(['product'], systemClock);
  stats.observe(finished());
  const figures = {
    memory: { ...tier(3, 7), limit: 100 },
    redis: redis('down', 40),
    admission: gates('open', 3),
    warmStart: undefined,
    stats: stats.raw(),
    upstream: createUpstreamRecord(systemClock).raw(),
    metrics: await metrics.figures(),
  };
  const retired = retire(retire(NOBODY, figures), figures);
  t.match(retired.memory, { responses: 0, bytes: 0, limit: 0, hits: 14, evictions: 6 });
  t.match(retired.redis, { responses: 0, evictions: 0, hits: 10, errors: 2 });
  t.equal(retired.stats?.total.outcomes[0], 2);
  t.match(retired.admission, {
    requests: 0,
    retries: 10,
    routes: { product: { atUpstream: 0, breaker: 'off', turnedAway: { queue: 6, breaker: 0 } } },
  });
  const text = await metricsText(retired.metrics);
  t.match(text, 'cacheside_requests_total{route="product",outcome="hit"} 2');
  t.notMatch(text, 'cacheside_tier_evictions_total{tier="redis"}');
  t.notMatch(text, /^cacheside_tier_responses/m);
  t.same(mergeMetrics([lastingMetrics(figures.metrics)]).length > 5, true);
});

/** What one worker's bounds stand at, at a breaker in this state. */
const gates = (breaker: GateLevels['breaker'], queue: number): AdmissionLevels => ({
  requests: 1,
  exchanges: 2,
  retries: 5,
  routes: {
    product: {
      atUpstream: 2,
      waiting: 1,
      breaker,
      probeIn: breaker === 'open' ? 700 : 0,
      turnedAway: { 'max-requests': 0, queue, concurrency: 1, breaker: 0 },
    },
  },
});

t.test('bounds of several workers', async (t) => {
  t.equal(addAdmission(undefined, undefined), undefined);
  const sum = addAdmission(gates('open', 1), gates('closed', 2));
  t.match(sum, { requests: 2, exchanges: 4, retries: 10 });
  t.match(sum?.routes['product'], { atUpstream: 4, waiting: 2, breaker: 'open', probeIn: 700 });
  t.match(sum?.routes['product']?.turnedAway, { queue: 3, concurrency: 2 });
  const other = {
    ...gates('closed', 1),
    routes: { other: gates('closed', 1).routes['product'] as GateLevels },
  };
  t.same(Object.keys(addAdmission(sum, other)?.routes ?? {}), ['product', 'other']);
});

t.test('levels of several workers', async (t) => {
  t.equal(mergeMemory([]), null);
  t.equal(mergeMemory([null, null]), null);
  t.match(
    mergeMemory([
      { ...tier(1, 1), limit: 5 },
      { ...tier(2, 2), limit: 5 },
    ]),
    { responses: 3, limit: 10 },
  );
  t.match(mergeRedis([redis('ready', 40), redis('degraded', 41)]), {
    state: 'degraded',
    responses: 41,
    hits: 10,
  });
  t.equal(mergeRedis([redis('down', 1), redis('ready', 1)])?.state, 'down');
});
