import { type Clock, systemClock } from '../clock.ts';
import { createLatency, type LatencySnapshot, latencySnapshot } from './latency.ts';
import type { Observer, Outcome } from './outcome.ts';
import {
  missesStored,
  OUTCOME_WORDS,
  type OutcomeWord,
  outcomeWord,
  sparesUpstream,
} from './outcome-word.ts';

/** The stats name of requests that matched no route. */
export const NO_ROUTE = 'none';

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

export interface StatsSnapshot extends Tally {
  /** When counting began; ms since the epoch. */
  readonly since: number;
  /** ms since then. */
  readonly uptime: number;
  /** By route name; `none` counts what matched no route. */
  readonly routes: Readonly<Record<string, Tally>>;
}

export interface Stats {
  readonly observe: Observer;
  snapshot(): StatsSnapshot;
  /** After a reload: new routes start at zero, those that are gone are forgotten, totals go on. */
  setRoutes(names: readonly string[]): void;
}

/** Counts finished exchanges, overall and per route. Observing one allocates nothing. */
export function createStats(routeNames: readonly string[], clock: Clock = systemClock): Stats {
  const since = clock.now();
  const started = clock.monotonic();
  const total = createCounts(3);
  let routes = new Map<string, Counts>();
  const setRoutes = (names: readonly string[]) => {
    const previous = routes;
    routes = new Map([...names, NO_ROUTE].map((name) => [name, previous.get(name) ?? createCounts(2)]));
  };
  setRoutes(routeNames);

  return {
    observe(outcome) {
      const word = outcomeWord(outcome);
      total.count(outcome, word);
      // A request that outlives its route's removal counts in the totals alone.
      routes.get(outcome.route ?? NO_ROUTE)?.count(outcome, word);
    },
    snapshot() {
      const perRoute = [...routes].map(([name, counts]) => [name, counts.tally()] as const);
      return {
        since,
        uptime: Math.round(clock.monotonic() - started),
        ...total.tally(),
        routes: Object.fromEntries(perRoute),
      };
    },
    setRoutes,
  };
}

interface Counts {
  count(outcome: Outcome, word: OutcomeWord): void;
  tally(): Tally;
}

const INDEX = Object.fromEntries(OUTCOME_WORDS.map((word, i) => [word, i])) as Record<OutcomeWord, number>;
const BYTES_SERVED = OUTCOME_WORDS.length;
const BYTES_SAVED = BYTES_SERVED + 1;

function createCounts(figures: 2 | 3): Counts {
  // Doubles in place: a number kept in a closure or an object would be boxed anew once it outgrows 31 bits.
  const numbers = new Float64Array(BYTES_SAVED + 1);
  const hits = createLatency(figures);
  const forwarded = createLatency(figures);
  const refused = createLatency(figures);
  const add = (index: number, amount: number) => {
    numbers[index] = (numbers[index] as number) + amount;
  };
  const at = (index: number) => numbers[index] as number;

  return {
    count(outcome, word) {
      add(INDEX[word], 1);
      add(BYTES_SERVED, outcome.bytes);
      const spared = sparesUpstream(word);
      if (spared || word === 'revalidated') add(BYTES_SAVED, outcome.bytes);
      const latency = spared ? hits : word === 'refused' ? refused : forwarded;
      latency.record(outcome.duration);
    },
    tally() {
      const outcomes = Object.fromEntries(OUTCOME_WORDS.map((word, i) => [word, at(i)])) as Record<
        OutcomeWord,
        number
      >;
      const sum = (belongs: (word: OutcomeWord) => boolean) =>
        OUTCOME_WORDS.reduce((n, word) => (belongs(word) ? n + outcomes[word] : n), 0);
      const hitCount = sum(sparesUpstream);
      const missCount = sum(missesStored);
      return {
        requests: sum(() => true),
        hits: hitCount,
        misses: missCount,
        hitRate: hitCount + missCount === 0 ? null : hitCount / (hitCount + missCount),
        outcomes,
        bytesServed: at(BYTES_SERVED),
        bytesSaved: at(BYTES_SAVED),
        responseTime: {
          all: latencySnapshot(hits, forwarded, refused),
          hits: latencySnapshot(hits),
          forwarded: latencySnapshot(forwarded),
        },
      };
    },
  };
}
