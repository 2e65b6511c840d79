import t from 'tap';
import { createMetrics } from '../../src/observe/metrics.ts';
import type { MetricsSources } from '../../src/observe/metrics-sources.ts';
import { finished, missed } from './finished.ts';

const tier = { responses: 2, bytes: 300, hits: 5, misses: 4, sets: 3, deletes: 1, evictions: 6, expired: 7 };

function sources(given: Partial<MetricsSources> = {}): MetricsSources {
  return {
    routeNames: ['product'],
    memory: () => ({ ...tier, limit: 1024 }),
    redis: () => ({
      ...tier,
      hits: 50,
      state: 'degraded',
      errors: 1,
      timeouts: 2,
      corrupt: 3,
      dropped: 4,
      reconnects: 5,
      inFlight: 7,
      bytesInFlight: 70,
    }),
    purges: () => ({ applied: 12, pending: 2, trusted: false, confirmedAgo: 2_500, beyondLease: true }),
    replicas: () => ({ known: 3, silent: 1 }),
    logDropped: () => 9,
    ...given,
  };
}

/** Sample lines by name and labels. */
async function scrape(metrics: { text(): Promise<string> }): Promise<Map<string, number>> {
  const lines = (await metrics.text()).split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    lines.map((line) => {
      const space = line.lastIndexOf(' ');
      return [line.slice(0, space), Number(line.slice(space + 1))];
    }),
  );
}

t.test('exchanges', async (t) => {
  const metrics = createMetrics(sources());
  t.match(metrics.contentType, /^text\/plain/);
  metrics.observe(finished({ duration: 0.5 }));
  metrics.observe(finished({ duration: 3 }));
  metrics.observe(missed({ duration: 20, status: 404 }));
  metrics.observe(missed({ route: undefined, cache: { hit: false, fwd: 'bypass' }, duration: 99_000 }));
  metrics.upstreamAnswered(404, 18);
  metrics.upstreamAnswered(200, 18);
  const found = await scrape(metrics);
  const expected: readonly [string, number][] = [
    ['cacheside_requests_total{route="product",outcome="hit"}', 2],
    ['cacheside_requests_total{route="product",outcome="miss"}', 1],
    ['cacheside_requests_total{route="product",outcome="error"}', 0],
    ['cacheside_requests_total{route="none",outcome="pass"}', 1],
    ['cacheside_responses_total{class="2xx"}', 3],
    ['cacheside_responses_total{class="4xx"}', 1],
    ['cacheside_response_body_bytes_total', 400],
    ['cacheside_saved_body_bytes_total', 200],
    ['cacheside_request_duration_seconds_bucket{le="0.00025",outcome="hit"}', 0],
    ['cacheside_request_duration_seconds_bucket{le="0.0005",outcome="hit"}', 1],
    ['cacheside_request_duration_seconds_bucket{le="0.005",outcome="hit"}', 2],
    ['cacheside_request_duration_seconds_bucket{le="+Inf",outcome="hit"}', 2],
    ['cacheside_request_duration_seconds_bucket{le="30",outcome="pass"}', 0],
    ['cacheside_request_duration_seconds_bucket{le="+Inf",outcome="pass"}', 1],
    ['cacheside_request_duration_seconds_sum{outcome="hit"}', 0.0035],
    ['cacheside_request_duration_seconds_count{outcome="hit"}', 2],
    ['cacheside_upstream_responses_total{class="4xx"}', 1],
    ['cacheside_upstream_responses_total{class="5xx"}', 0],
    ['cacheside_upstream_duration_seconds_count', 2],
    ['cacheside_upstream_duration_seconds_bucket{le="0.025"}', 2],
  ];
  for (const [name, value] of expected) t.equal(found.get(name), value, name);
  t.ok(
    [...found.keys()].some((name) => name.startsWith('process_cpu_seconds_total')),
    'process metrics',
  );
});

