import { UPSTREAM_FAILURES } from '../errors.ts';
import type { AdmissionLevels, GateLevels } from '../observe/admission-levels.ts';
import type { LatencySnapshot } from '../observe/latency.ts';
import { OUTCOME_WORDS, type OutcomeWord } from '../observe/outcome-word.ts';
import type { Tally } from '../observe/raw-stats.ts';
import type { LastFailure, UpstreamHealth } from '../observe/upstream-health.ts';
import type { RemoteStats, TierStats } from '../store/ports.ts';
import type { LiveEvent, LiveWindow } from './live-event.ts';
import {
  BYTES,
  count,
  integer,
  list,
  type Members,
  MS,
  map,
  nullable,
  number,
  object,
  optional,
  ref,
  type Schema,
  TIME,
  text,
  word,
  yesNo,
} from './openapi-schema.ts';
import type { AdminStats, PurgeStats, WorkerStats } from './ports.ts';

export const REDIS_STATES = ['off', 'connecting', 'ready', 'degraded', 'down'] as const;
export const BREAKERS = ['off', 'closed', 'half-open', 'open'] as const;
const TURNED_AWAY = ['max-requests', 'queue', 'concurrency', 'breaker'] as const;
const STATUS_CLASSES = ['1xx', '2xx', '3xx', '4xx', '5xx', 'other'] as const;

/** One schema for each of some words. */
function each<Word extends string>(words: readonly Word[], schema: Schema): Members<Record<Word, number>> {
  return Object.fromEntries(words.map((one) => [one, schema])) as Members<Record<Word, number>>;
}

const tally: Members<Tally> = {
  requests: count('Finished requests of clients'),
  hits: count('Answered without a request to the upstream: `hit`, `stale` and `collapsed`'),
  misses: count('Looked up and then forwarded: `miss`, `expired` and `revalidated`'),
  hitRate: nullable(number('Hits among hits and misses, 0 to 1'), 'null before the first'),
  outcomes: ref('Outcomes'),
  bytesServed: { ...BYTES, description: 'Body bytes sent downstream' },
  bytesSaved: { ...BYTES, description: 'Of these, what came from stored responses' },
  responseTime: object<Tally['responseTime']>({
    all: ref('Latency'),
    hits: ref('Latency'),
    forwarded: ref('Latency'),
  }),
};

const tier: Members<TierStats> = {
  responses: count('Stored responses held'),
  bytes: BYTES,
  hits: count(),
  misses: count(),
  sets: count(),
  deletes: count(),
  evictions: count(),
  expired: count(),
};

const latency = (name: string) => nullable(MS, `ms; ${name}, null while nothing was recorded`);
const quantiles = { p50: latency('median'), p99: latency('99th percentile'), max: latency('longest') };

/** What `/stats` and `/live` tell, by the names of components. */
export const FIGURES: Readonly<Record<string, Schema>> = {
  Outcomes: object<Record<OutcomeWord, number>>(
    each(OUTCOME_WORDS, count()),
    'Requests by what became of them',
  ),
  Latency: object<LatencySnapshot>({
    count: count(),
    average: latency('average'),
    ...quantiles,
    p90: latency('90th percentile'),
    p999: latency('99.9th percentile'),
  }),
  Tally: object<Tally>(tally),
  MemoryTier: object<TierStats & { limit: number }>({ ...tier, limit: BYTES }),
  RedisTier: object<RemoteStats>(
    {
      ...tier,
      state: word(REDIS_STATES),
      errors: count(),
      timeouts: count(),
      corrupt: count(),
      dropped: count(),
      reconnects: count(),
      inFlight: count(),
      bytesInFlight: BYTES,
    },
    '`responses`, `bytes`, `evictions` and `expired` are the server’s own figures',
  ),
  Gate: object<GateLevels>({
    atUpstream: count('Exchanges and tunnels'),
    waiting: count('Requests that wait for their turn'),
    breaker: word(BREAKERS),
    probeIn: { ...MS, description: 'ms until one request is tried; 0 unless open' },
    turnedAway: object<GateLevels['turnedAway']>(each(TURNED_AWAY, count())),
  }),
  Admission: object<AdmissionLevels>({
    requests: count('Requests under way that memory did not answer'),
    exchanges: count('Exchanges with the upstream'),
    retries: count('Requests that went out a second time'),
    routes: map(ref('Gate'), 'By route name; `none` is for what matched no route'),
  }),
  UpstreamHealth: object<UpstreamHealth>({
    failures: object<UpstreamHealth['failures']>(each(UPSTREAM_FAILURES, count())),
    last: nullable(
      object<LastFailure>({
        failure: word(UPSTREAM_FAILURES),
        at: TIME,
        why: text('For people'),
      }),
    ),
    responseTime: ref('Latency'),
    statuses: object<UpstreamHealth['statuses']>(each(STATUS_CLASSES, count())),
  }),
  PurgeLog: object<PurgeStats>({
    applied: integer('Last position of the purge log applied here'),
    pending: count('Purges that were not read back from Redis yet'),
    trusted: yesNo('No purge can have been missed'),
    confirmedAgo: nullable(MS, 'ms since the end of the log was seen; null: never yet'),
    beyondLease: yesNo('That is longer than `coherence.lease`'),
    lag: object<PurgeStats['lag']>({ count: count(), ...quantiles }),
    replicas: object<PurgeStats['replicas']>({ known: count(), silent: count() }),
  }),
  Worker: object<WorkerStats>({
    worker: count('Its place, from 1'),
    pid: count(),
    uptime: MS,
    requests: count(),
    answers: yesNo('false: what is told of it is older'),
  }),
  Stats: object<AdminStats>({
    since: TIME,
    uptime: MS,
    ...tally,
    routes: map(ref('Tally'), 'By route name; `none` counts what matched no route'),
    memory: nullable(ref('MemoryTier'), 'null: no memory tier'),
    redis: nullable(ref('RedisTier'), 'null: no Redis tier'),
    admission: optional(ref('Admission')),
    upstream: ref('UpstreamHealth'),
    purges: ref('PurgeLog'),
    workers: optional(list(ref('Worker'), 'With `workers: N` alone')),
    workerRestarts: optional(count('With `workers: N` alone')),
  }),
  LiveEvent: object<LiveEvent>(
    { now: TIME, stats: ref('Stats'), window: ref('LiveWindow') },
    'The `data` of each event of the stream, which is called `live`',
  ),
  LiveWindow: object<LiveWindow>(
    { duration: MS, ...tally, routes: map(ref('Tally')) },
    'What happened since the event before; in the first nothing',
  ),
};
