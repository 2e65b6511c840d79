import { type AdmissionLevels, addAdmission, endedAdmission } from '../observe/admission-levels.ts';
import type { MetricFigures } from '../observe/merged-metrics.ts';
import { lastingMetrics, mergeMetrics } from '../observe/merged-metrics.ts';
import { addStats, type RawStats } from '../observe/raw-stats.ts';
import { addUpstream, type RawUpstream } from '../observe/upstream-health.ts';
import type { RemoteState, RemoteStats, TierStats } from '../store/ports.ts';

/** What of a worker goes up and down. */
export interface WorkerLevels {
  /** null: no memory tier. `limit` in bytes. */
  readonly memory: (TierStats & { readonly limit: number }) | null;
  /** null: no Redis tier. */
  readonly redis: RemoteStats | null;
  readonly admission: AdmissionLevels;
  /** While what is used most is fetched at start. */
  readonly warmStart: { readonly fetched: number; readonly of: number } | undefined;
}

/** What a worker counts, for people. */
export interface WorkerCounts extends WorkerLevels {
  readonly stats: RawStats;
  readonly upstream: RawUpstream;
}

/** All that a worker counts. */
export interface WorkerFigures extends WorkerCounts {
  readonly metrics: readonly MetricFigures[];
}

export type MemoryLevels = NonNullable<WorkerLevels['memory']>;

/** From well to ill. */
const STATES: readonly RemoteState[] = ['ready', 'degraded', 'connecting', 'down', 'off'];

/** The memory of several workers as one. */
export function mergeMemory(all: readonly (MemoryLevels | null)[]): MemoryLevels | null {
  return all.reduce((a, b) => (a === null ? b : b === null ? a : addFigures(a, b)), null);
}

/** What several workers say of Redis: what they did together, the server's own figures once, the worst state. */
export function mergeRedis(all: readonly (RemoteStats | null)[]): RemoteStats | null {
  return all.reduce((a, b) => {
    if (a === null || b === null) return a ?? b;
    const { state, responses, bytes, evictions, expired } = b;
    return {
      ...addFigures(a, b),
      responses: Math.max(a.responses, responses),
      bytes: Math.max(a.bytes, bytes),
      evictions: Math.max(a.evictions, evictions),
      expired: Math.max(a.expired, expired),
      state: STATES.indexOf(a.state) >= STATES.indexOf(state) ? a.state : state,
    };
  }, null);
}

/** What workers that are gone had counted: sums go on from there. */
export interface Retired {
  readonly memory: MemoryLevels | null;
  readonly redis: RemoteStats | null;
  readonly admission: AdmissionLevels | undefined;
  readonly stats: RawStats | undefined;
  readonly upstream: RawUpstream | undefined;
  readonly metrics: readonly MetricFigures[];
}

export const NOBODY: Retired = {
  memory: null,
  redis: null,
  admission: undefined,
  stats: undefined,
  upstream: undefined,
  metrics: [],
};

/** Its levels are gone with it, its counts are not. */
export function retire(before: Retired, figures: WorkerFigures): Retired {
  const { memory, redis, admission, stats, upstream, metrics } = figures;
  return {
    memory: mergeMemory([before.memory, memory && { ...memory, responses: 0, bytes: 0, limit: 0 }]),
    redis: mergeRedis([
      before.redis,
      redis && { ...redis, state: 'ready', responses: 0, bytes: 0, evictions: 0, expired: 0 },
    ]),
    admission: addAdmission(before.admission, endedAdmission(admission)),
    stats: before.stats === undefined ? stats : addStats(before.stats, stats),
    upstream: before.upstream === undefined ? upstream : addUpstream(before.upstream, upstream),
    metrics: mergeMetrics([before.metrics, lastingMetrics(metrics)]),
  };
}

/** Number by number; anything else stays as it is in `a`. */
function addFigures<T extends object>(a: T, b: T): T {
  const theirs = new Map<string, unknown>(Object.entries(b));
  const sums = Object.entries(a).map(([name, value]) => {
    const other = theirs.get(name);
    return [name, typeof value === 'number' && typeof other === 'number' ? value + other : value];
  });
  return { ...a, ...Object.fromEntries(sums) };
}