t.test('tiers, Redis, purges and the rest', async (t) => {
  const metrics = createMetrics(sources());
  metrics.upstreamFailed('reset');
  metrics.purged([
    { selector: { kind: 'tag' }, soft: true },
    { selector: { kind: 'all' }, soft: false },
  ]);
  for (const ms of [3, 300]) metrics.purgeLag(ms);
  await scrape(metrics);
  const found = await scrape(metrics);
  const expected: readonly [string, number][] = [
    ['cacheside_tier_hits_total{tier="memory"}', 5],
    ['cacheside_tier_hits_total{tier="redis"}', 50],
    ['cacheside_tier_misses_total{tier="memory"}', 4],
    ['cacheside_tier_responses{tier="memory"}', 2],
    ['cacheside_tier_bytes{tier="redis"}', 300],
    ['cacheside_tier_sets_total{tier="memory"}', 3],
    ['cacheside_tier_deletes_total{tier="memory"}', 1],
    ['cacheside_tier_evictions_total{tier="memory"}', 6],
    ['cacheside_tier_expired_total{tier="memory"}', 7],
    ['cacheside_memory_limit_bytes', 1024],
    ['cacheside_redis_up', 0],
    ['cacheside_redis_state{state="degraded"}', 1],
    ['cacheside_redis_state{state="ready"}', 0],
    ['cacheside_redis_errors_total', 1],
    ['cacheside_redis_timeouts_total', 2],
    ['cacheside_redis_corrupt_total', 3],
    ['cacheside_redis_dropped_total', 4],
    ['cacheside_redis_reconnects_total', 5],
    ['cacheside_redis_in_flight', 7],
    ['cacheside_redis_in_flight_bytes', 70],
    ['cacheside_purge_log_applied_position', 12],
    ['cacheside_purge_log_pending', 2],
    ['cacheside_purge_log_trusted', 0],
    ['cacheside_purge_log_unconfirmed_seconds', 2.5],
    ['cacheside_purge_log_beyond_lease', 1],
    ['cacheside_purge_replicas{state="live"}', 2],
    ['cacheside_purge_replicas{state="silent"}', 1],
    ['cacheside_purge_lag_seconds_count', 2],
    ['cacheside_purge_lag_seconds_bucket{le="0.005"}', 1],
    ['cacheside_purges_total{kind="tag",soft="true"}', 1],
    ['cacheside_purges_total{kind="all",soft="false"}', 1],
    ['cacheside_purges_total{kind="url",soft="false"}', 0],
    ['cacheside_upstream_errors_total{failure="reset"}', 1],
    ['cacheside_upstream_errors_total{failure="dns"}', 0],
    ['cacheside_log_lines_dropped_total', 9],
  ];
  for (const [name, value] of expected) t.equal(found.get(name), value, name);
});

t.test('without tiers their series are absent', async (t) => {
  const found = await scrape(createMetrics(sources({ memory: () => undefined, redis: () => undefined })));
  t.same(
    [...found.keys()].filter((name) => /cacheside_(tier|redis|memory)/.test(name)),
    [],
  );
});

t.test('the number of series is constant, whatever is requested', async (t) => {
  const metrics = createMetrics(sources());
  const own = async () =>
    [...(await scrape(metrics)).keys()].filter((name) => name.startsWith('cacheside')).length;
  const before = await own();
  for (let i = 0; i < 1000; i++) {
    metrics.observe(missed({ target: `/x/${i}`, route: `unknown-${i}`, status: 100 + i, method: `M${i}` }));
  }
  t.equal(await own(), before);
  const found = await scrape(metrics);
  t.equal(found.get('cacheside_requests_total{route="none",outcome="miss"}'), 1000);
});

t.test('a reload swaps the routes', async (t) => {
  const metrics = createMetrics(sources({ routeNames: ['a', 'b'] }));
  metrics.observe(finished({ route: 'b' }));
  metrics.setRoutes(['b', 'c']);
  const found = await scrape(metrics);
  t.equal(found.get('cacheside_requests_total{route="b",outcome="hit"}'), 1);
  t.equal(found.get('cacheside_requests_total{route="c",outcome="hit"}'), 0);
  t.notOk(found.has('cacheside_requests_total{route="a",outcome="hit"}'));
});
