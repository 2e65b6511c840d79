import type { Logger } from 'pino';
import type { AdminFigures, AdminParts } from '../admin/ports.ts';
import type { Clock } from '../clock.ts';
import type { Config } from '../config/config.ts';
import { describeConfig } from '../config/describe.ts';
import { addAdmission } from '../observe/admission-levels.ts';
import { mergeMetrics, metricsText } from '../observe/merged-metrics.ts';
import type { Metrics } from '../observe/metrics.ts';
import { addStats, type RawStats } from '../observe/raw-stats.ts';
import { createStats, snapshotOf } from '../observe/stats.ts';
import { addUpstream, createUpstreamRecord, upstreamHealth } from '../observe/upstream-health.ts';
import type { RouteTable } from '../proxy/route-table.ts';
import { storedTargets } from '../proxy/stored-target.ts';
import type { CountedWorker, Crew } from '../workers/crew.ts';
import { mergeMemory, mergeRedis } from '../workers/figures.ts';
import type { HeldLog } from '../workers/held-log.ts';
import { askedOfEach, mergeKeyLists } from '../workers/key-lists.ts';
import { adminPurges } from './admin-purges.ts';
import { explanationOfAll } from './explain-parts.ts';
import { cacheLevels } from './memory-levels.ts';
import type { PurgeParts } from './purge-parts.ts';

export type Phase = 'starting' | 'ready' | 'draining';

export interface PrimaryState {
  readonly config: () => Config;
  readonly table: () => RouteTable;
  readonly phase: () => Phase;
  readonly log: Logger;
  readonly clock: Clock;
  /** Of `purges`; acknowledges what holds in every worker. */
  readonly held: Pick<HeldLog, 'append'>;
  readonly purges: Pick<PurgeParts, 'ledger' | 'stats'>;
  readonly crew: Crew;
  /** Of the primary itself. */
  readonly metrics: Metrics;
  readonly restarts: () => number;
  readonly reload: AdminParts['reload'];
}

/** How long counting in a large memory may take; a purge waits for it. ms. */
const COUNT_WITHIN = 2_000;
/** A walk through a large memory; ms. */
const LISTED_WITHIN = 5_000;
/** Redis is asked, too; ms. */
const EXPLAINED_WITHIN = 5_000;
/** A warm-up may take as long as the upstream, and this many ms more. */
const MARGIN = 5_000;

/** The admin port of a sidecar of several processes: what one process would tell, of all of them together. */
export function primaryParts(state: PrimaryState): AdminParts {
  const { config, log, clock, held, purges, crew, metrics } = state;
  const since = clock.now();
  const started = clock.monotonic();

  const figures = async (): Promise<AdminFigures> => {
    const { figures: workers, retired } = await crew.figures('counts');
    const known = workers.flatMap(({ figures }) => figures ?? []);
    const uptime = clock.monotonic() - started;
    const raw = sumOf([...known.map(({ stats }) => stats), retired.stats]);
    const upstream = [...known.map(({ upstream }) => upstream), retired.upstream ?? []].flat();
    const stats = {
      ...snapshotOf(raw, since, uptime),
      memory: mergeMemory([...known.map(({ memory }) => memory), retired.memory]),
      redis: mergeRedis([...known.map(({ redis }) => redis), retired.redis]),
      admission: known.map(({ admission }) => admission).reduce(addAdmission, retired.admission),
      upstream: upstreamHealth(upstream.reduce(addUpstream, createUpstreamRecord(clock).raw())),
      purges: purges.stats(),
      workers: workers.map((counted) => describeWorker(counted, clock.monotonic())),
      workerRestarts: state.restarts(),
    };
    return { stats, raw };
  };

  /** Counted by nobody yet: every route of now has its zeros, and those of before are forgotten. */
  const sumOf = (all: readonly (RawStats | undefined)[]): RawStats => {
    const names = config().routes.map(({ name }) => name);
    const empty = createStats(names, clock).raw();
    const sum = all.reduce<RawStats>((a, b) => (b === undefined ? a : addStats(a, b)), empty);
    return { total: sum.total, routes: new Map([...sum.routes].filter(([name]) => empty.routes.has(name))) };
  };

  return {
    tokens: config().admin.tokens,
    log,
    clock,
    purges: adminPurges(held, purges.ledger, metrics),
    ...(config().memory.enabled && {
      matching: async (purge) => sum(await crew.each('matching', purge, COUNT_WITHIN)),
    }),
    storedTargets: (target, authority) => storedTargets({ routes: state.table() }, target, authority),
    routeNames: () => state.table().rules.map(({ name }) => name),
    figures,
    keys: async (asked) =>
      mergeKeyLists(await crew.each('keys', askedOfEach(asked), LISTED_WITHIN), asked, clock.now()),
    explain: async (order) => explanationOfAll(await crew.each('explain', order, EXPLAINED_WITHIN)),
    metrics: {
      contentType: metrics.contentType,
      async text() {
        const own = await metrics.figures();
        const { figures: workers, retired } = await crew.figures();
        const theirs = workers.map(({ figures }) => figures?.metrics ?? []);
        return metricsText(mergeMetrics([own, ...theirs, retired.metrics]));
      },
    },
    readiness() {
      const levels = crew.levels();
      const memory = mergeMemory(levels.map((level) => level.memory));
      const redis = mergeRedis(levels.map((level) => level.redis));
      const warming = levels.flatMap(({ warmStart }) => warmStart ?? []);
      const { running } = crew;
      return {
        ready: state.phase() === 'ready' && running > 0,
        draining: state.phase() === 'draining',
        cache: cacheLevels(memory),
        redis: redis?.state ?? (config().redis === undefined ? 'off' : 'connecting'),
        purges: purges.stats(),
        warmStart:
          warming.length === 0
            ? undefined
            : warming.reduce((a, b) => ({ fetched: a.fetched + b.fetched, of: a.of + b.of })),
        workers: { running, of: config().workers },
      };
    },
    warm: (target) => crew.warm(target, config().upstream.timeout + MARGIN),
    reload: state.reload,
    config: () => describeConfig(config()),
  };
}

/** null where one is not known. */
function sum(counts: readonly (number | undefined)[]): number | null {
  return counts.reduce<number | null>(
    (total, count) => (total === null || count === undefined ? null : total + count),
    0,
  );
}

/** `now` by the clock's `monotonic`. */
function describeWorker({ worker, figures, answers }: CountedWorker, now: number) {
  const outcomes = figures?.stats.total.outcomes ?? [];
  return {
    worker: worker.number,
    pid: worker.pid,
    uptime: Math.round(now - worker.startedAt),
    requests: outcomes.reduce((sum, count) => sum + count, 0),
    answers,
  };
}
