import type { Clock } from '../clock.ts';
import type { Config } from '../config/config.ts';
import type { UpstreamError } from '../errors.ts';
import { createAccessLog, noObserver } from '../observe/access-log.ts';
import { createMetrics, type Metrics } from '../observe/metrics.ts';
import type { MetricsSources } from '../observe/metrics-sources.ts';
import type { Observer } from '../observe/outcome.ts';
import { createStats, type Stats } from '../observe/stats.ts';
import { createFailureLog } from '../observe/upstream-failures.ts';
import { createUpstreamRecord, type RawUpstream } from '../observe/upstream-health.ts';
import type { AppServices } from './services.ts';

/** What watches the requests of one process. */
export interface ObserveParts {
  readonly stats: Stats;
  readonly metrics: Metrics;
  /** Told of each finished exchange. */
  readonly observe: Observer;
  /** How the upstream answered and failed, background work included. */
  readonly upstream: () => RawUpstream;
  readonly upstreamAnswered: (status: number, duration: number) => void;
  readonly upstreamFailed: (error: UpstreamError, id: string) => void;
  setRoutes(names: readonly string[]): void;
}

/** `missed`: told of what was no hit. `sources`: what the metrics read at each scrape. */
export function openObserving(
  config: Config,
  { log, logOutput, logDropped = () => 0 }: Pick<AppServices, 'log' | 'logOutput' | 'logDropped'>,
  clock: Clock,
  missed: Observer,
  sources: Omit<MetricsSources, 'routeNames' | 'logDropped'>,
): ObserveParts {
  const routeNames = config.routes.map((rule) => rule.name);
  const stats = createStats(routeNames, clock);
  const metrics = createMetrics({ ...sources, routeNames, logDropped });
  const accessLog = createAccessLog(log, logOutput, { enabled: config.log.access, hits: config.log.hits });
  const tellFailure = createFailureLog(log);
  const upstream = createUpstreamRecord(clock);
  return {
    stats,
    metrics,
    observe: observerOf(stats, metrics, missed, accessLog),
    upstream: upstream.raw,
    upstreamAnswered(status, duration) {
      metrics.upstreamAnswered(status, duration);
      upstream.answered(status, duration);
    },
    upstreamFailed(error, id) {
      metrics.upstreamFailed(error.failure);
      upstream.failed(error);
      tellFailure(error, id);
    },
    setRoutes(names) {
      stats.setRoutes(names);
      metrics.setRoutes(names);
    },
  };
}

/** What is not wanted is not called. */
function observerOf(stats: Stats, metrics: Metrics, missed: Observer, accessLog: Observer): Observer {
  if (accessLog === noObserver)
    return (outcome) => {
      stats.observe(outcome);
      metrics.observe(outcome);
      if (!outcome.cache.hit) missed(outcome);
    };
  return (outcome) => {
    stats.observe(outcome);
    metrics.observe(outcome);
    if (!outcome.cache.hit) missed(outcome);
    accessLog(outcome);
  };
}
