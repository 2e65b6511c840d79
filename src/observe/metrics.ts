import { Counter, collectDefaultMetrics, Registry } from 'prom-client';
import type { UpstreamFailure } from '../errors.ts';
import { registerAdmissionMetrics } from './admission-metrics.ts';
import { registerCodingMetrics } from './coding-metrics.ts';
import { registerDurations } from './duration-histogram.ts';
import type { MetricFigures } from './merged-metrics.ts';
import type { MetricsSources } from './metrics-sources.ts';
import type { Observer } from './outcome.ts';
import { OUTCOME_WORDS, type OutcomeWord, outcomeWord, sparesUpstream } from './outcome-word.ts';
import { registerPurgeMetrics } from './purge-metrics.ts';
import { register } from './read-metric.ts';
import { NO_ROUTE } from './stats.ts';
import { STATUS_CLASSES, statusClass } from './status-class.ts';
import { registerTierMetrics } from './tier-metrics.ts';
import { registerUpstreamMetrics } from './upstream-metrics.ts';

export interface Metrics {
  readonly observe: Observer;
  /** Counts the head of an answer of the upstream, which took `duration` ms; background work included. */
  upstreamAnswered(status: number, duration: number): void;
  /** Counts a failed upstream exchange, background work included. */
  upstreamFailed(failure: UpstreamFailure): void;
  /** Counts purges that were appended or are pending. */
  purged(purges: readonly CountedPurge[]): void;
  /** Takes how long a purge took from its append to here; ms. */
  purgeLag(ms: number): void;
  /** After a reload: series of new routes start at zero, those of routes that are gone end. */
  setRoutes(names: readonly string[]): void;
  /** The exposition text. */
  text(): Promise<string>;
  /** The same for another process to merge. */
  figures(): Promise<readonly MetricFigures[]>;
  readonly contentType: string;
}

/** The part of a purge that is counted. */
export interface CountedPurge {
  readonly selector: { readonly kind: PurgeKind };
  readonly soft: boolean;
}

const PURGE_KINDS = ['url', 'tag', 'route', 'prefix', 'glob', 'all'] as const;
type PurgeKind = (typeof PURGE_KINDS)[number];

/** By place in OUTCOME_WORDS: whether the body came from a stored response. */
const SAVES = OUTCOME_WORDS.map((word) => sparesUpstream(word) || word === 'revalidated');

/** What prom-client calls a total though it is a level, and shows by type as well. */
const MISNAMED = ['handles', 'requests', 'resources'].map((what) => `nodejs_active_${what}_total`);

const WORD_INDEX = Object.fromEntries(OUTCOME_WORDS.map((word, i) => [word, i])) as Record<
  OutcomeWord,
  number
>;

/**
 * Prometheus metrics on a registry of their own. Every label value comes from a set known at start
 * (route names, outcome words, …), so the number of series is constant; observing an exchange adds
 * to typed arrays, and labels are only made at the scrape.
 */
export function createMetrics(sources: MetricsSources): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  for (const name of MISNAMED) registry.removeSingleMetric(name);
  registerTierMetrics(registry, sources);
  registerCodingMetrics(registry, sources.coding);
  registerAdmissionMetrics(registry, sources.admission);
  const lag = registerPurgeMetrics(registry, sources);

  let routes = new Map<string, Float64Array>();
  const setRoutes = (names: readonly string[]) => {
    const previous = routes;
    const series = (name: string) => previous.get(name) ?? new Float64Array(OUTCOME_WORDS.length);
    routes = new Map([...names, NO_ROUTE].map((name) => [name, series(name)]));
  };
  setRoutes(sources.routeNames);
  const requests: Counter<'route' | 'outcome'> = new Counter({
    name: 'cacheside_requests_total',
    help: 'Finished exchanges by route and outcome.',
    labelNames: ['route', 'outcome'],
    registers: [registry],
    collect() {
      requests.reset();
      for (const [route, counts] of routes) {
        OUTCOME_WORDS.forEach((outcome, i) => {
          requests.inc({ route, outcome }, counts[i] as number);
        });
      }
    },
  });

  const statuses = new Float64Array(STATUS_CLASSES.length);
  const responses: Counter<'class'> = new Counter({
    name: 'cacheside_responses_total',
    help: 'Answers by the class of their status.',
    labelNames: ['class'],
    registers: [registry],
    collect() {
      responses.reset();
      STATUS_CLASSES.forEach((name, i) => {
        responses.inc({ class: name }, statuses[i] as number);
      });
    },
  });

  const sent = new Float64Array(2);
  const ofBodies = (name: string, help: string, index: number) =>
    register(registry, 'counter', name, help, [], (set) => set({}, sent[index] as number));
  ofBodies('cacheside_response_body_bytes_total', 'Body bytes sent downstream.', 0);
  ofBodies('cacheside_saved_body_bytes_total', 'Of these, what came from stored responses.', 1);

  const durations = registerDurations(registry, {
    name: 'cacheside_request_duration_seconds',
    help: 'From the parsed head to the last byte handed over, by outcome.',
    label: 'outcome',
    values: OUTCOME_WORDS,
  });
  const upstream = registerUpstreamMetrics(registry);
  const purges = new Counter({
    name: 'cacheside_purges_total',
    help: 'Purges taken here, by selector.',
    labelNames: ['kind', 'soft'],
    registers: [registry],
  });
  for (const kind of PURGE_KINDS) for (const soft of ['true', 'false']) purges.inc({ kind, soft }, 0);

  return {
    observe(outcome) {
      const word = outcomeWord(outcome);
      const counts = routes.get(outcome.route ?? NO_ROUTE) ?? routes.get(NO_ROUTE);
      if (counts !== undefined) add(counts, WORD_INDEX[word], 1);
      add(statuses, statusClass(outcome.status), 1);
      add(sent, 0, outcome.bytes);
      if (SAVES[WORD_INDEX[word]]) add(sent, 1, outcome.bytes);
      durations[word].record(outcome.duration);
    },
    upstreamAnswered: upstream.answered,
    upstreamFailed: upstream.failed,
    purged(taken) {
      for (const { selector, soft } of taken) purges.inc({ kind: selector.kind, soft: String(soft) });
    },
    purgeLag: (ms) => lag.record(ms),
    setRoutes,
    text: () => registry.metrics(),
    figures: async () => (await registry.getMetricsAsJSON()) as unknown as readonly MetricFigures[],
    contentType: registry.contentType,
  };
}

function add(numbers: Float64Array, index: number, amount: number): void {
  numbers[index] = (numbers[index] as number) + amount;
}
