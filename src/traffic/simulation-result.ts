import type { NeededMemory } from './needed-memory.ts';
import type { SimulatedMemory } from './simulated-memory.ts';
import type { MemoryTally, RouteTally } from './simulated-tally.ts';

/** What a replay came to. Times are ms since the epoch, sizes bytes. */
export interface SimulationResult {
  readonly requests: number;
  /** null: no line names a time. */
  readonly from: number | null;
  readonly until: number | null;
  /** Lines that were written out of order, name no time, no size. */
  readonly late: number;
  readonly untimed: number;
  readonly unsized: number;
  /** In order of trial; what no route took at the end. */
  readonly routes: readonly RouteResult[];
  /** By limit, in the order asked for, then without one, unless that was given up. */
  readonly memories: readonly MemoryResult[];
  /** The most that was held at once where nothing is evicted; null: more than could be followed. */
  readonly neededMemory: number | null;
}

/** What does not depend on the memory limit. */
export interface RouteResult {
  readonly route: string;
  readonly requests: number;
  readonly bytes: number;
  /** Not looked up. */
  readonly passes: number;
  readonly refused: number;
  readonly invalidations: number;
  /** Cache keys that were asked for. */
  readonly urls: number;
  /** Why requests were not looked up, in the words of Cache-Status. */
  readonly why: Readonly<Record<string, number>>;
  readonly neededMemory: number | null;
}

export interface MemoryResult {
  /** null: none. */
  readonly limit: number | null;
  readonly evictions: number;
  readonly total: MemoryFigures;
  readonly routes: Readonly<Record<string, MemoryFigures>>;
}

export interface MemoryFigures {
  /** As /stats counts them: answered from memory, and looked up and then forwarded. */
  readonly hits: number;
  readonly misses: number;
  /** Hits among hits and misses, 0–1; null before the first. */
  readonly hitRate: number | null;
  readonly outcomes: {
    readonly hit: number;
    readonly stale: number;
    readonly miss: number;
    readonly expired: number;
  };
  /** What reaches the upstream: misses, renewals in the background, and what was not looked up. */
  readonly upstreamRequests: number;
  /** Body bytes that did not come from the upstream. */
  readonly bytesSaved: number;
  /** Why the upstream was asked for what was looked up. */
  readonly why: Readonly<Record<string, number>>;
}

interface Parts {
  readonly counts: Pick<SimulationResult, 'requests' | 'late' | 'untimed' | 'unsized'>;
  readonly from: number | undefined;
  readonly until: number | undefined;
  readonly tallies: ReadonlyMap<string, RouteTally>;
  readonly memories: readonly SimulatedMemory[];
  readonly limits: readonly number[];
  readonly need: NeededMemory | undefined;
}

export function simulationResult(parts: Parts): SimulationResult {
  const { counts, from = null, until = null, tallies, memories, limits, need } = parts;
  return {
    ...counts,
    from,
    until,
    routes: [...tallies].map(([route, tally]) => ({
      route,
      requests: tally.requests,
      bytes: tally.bytes,
      passes: tally.pass,
      refused: tally.refused,
      invalidations: tally.invalidations,
      urls: tally.keys.size,
      why: wordsOf([tally.why]),
      neededMemory: need === undefined ? null : (need.routes.get(route) ?? 0),
    })),
    memories: memories.map((memory, i) => memoryResult(memory, limits[i] ?? null, tallies)),
    neededMemory: need?.most ?? null,
  };
}

function memoryResult(
  { tier, routes }: SimulatedMemory,
  limit: number | null,
  tallies: ReadonlyMap<string, RouteTally>,
): MemoryResult {
  const passes = (name: string) => tallies.get(name)?.pass ?? 0;
  const all = [...tallies.values()].reduce((sum, { pass }) => sum + pass, 0);
  const figures = [...routes].map(([name, tally]) => [name, figuresOf([tally], passes(name))] as const);
  return {
    limit,
    evictions: tier.stats().evictions,
    total: figuresOf([...routes.values()], all),
    routes: Object.fromEntries(figures),
  };
}

function figuresOf(tallies: readonly MemoryTally[], passes: number): MemoryFigures {
  const sum = (of: (tally: MemoryTally) => number) => tallies.reduce((total, tally) => total + of(tally), 0);
  const outcomes = {
    hit: sum(({ hit }) => hit),
    stale: sum(({ stale }) => stale),
    miss: sum(({ miss }) => miss),
    expired: sum(({ expired }) => expired),
  };
  const hits = outcomes.hit + outcomes.stale;
  const misses = outcomes.miss + outcomes.expired;
  return {
    hits,
    misses,
    hitRate: hits + misses === 0 ? null : hits / (hits + misses),
    outcomes,
    upstreamRequests: misses + passes + sum(({ renewals, failed }) => renewals + failed),
    bytesSaved: sum(({ bytesSaved }) => bytesSaved),
    why: wordsOf(tallies.map(({ why }) => why)),
  };
}

/** Most frequent first. */
function wordsOf(counted: readonly ReadonlyMap<string, number>[]): Readonly<Record<string, number>> {
  const sums = new Map<string, number>();
  for (const words of counted)
    for (const [word, count] of words) sums.set(word, (sums.get(word) ?? 0) + count);
  return Object.fromEntries([...sums].sort(([, a], [, b]) => b - a));
}
