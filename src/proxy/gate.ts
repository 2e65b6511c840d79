import { type CircuitBreaker, createCircuitBreaker, type Tripwire } from '../circuit-breaker.ts';
import { createSlidingShare } from '../sliding-share.ts';
import type { Trip } from './trip.ts';
import { createTurns, type Turns } from './turns.ts';

/** Why a request is not sent to the upstream, though nothing else could answer it. */
export type TurnedAway =
  /** More requests than `clients.max-requests` are under way. */
  | 'max-requests'
  /** More than `upstream.queue` wait for a connection. */
  | 'queue'
  /** Its route's `concurrency` has no turn for it, nor room in the queue, or had none in time. */
  | 'concurrency'
  /** The upstream failed too often on this route. */
  | 'breaker';

/** When a breaker opens, and for how long; durations in ms. */
export interface BreakerSettings {
  /** Share of the exchanges, above 0 and at most 1, that has to fail. */
  readonly failures: number;
  /** Exchanges below which that says nothing. */
  readonly atLeast: number;
  readonly within: number;
  readonly open: number;
  readonly longest: number;
  readonly statuses: ReadonlySet<number>;
}

/** What the requests of one route pass on their way to the upstream. */
export interface Gate {
  /** undefined: for what matches no route. */
  readonly route: string | undefined;
  readonly turns: Turns<Trip>;
  /** undefined: there is none. */
  readonly breaker: CircuitBreaker | undefined;
  /** Statuses that the breaker takes for failures. */
  readonly failures: ReadonlySet<number>;
  /** How many were turned away here, by reason. */
  readonly turnedAway: Record<TurnedAway, number>;
}

/** What gates have in common. */
export interface GateParts {
  readonly breaker: BreakerSettings | undefined;
  /** Monotonic ms. */
  readonly now: () => number;
  readonly random: () => number;
  /** A turn has become free for this one, which waited. */
  readonly onTurn: (trip: Trip) => void;
  /** It is not to wait any longer. */
  readonly onTurnedAway: (trip: Trip, why: TurnedAway) => void;
  /** Told of each change of a breaker's state. */
  readonly onBreaker: (gate: Gate) => void;
}

const NO_STATUS: ReadonlySet<number> = new Set();

/** `route`: see Gate. */
export function createGate(route: string | undefined, parts: GateParts): Gate {
  const { breaker: settings, now, random, onTurn, onTurnedAway, onBreaker } = parts;
  const turns = createTurns<Trip>(onTurn, (trip) => onTurnedAway(trip, 'concurrency'));
  const breaker =
    settings &&
    createCircuitBreaker({
      tripwire: failureShare(settings, now),
      backOff: settings.open,
      maxBackOff: settings.longest,
      now,
      random,
      onChange(state) {
        onBreaker(gate);
        if (state === 'open') turns.dismiss((trip) => onTurnedAway(trip, 'breaker'));
      },
    });
  const turnedAway = { 'max-requests': 0, queue: 0, concurrency: 0, breaker: 0 };
  const gate: Gate = { route, turns, breaker, failures: settings?.statuses ?? NO_STATUS, turnedAway };
  return gate;
}

/** Trips where failures are such a share of what ended of late. */
function failureShare({ failures, atLeast, within }: BreakerSettings, now: () => number): Tripwire {
  const recent = createSlidingShare(within, now);
  return {
    succeeded: () => recent.add(false),
    failed() {
      recent.add(true);
      return recent.total >= atLeast && recent.ones >= failures * recent.total;
    },
    reset: recent.clear,
  };
}
