import type { Registry } from 'prom-client';
import { type DurationSeries, registerDurations } from './duration-histogram.ts';
import type { MetricsSources, PurgeLevels } from './metrics-sources.ts';
import { register } from './read-metric.ts';

/** Registers how far the purge log is heard, read at each scrape. Returns where each purge's lag is told. */
export function registerPurgeMetrics(registry: Registry, sources: MetricsSources): DurationSeries {
  const ofLog = (name: string, help: string, read: (purges: PurgeLevels) => number) =>
    register(registry, 'gauge', `cacheside_purge_log_${name}`, help, [], (set) =>
      set({}, read(sources.purges())),
    );
  ofLog('applied_position', 'Last position applied.', (p) => p.applied);
  ofLog('pending', 'Purges that were not read back from Redis yet.', (p) => p.pending);
  ofLog('trusted', '1 while no purge can have been missed.', (p) => (p.trusted ? 1 : 0));
  ofLog('unconfirmed_seconds', 'Since the end of the log was seen; +Inf: never yet.', (p) =>
    p.confirmedAgo === null ? Number.POSITIVE_INFINITY : p.confirmedAgo / 1_000,
  );
  ofLog('beyond_lease', '1 while that is longer than the lease.', (p) => (p.beyondLease ? 1 : 0));
  register(
    registry,
    'gauge',
    'cacheside_purge_replicas',
    'Replicas known, by whether they are heard of.',
    ['state'],
    (set) => {
      const replicas = sources.replicas?.();
      if (replicas === undefined) return;
      set({ state: 'live' }, replicas.known - replicas.silent);
      set({ state: 'silent' }, replicas.silent);
    },
  );
  return registerDurations(registry, {
    name: 'cacheside_purge_lag_seconds',
    help: 'From the append of a purge, here or at another replica, until it was applied here.',
    values: ['all'],
  }).all;
}
