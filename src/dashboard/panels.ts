import type { AdminStats } from '../admin/ports.ts';
import { byId } from './element.ts';
import type { Moment } from './history.ts';
import { memoryRows } from './memory-panel.ts';
import { createPanel } from './panel.ts';
import { purgeRows } from './purge-panel.ts';
import { redisRows } from './redis-panel.ts';
import { upstreamRows } from './upstream-panel.ts';
import { workerRows } from './worker-panel.ts';

/** The parts of the sidecar, one panel each. */
export interface Panels {
  /** `now` in ms since the epoch. */
  show(stats: AdminStats, moment: Moment | undefined, now: number): void;
}

export function createPanels(): Panels {
  const memory = createPanel('memory', 'Memory');
  const redis = createPanel('redis', 'Redis');
  const upstream = createPanel('upstream', 'Upstream');
  const purges = createPanel('purges', 'Purge log');
  const workers = createPanel('workers', 'Workers');
  workers.element.hidden = true;
  byId('panels').append(...[upstream, memory, redis, purges, workers].map((panel) => panel.element));
  return {
    show(stats, moment, now) {
      memory.show(memoryRows(stats, moment));
      redis.show(redisRows(stats));
      upstream.show(upstreamRows(stats, now));
      purges.show(purgeRows(stats));
      workers.show(workerRows(stats));
      workers.element.hidden = stats.workers === undefined;
    },
  };
}
