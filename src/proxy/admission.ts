import type { RouteRule } from '../policy/route-rule.ts';
import { sendAway, sendInTurn } from './forward.ts';
import { type BreakerSettings, createGate, type Gate } from './gate.ts';

/** How many of something there are, and may be at once. */
export interface Bound {
  taken: number;
  readonly limit: number;
}

/** What bounds the work in this process, and what of it reaches the upstream. */
export interface Admission {
  /** Requests that memory did not answer; hits are no part of it. */
  readonly requests: Bound;
  /** Exchanges with the upstream, those that wait for a connection among them; tunnels have their own. */
  readonly exchanges: Bound & {
    /** Of which renewals in the background leave the rest to clients. */
    readonly renewals: number;
  };
  /** The gate of a route; undefined, or a route that is gone: the one for what matches none. */
  gateOf(route: string | undefined): Gate;
  readonly gates: readonly Gate[];
  /** After a reload: a route that goes on keeps its gate, with the bounds it has now. */
  setRoutes(rules: readonly RouteRule[]): void;
}

/** What the configuration says, and what it is done with. */
export interface AdmissionSettings {
  readonly rules: readonly RouteRule[];
  readonly maxRequests: number;
  readonly connections: number;
  /** Requests that may wait for one of the connections. */
  readonly queue: number;
  /** undefined: there is none. */
  readonly breaker: BreakerSettings | undefined;
  /** Monotonic ms. */
  readonly now: () => number;
  /** In [0, 1). */
  readonly random: () => number;
  /** Told of each change of a breaker's state. */
  readonly onBreaker: (gate: Gate) => void;
}

/** A gate for each route, and one for what matches none. */
export function createAdmission(settings: AdmissionSettings): Admission {
  const { rules, maxRequests, connections, queue, breaker, now, random, onBreaker } = settings;
  const parts = { breaker, now, random, onBreaker, onTurn: sendInTurn, onTurnedAway: sendAway };
  const other = createGate(undefined, parts);
  let gates = new Map<string | undefined, Gate>();
  const setRoutes = (next: readonly RouteRule[]): void => {
    const before = gates;
    gates = new Map();
    for (const { name, concurrency } of next) {
      const gate = before.get(name) ?? createGate(name, parts);
      gate.turns.setBounds(concurrency);
      gates.set(name, gate);
    }
    // Whoever waits at one that is gone waits for nothing any more.
    for (const [name, gate] of before) if (!gates.has(name)) gate.turns.setBounds(undefined);
  };
  setRoutes(rules);
  return {
    requests: { taken: 0, limit: maxRequests },
    exchanges: { taken: 0, limit: connections + queue, renewals: connections + queue / 2 },
    gateOf: (route) => gates.get(route) ?? other,
    get gates() {
      return [...gates.values(), other];
    },
    setRoutes,
  };
}
