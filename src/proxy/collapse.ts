import type { RequestSpan } from '../observe/span.ts';
import { createRenewals, type Renewals } from './renewals.ts';

/** How a flight ended, for those who waited. */
export type FlightOutcome =
  /** The response is in the store: decide reuse again. */
  | 'stored'
  /** It may not be shared: everyone goes on their own at once. */
  | 'not-storable'
  /** The leader failed: one of the followers takes over. */
  | 'transient-error'
  /** The follower's own patience ended; the flight may still be under way. */
  | 'timed-out';

/** How its leader ends a flight. */
export type FlightEnd = Exclude<FlightOutcome, 'timed-out'>;

/** One fetch of one cold key, and those who wait for it. */
export interface Flight {
  /** What traces its leader. */
  span: RequestSpan | undefined;
  /** Those of this process. */
  readonly followers: number;
  /** Called when somebody joins, so that a leader held back by a slow client can go on. */
  onFollow: (() => void) | undefined;
  /** Called once, ahead of the followers. Set where the flight has the lock of its key among the replicas. */
  onEnd: ((outcome: FlightEnd) => void) | undefined;
  /** Ends the flight and wakes every follower; only the first call counts. */
  end(outcome: FlightEnd): void;
}

/** Whether others want what a flight brings; nobody knows of other replicas, so that they count as waiting. */
export function isAwaited(flight: Flight | undefined): boolean {
  return flight !== undefined && (flight.followers > 0 || flight.onEnd !== undefined);
}

/** A follower re-enters at *decide reuse* this often before it goes to the upstream by itself. */
export const ROUNDS = 3;

/** What asking for a place on a flight gives. */
export type Boarding =
  | { readonly kind: 'lead'; readonly flight: Flight }
  | {
      readonly kind: 'follow';
      readonly leader: RequestSpan | undefined;
      wait(timeout: number): Promise<FlightOutcome>;
    };

/** The flights of this process: one upstream request per cold key. */
export interface Flights {
  /** Leads a new flight for this key, or follows the one under way. */
  board(key: string): Boarding;
  isUnderWay(key: string): boolean;
  /** How many have ended so far. */
  readonly landed: number;
  /** Remembers until `until` (ms since the epoch) that nobody should wait for this key. */
  markUncacheable(key: string, until: number): void;
  isUncacheable(key: string, now: number): boolean;
  readonly renewals: Renewals;
}

/** More keys than this are not remembered as uncacheable; forgetting one costs a short queue. */
const REMEMBERED = 10_000;

export function createFlights(): Flights {
  const underWay = new Map<string, { flight: Flight; follow(timeout: number): Promise<FlightOutcome> }>();
  const uncacheable = new Map<string, number>();
  const flights: Flights & { landed: number } = {
    landed: 0,
    board(key) {
      const running = underWay.get(key);
      if (running !== undefined) return { kind: 'follow', leader: running.flight.span, wait: running.follow };
      const started = startFlight(() => {
        underWay.delete(key);
        flights.landed++;
      });
      underWay.set(key, started);
      return { kind: 'lead', flight: started.flight };
    },
    isUnderWay: (key) => underWay.has(key),
    markUncacheable(key, until) {
      if (uncacheable.size >= REMEMBERED) uncacheable.clear();
      uncacheable.set(key, until);
    },
    isUncacheable(key, now) {
      const until = uncacheable.get(key);
      if (until === undefined) return false;
      if (until > now) return true;
      uncacheable.delete(key);
      return false;
    },
    renewals: createRenewals(),
  };
  return flights;
}

function startFlight(onEnd: () => void) {
  /** undefined while nobody has come. */
  let waiting: Set<(outcome: FlightOutcome) => void> | undefined;
  let ended: FlightOutcome | undefined;
  // A plain number: an accessor would cost each flight a hidden class of its own.
  const flight: Flight & { followers: number } = {
    span: undefined,
    followers: 0,
    onFollow: undefined,
    onEnd: undefined,
    end(outcome) {
      if (ended !== undefined) return;
      ended = outcome;
      onEnd();
      const tell = flight.onEnd;
      flight.onEnd = undefined;
      tell?.(outcome);
      for (const wake of waiting ?? []) wake(outcome);
    },
  };
  const follow = (timeout: number) =>
    new Promise<FlightOutcome>((resolve) => {
      if (ended !== undefined) return resolve(ended);
      waiting ??= new Set();
      const others = waiting;
      const wake = (outcome: FlightOutcome) => {
        clearTimeout(patience);
        others.delete(wake);
        flight.followers = others.size;
        resolve(outcome);
      };
      const patience = setTimeout(wake, timeout, 'timed-out');
      others.add(wake);
      flight.followers = others.size;
      flight.onFollow?.();
    });
  return { flight, follow };
}
