import { noObserver } from '../observe/access-log.ts';
import type { Metrics } from '../observe/metrics.ts';
import type { Observer } from '../observe/outcome.ts';
import type { Stats } from '../observe/stats.ts';

/** Who is told of each finished exchange; what is not wanted is not called. */
export function observerOf(stats: Stats, metrics: Metrics, accessLog: Observer): Observer {
  if (accessLog === noObserver)
    return (outcome) => {
      stats.observe(outcome);
      metrics.observe(outcome);
    };
  return (outcome) => {
    stats.observe(outcome);
    metrics.observe(outcome);
    accessLog(outcome);
  };
}
