import { subtractLatency } from './latency.ts';
import { type RawStats, type RawTally, type Tally, tallyOf } from './raw-stats.ts';

/** What was counted in between two moments, over all requests and by route. */
export interface StatsWindow extends Tally {
  readonly routes: Readonly<Record<string, Tally>>;
}

/**
 * What was counted after `before` and by `now`, of the routes there are now. What went down, as after the end of a
 * process, is nothing, and so never less.
 */
export function statsWindow(now: RawStats, before: RawStats): StatsWindow {
  const perRoute = [...now.routes].map(([name, tally]) => {
    const then = before.routes.get(name);
    return [name, tallyOf(then === undefined ? tally : subtractTally(tally, then))] as const;
  });
  return { ...tallyOf(subtractTally(now.total, before.total)), routes: Object.fromEntries(perRoute) };
}

function subtractTally(now: RawTally, before: RawTally): RawTally {
  const grown = (a: number, b: number) => Math.max(0, a - b);
  return {
    outcomes: now.outcomes.map((count, i) => grown(count, before.outcomes[i] ?? 0)),
    bytesServed: grown(now.bytesServed, before.bytesServed),
    bytesSaved: grown(now.bytesSaved, before.bytesSaved),
    hits: subtractLatency(now.hits, before.hits),
    forwarded: subtractLatency(now.forwarded, before.forwarded),
    refused: subtractLatency(now.refused, before.refused),
  };
}
