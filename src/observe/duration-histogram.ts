import type { Metric, Registry } from 'prom-client';

/** Upper bounds in seconds: memory hits at one end, the longest upstream time-outs at the other. */
export const DURATION_BUCKETS = [
  0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30,
] as const;

/** One series of a histogram. */
export interface DurationSeries {
  /** Takes one duration in ms. */
  record(duration: number): void;
}

interface Sample {
  readonly metricName: string;
  readonly labels: Readonly<Record<string, string | number>>;
  readonly value: number;
}

/**
 * Registers a histogram of durations in seconds with one series per value of one label, or a single
 * one without a label. prom-client's own validates and hashes the labels at every observation, bound
 * children included; this one adds to a typed array and is turned into samples at the scrape.
 */
export function registerDurations<Value extends string>(
  registry: Registry,
  metric: {
    readonly name: string;
    readonly help: string;
    readonly label?: string;
    readonly values: readonly Value[];
  },
): Readonly<Record<Value, DurationSeries>> {
  const series = metric.values.map((value) => ({ value, ...createSeries() }));
  const get = async () => ({
    name: metric.name,
    help: metric.help,
    type: 'histogram',
    aggregator: 'sum',
    values: series.flatMap(({ value, counts, sum }) =>
      samples(metric.name, metric.label === undefined ? {} : { [metric.label]: value }, counts, sum()),
    ),
  });
  // The registry asks of a metric no more than its name, its type and `get()`; the type asks for a class.
  const registered = {
    name: metric.name,
    help: metric.help,
    type: 'histogram',
    aggregator: 'sum',
    get,
    reset() {},
  };
  registry.registerMetric(registered as unknown as Metric<string>);
  return Object.fromEntries(series.map(({ value, record }) => [value, { record }])) as Record<
    Value,
    DurationSeries
  >;
}

function createSeries() {
  /** One per bucket, not cumulative; the last is everything above the highest bound. */
  const counts = new Float64Array(DURATION_BUCKETS.length + 1);
  const sum = new Float64Array(1);
  return {
    counts,
    sum: () => sum[0] as number,
    record(duration: number) {
      const seconds = duration / 1000;
      let i = 0;
      while (i < DURATION_BUCKETS.length && seconds > (DURATION_BUCKETS[i] as number)) i++;
      counts[i] = (counts[i] as number) + 1;
      sum[0] = (sum[0] as number) + seconds;
    },
  };
}

function samples(name: string, labels: Record<string, string>, counts: Float64Array, sum: number): Sample[] {
  const out: Sample[] = [];
  let count = 0;
  counts.forEach((inBucket, i) => {
    count += inBucket;
    out.push({
      metricName: `${name}_bucket`,
      labels: { le: DURATION_BUCKETS[i] ?? '+Inf', ...labels },
      value: count,
    });
  });
  out.push({ metricName: `${name}_sum`, labels, value: sum });
  out.push({ metricName: `${name}_count`, labels, value: count });
  return out;
}
