import { type Metric, Registry } from 'prom-client';

/** One metric of one process, as prom-client's registries give it, plain enough for another process. */
export interface MetricFigures {
  readonly name: string;
  readonly help: string;
  readonly type: string;
  /** prom-client's own word for how several processes make one figure. */
  readonly aggregator?: string | undefined;
  readonly values: readonly Sample[];
}

interface Sample {
  readonly value: number;
  readonly labels: Readonly<Record<string, string | number>>;
  readonly metricName?: string | undefined;
}

type Rule = 'sum' | 'min' | 'max' | 'average' | 'first';

/** Gauges that are no amount: of several processes the worst off, or the one furthest behind, is shown. */
const RULES: readonly (readonly [pattern: RegExp, rule: Rule])[] = [
  [/^cacheside_redis_up$/, 'min'],
  [/^cacheside_purge_log_(?:applied_position|trusted)$/, 'min'],
  [/^cacheside_(?:redis_state|purge_|lease_|upstream_breaker_)/, 'max'],
  [/^process_start_time_seconds$/, 'min'],
  [/^nodejs_eventloop_lag_min_seconds$/, 'min'],
  [/^nodejs_eventloop_lag_/, 'max'],
];

/** What the Redis server says of itself: every process says the same. */
const OF_THE_SERVER = /^cacheside_tier_(?:responses|bytes|evictions_total|expired_total)$/;

function isOfTheServer(name: string, { labels }: Sample): boolean {
  const { tier } = labels;
  return tier === 'redis' && OF_THE_SERVER.test(name);
}

function ruleOf({ name, type, aggregator }: MetricFigures, sample: Sample): Rule {
  if (isOfTheServer(name, sample)) return 'max';
  if (type !== 'gauge') return 'sum';
  const own = RULES.find(([pattern]) => pattern.test(name))?.[1];
  if (own !== undefined) return own;
  const isKnown = (word: string | undefined): word is Rule =>
    word === 'min' || word === 'max' || word === 'average' || word === 'first';
  return isKnown(aggregator) ? aggregator : 'sum';
}

interface Merged {
  readonly sample: Sample;
  readonly rule: Rule;
  values: number[];
}

/** The metrics of several processes as those of one: each series once. */
export function mergeMetrics(processes: readonly (readonly MetricFigures[])[]): MetricFigures[] {
  const merged = new Map<string, { metric: MetricFigures; series: Map<string, Merged> }>();
  for (const metric of processes.flat()) {
    let { series } = merged.get(metric.name) ?? {};
    if (series === undefined) {
      series = new Map();
      merged.set(metric.name, { metric, series });
    }
    for (const sample of metric.values) {
      const id = seriesId(metric.name, sample);
      const known = series.get(id);
      if (known === undefined)
        series.set(id, { sample, rule: ruleOf(metric, sample), values: [sample.value] });
      else known.values.push(sample.value);
    }
  }
  return [...merged.values()].map(({ metric, series }) => ({
    ...metric,
    values: [...series.values()].map(({ sample, rule, values }) => ({
      ...sample,
      value: reduce(rule, values),
    })),
  }));
}

/** What must not be forgotten when a process ends: what only grows, the Redis server's own figures apart. */
export function lastingMetrics(metrics: readonly MetricFigures[]): MetricFigures[] {
  return metrics
    .filter(({ type }) => type === 'counter' || type === 'histogram')
    .map((metric) => ({ ...metric, values: metric.values.filter((v) => !isOfTheServer(metric.name, v)) }));
}

/** The exposition text. */
export function metricsText(metrics: readonly MetricFigures[]): Promise<string> {
  const registry = new Registry();
  for (const metric of metrics) {
    // The registry asks of a metric no more than its name, its type and `get()`; the type asks for a class.
    const registered = { ...metric, get: async () => metric, reset() {} };
    registry.registerMetric(registered as unknown as Metric<string>);
  }
  return registry.metrics();
}

function seriesId(name: string, { labels, metricName = name }: Sample): string {
  const sorted = Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify([metricName, sorted.map(([label, value]) => [label, String(value)])]);
}

function reduce(rule: Rule, all: readonly number[]): number {
  // prom-client gives NaN for what it has not measured yet.
  const values = all.filter((value) => !Number.isNaN(value));
  if (values.length === 0) return Number.NaN;
  switch (rule) {
    case 'sum':
      return values.reduce((total, value) => total + value, 0);
    case 'min':
      return Math.min(...values);
    case 'max':
      return Math.max(...values);
    case 'average':
      return values.reduce((total, value) => total + value, 0) / values.length;
    case 'first':
      return values[0] as number;
    default:
      return rule satisfies never;
  }
}
