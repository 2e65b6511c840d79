import type { Registry } from 'prom-client';
import { type MetricsSources, REDIS_STATES, type RedisCounts, type TierCounts } from './metrics-sources.ts';
import { register } from './read-metric.ts';

/** Registers what the tiers and Redis count themselves; read at each scrape. */
export function registerTierMetrics(registry: Registry, sources: MetricsSources): void {
  const tiers = () =>
    [
      ['memory', sources.memory()],
      ['redis', sources.redis()],
    ] as const;

  const perTier = (
    kind: 'counter' | 'gauge',
    name: string,
    help: string,
    read: (tier: TierCounts) => number,
  ) =>
    register(registry, kind, name, help, ['tier'], (set) => {
      for (const [tier, counts] of tiers()) if (counts !== undefined) set({ tier }, read(counts));
    });
  perTier('counter', 'cacheside_tier_hits_total', 'Lookups that found something.', (t) => t.hits);
  perTier('counter', 'cacheside_tier_misses_total', 'Lookups that found nothing.', (t) => t.misses);
  perTier('counter', 'cacheside_tier_sets_total', 'Stored responses written.', (t) => t.sets);
  perTier('counter', 'cacheside_tier_deletes_total', 'Stored responses removed.', (t) => t.deletes);
  perTier(
    'counter',
    'cacheside_tier_evictions_total',
    'Stored responses evicted for room.',
    (t) => t.evictions,
  );
  perTier(
    'counter',
    'cacheside_tier_expired_total',
    'Stored responses cleared as expired.',
    (t) => t.expired,
  );
  perTier('gauge', 'cacheside_tier_responses', 'Stored responses held.', (t) => t.responses);
  perTier('gauge', 'cacheside_tier_bytes', 'Bytes held, bookkeeping included.', (t) => t.bytes);
  register(registry, 'gauge', 'cacheside_memory_limit_bytes', 'Limit of the memory tier.', [], (set) => {
    const memory = sources.memory();
    if (memory !== undefined) set({}, memory.limit);
  });

  const ofRedis = (
    kind: 'counter' | 'gauge',
    name: string,
    help: string,
    read: (redis: RedisCounts) => number,
  ) =>
    register(registry, kind, name, help, [], (set) => {
      const redis = sources.redis();
      if (redis !== undefined) set({}, read(redis));
    });
  ofRedis('gauge', 'cacheside_redis_up', '1 while Redis answers.', (r) => (r.state === 'ready' ? 1 : 0));
  register(registry, 'gauge', 'cacheside_redis_state', '1 for the current state.', ['state'], (set) => {
    const redis = sources.redis();
    if (redis !== undefined) for (const state of REDIS_STATES) set({ state }, redis.state === state ? 1 : 0);
  });
  ofRedis('counter', 'cacheside_redis_errors_total', 'Commands that failed.', (r) => r.errors);
  ofRedis('counter', 'cacheside_redis_timeouts_total', 'Commands that timed out.', (r) => r.timeouts);
  ofRedis('counter', 'cacheside_redis_corrupt_total', 'Values that did not decode.', (r) => r.corrupt);
  ofRedis(
    'counter',
    'cacheside_redis_dropped_total',
    'Commands not sent: too many in flight.',
    (r) => r.dropped,
  );
  ofRedis('counter', 'cacheside_redis_reconnects_total', 'Connections made anew.', (r) => r.reconnects);
  ofRedis('gauge', 'cacheside_redis_in_flight', 'Commands gathered and under way.', (r) => r.inFlight);
  ofRedis(
    'gauge',
    'cacheside_redis_in_flight_bytes',
    'Bytes of the writes among them.',
    (r) => r.bytesInFlight,
  );

  const { workers } = sources;
  if (workers !== undefined) {
    register(registry, 'gauge', 'cacheside_workers', 'Worker processes that take requests.', [], (set) =>
      set({}, workers().running),
    );
    register(registry, 'counter', 'cacheside_worker_restarts_total', 'Workers replaced.', [], (set) =>
      set({}, workers().restarts),
    );
  }

  register(registry, 'counter', 'cacheside_log_lines_dropped_total', 'Log lines lost.', [], (set) =>
    set({}, sources.logDropped?.() ?? 0),
  );
}
