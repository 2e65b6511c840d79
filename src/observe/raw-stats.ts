import { addLatency, type LatencySnapshot, latencySnapshot, type RawLatency } from './latency.ts';
import { missesStored, OUTCOME_WORDS, type OutcomeWord, sparesUpstream } from './outcome-word.ts';

/** What was counted, over all requests or over one route's. */
export interface Tally {
  readonly requests: number;
  /** Answered without a request to the upstream: `hit`, `stale` and `collapsed`. */
  readonly hits: number;
  /** Looked up and then forwarded: `miss`, `expired` and `revalidated`. */
  readonly misses: number;
  /** Hits among hits and misses, 0–1; null before the first. */
  readonly hitRate: number | null;
  readonly outcomes: Readonly<Record<OutcomeWord, number>>;
  /** Body bytes sent downstream. */
  readonly bytesServed: number;
  /** Of these, what came from stored responses and so not from the upstream. */
  readonly bytesSaved: number;
  readonly responseTime: {
    readonly all: LatencySnapshot;
    readonly hits: LatencySnapshot;
    /** Every request that the upstream was asked for: misses, passes and errors. */
    readonly forwarded: LatencySnapshot;
  };
}

/** The numbers behind a tally, as plain data that another process can add up. */
export interface RawTally {
  /** By place in OUTCOME_WORDS. */
  readonly outcomes: readonly number[];
  readonly bytesServed: number;
  readonly bytesSaved: number;
  readonly hits: RawLatency;
  readonly forwarded: RawLatency;
  readonly refused: RawLatency;
}

/** What one process has counted since it started. */
export interface RawStats {
  readonly total: RawTally;
  /** By route name, in order. */
  readonly routes: ReadonlyMap<string, RawTally>;
}

export function tallyOf(raw: RawTally): Tally {
  const outcomes = Object.fromEntries(OUTCOME_WORDS.map((word, i) => [word, raw.outcomes[i] ?? 0])) as Record<
    OutcomeWord,
    number
  >;
  const sum = (belongs: (word: OutcomeWord) => boolean) =>
    OUTCOME_WORDS.reduce((n, word) => (belongs(word) ? n + outcomes[word] : n), 0);
  const hits = sum(sparesUpstream);
  const misses = sum(missesStored);
  return {
    requests: sum(() => true),
    hits,
    misses,
    hitRate: hits + misses === 0 ? null : hits / (hits + misses),
    outcomes,
    bytesServed: raw.bytesServed,
    bytesSaved: raw.bytesSaved,
    responseTime: {
      all: latencySnapshot(raw.hits, raw.forwarded, raw.refused),
      hits: latencySnapshot(raw.hits),
      forwarded: latencySnapshot(raw.forwarded),
    },
  };
}

/** Both together. A route that only one of them knows is kept. */
export function addStats(a: RawStats, b: RawStats): RawStats {
  const routes = new Map(a.routes);
  for (const [name, tally] of b.routes) {
    const before = routes.get(name);
    routes.set(name, before === undefined ? tally : addTallies(before, tally));
  }
  return { total: addTallies(a.total, b.total), routes };
}

function addTallies(a: RawTally, b: RawTally): RawTally {
  return {
    outcomes: a.outcomes.map((count, i) => count + (b.outcomes[i] ?? 0)),
    bytesServed: a.bytesServed + b.bytesServed,
    bytesSaved: a.bytesSaved + b.bytesSaved,
    hits: addLatency(a.hits, b.hits),
    forwarded: addLatency(a.forwarded, b.forwarded),
    refused: addLatency(a.refused, b.refused),
  };
}
