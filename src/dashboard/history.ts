import type { LiveEvent } from '../admin/live-event.ts';
import type { OutcomeWord } from '../observe/outcome-word.ts';

/** One second, or whatever lay between two events. Rates are per second; null: nothing to tell, or a gap. */
export interface Moment {
  /** s since the epoch. */
  readonly at: number;
  /** ms that the rates are of. */
  readonly duration: number;
  readonly outcomes: Readonly<Record<OutcomeWord, number>> | null;
  readonly hits: number;
  readonly misses: number;
  readonly requests: number;
  /** Response times, ms. */
  readonly hitP50: number | null;
  readonly hitP99: number | null;
  readonly forwardedP50: number | null;
  readonly forwardedP99: number | null;
  /** Bytes. */
  readonly memory: number | null;
  readonly memoryLimit: number | null;
  readonly evictions: number | null;
}

/** What this page has seen, oldest first; nothing else remembers it. */
export interface History {
  add(event: LiveEvent): Moment;
  /** The connection was lost: what comes next does not continue what was. */
  interrupt(): void;
  readonly moments: readonly Moment[];
}

/** ms. */
export const LONGEST = 15 * 60_000;

export function createHistory(): History {
  const moments: Moment[] = [];
  let evictions: number | undefined;

  return {
    add({ now, stats, window }) {
      const { duration } = window;
      const isRate = duration > 0;
      const total = stats.memory?.evictions;
      const evicted = total !== undefined && evictions !== undefined && isRate ? total - evictions : null;
      evictions = total;
      const { hits, forwarded } = window.responseTime;
      const moment: Moment = {
        at: now / 1000,
        duration,
        outcomes: isRate ? perSecondEach(window.outcomes, duration) : null,
        hits: window.hits,
        misses: window.misses,
        requests: window.requests,
        hitP50: hits.p50,
        hitP99: hits.p99,
        forwardedP50: forwarded.p50,
        forwardedP99: forwarded.p99,
        memory: stats.memory?.bytes ?? null,
        memoryLimit: stats.memory?.limit ?? null,
        // A sidecar that started anew counts from zero.
        evictions: evicted === null ? null : (Math.max(0, evicted) * 1000) / duration,
      };
      const last = moments.at(-1);
      // The sidecar's clock was set back: what was seen before has no place any more.
      if (last !== undefined && moment.at <= last.at) moments.length = 0;
      moments.push(moment);
      const oldest = now - LONGEST;
      while ((moments[0]?.at ?? now) * 1000 < oldest) moments.shift();
      return moment;
    },
    interrupt() {
      evictions = undefined;
      const last = moments.at(-1);
      if (last !== undefined && last.outcomes !== null) moments.push(gapAfter(last));
    },
    moments,
  };
}

/** Where a line is interrupted. */
function gapAfter({ at }: Moment): Moment {
  return {
    at: at + 0.001,
    duration: 0,
    outcomes: null,
    hits: 0,
    misses: 0,
    requests: 0,
    hitP50: null,
    hitP99: null,
    forwardedP50: null,
    forwardedP99: null,
    memory: null,
    memoryLimit: null,
    evictions: null,
  };
}

function perSecondEach(
  counts: Readonly<Record<OutcomeWord, number>>,
  duration: number,
): Record<OutcomeWord, number> {
  const rates = { ...counts };
  for (const word of Object.keys(counts) as OutcomeWord[]) rates[word] = (counts[word] * 1000) / duration;
  return rates;
}
