import { createHistogram, type RecordableHistogram } from 'node:perf_hooks';

/** Response times in ms; all but `count` are null while nothing was recorded. */
export interface LatencySnapshot {
  readonly count: number;
  readonly average: number | null;
  readonly p50: number | null;
  readonly p90: number | null;
  readonly p99: number | null;
  readonly p999: number | null;
  readonly max: number | null;
}

export interface Latency {
  /** Takes one duration in ms. */
  record(duration: number): void;
  readonly histogram: RecordableHistogram;
  readonly figures: 2 | 3;
}

const HOUR_IN_US = 3_600_000_000;

/**
 * Records durations in µs, from 1 µs to one hour, longer ones as one hour. `figures` significant
 * decimal digits: 3 costs about 180 KiB of memory, 2 about 25 KiB.
 */
export function createLatency(figures: 2 | 3): Latency {
  const histogram = emptyHistogram(figures);
  return {
    histogram,
    figures,
    record(duration) {
      const us = Math.round(duration * 1000);
      histogram.record(us > 0 ? Math.min(us, HOUR_IN_US) : 1);
    },
  };
}

/** The figures over all of `parts` together. */
export function latencySnapshot(...parts: readonly Latency[]): LatencySnapshot {
  const used = parts.filter(({ histogram }) => histogram.count > 0);
  const [only] = used;
  if (only === undefined) {
    return { count: 0, average: null, p50: null, p90: null, p99: null, p999: null, max: null };
  }
  if (used.length === 1) return figuresOf(only.histogram);
  const merged = emptyHistogram(used.some(({ figures }) => figures === 3) ? 3 : 2);
  for (const { histogram } of used) merged.add(histogram);
  return figuresOf(merged);
}

function emptyHistogram(figures: 2 | 3): RecordableHistogram {
  return createHistogram({ lowest: 1, highest: HOUR_IN_US, figures });
}

function figuresOf(histogram: RecordableHistogram): LatencySnapshot {
  const at = (percentile: number) => histogram.percentile(percentile) / 1000;
  return {
    count: histogram.count,
    average: Math.round(histogram.mean) / 1000,
    p50: at(50),
    p90: at(90),
    p99: at(99),
    p999: at(99.9),
    max: histogram.max / 1000,
  };
}
