import type { CircuitBreaker } from '../circuit-breaker.ts';
import type { Admission } from '../proxy/admission.ts';
import type { Gate } from '../proxy/gate.ts';

/** A breaker that stands as another one stands, and whom nothing moves. */
function stageBreaker(breaker: CircuitBreaker): CircuitBreaker {
  const { state, probeIn, refuses } = breaker;
  const nothing = () => {};
  return {
    state,
    probeIn,
    refuses,
    admits: () => !refuses,
    succeeded: nothing,
    failed: nothing,
    abandoned: nothing,
    reset: nothing,
  };
}

function stageGate({ route, turns, breaker, failures }: Gate, onWait: () => void): Gate {
  const { taken, waiting, bounds } = turns;
  return {
    route,
    failures,
    breaker: breaker && stageBreaker(breaker),
    turnedAway: { 'max-requests': 0, queue: 0, concurrency: 0, breaker: 0 },
    turns: {
      taken,
      waiting,
      bounds,
      take() {
        if (bounds === undefined || (taken < bounds.limit && waiting === 0)) return true;
        if (waiting >= bounds.queue || bounds.timeout <= 0) return false;
        // What comes of it is the same after the wait.
        onWait();
        return true;
      },
      await: () => false,
      withdraw() {},
      free() {},
      dismiss() {},
      setBounds() {},
    },
  };
}

/** Bounds as full as others are, of which nothing is ever taken. `onWait`: a request would have to wait for its turn. */
export function stageAdmission(admission: Admission, onWait: () => void): Admission {
  const { requests, exchanges } = admission;
  return {
    requests: { taken: requests.taken, limit: requests.limit },
    exchanges: { taken: exchanges.taken, limit: exchanges.limit, renewals: exchanges.renewals },
    gateOf: (route) => stageGate(admission.gateOf(route), onWait),
    gates: [],
    setRoutes() {},
  };
}
