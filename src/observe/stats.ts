import type { Clock } from '../clock.ts';
import { createLatency } from './latency.ts';
import type { Observer, Outcome } from './outcome.ts';
import { OUTCOME_WORDS, type OutcomeWord, outcomeWord, sparesUpstream } from './outcome-word.ts';
import { type RawStats, type RawTally, type Tally, tallyOf } from './raw-stats.ts';

/** The stats name of requests that matched no route. */
export const NO_ROUTE = 'none';

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
  /** The numbers behind the snapshot. */
  raw(): RawStats;
  /** After a reload: new routes start at zero, those that are gone are forgotten, totals go on. */
  setRoutes(names: readonly string[]): void;
}

/** Counts finished exchanges, overall and per route. Observing one allocates nothing. */
export function createStats(routeNames: readonly string[], clock: Clock): Stats {
  const since = clock.now();
  const started = clock.monotonic();
  const total = createCounts(3);
  let routes = new Map<string, Counts>();
  const setRoutes = (names: readonly string[]) => {
    const previous = routes;
    routes = new Map([...names, NO_ROUTE].map((name) => [name, previous.get(name) ?? createCounts(2)]));
  };
  setRoutes(routeNames);
  const raw = (): RawStats => ({
    total: total.raw(),
    routes: new Map([...routes].map(([name, counts]) => [name, counts.raw()])),
  });

  return {
    observe(outcome) {
      const word = outcomeWord(outcome);
      total.count(outcome, word);
      // A request that outlives its route's removal counts in the totals alone.
      routes.get(outcome.route ?? NO_ROUTE)?.count(outcome, word);
    },
    snapshot: () => snapshotOf(raw(), since, clock.monotonic() - started),
    raw,
    setRoutes,
  };
}

/** What `/stats` shows of these numbers. `since` in ms since the epoch, `uptime` in ms. */
export function snapshotOf({ total, routes }: RawStats, since: number, uptime: number): StatsSnapshot {
  const perRoute = [...routes].map(([name, tally]) => [name, tallyOf(tally)] as const);
  return {
    since,
    uptime: Math.round(uptime),
    ...tallyOf(total),
    routes: Object.fromEntries(perRoute),
  };
}

interface Counts {
  count(outcome: Outcome, word: OutcomeWord): void;
  raw(): RawTally;
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
    raw: () => ({
      outcomes: OUTCOME_WORDS.map((_, i) => at(i)),
      bytesServed: at(BYTES_SERVED),
      bytesSaved: at(BYTES_SAVED),
      hits: hits.raw(),
      forwarded: forwarded.raw(),
      refused: refused.raw(),
    }),
  };
}
