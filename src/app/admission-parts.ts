import type { Logger } from 'pino';
import type { Clock } from '../clock.ts';
import type { Config } from '../config/config.ts';
import type { AdmissionLevels, GateLevels } from '../observe/admission-levels.ts';
import { NO_ROUTE } from '../observe/stats.ts';
import { type Admission, createAdmission } from '../proxy/admission.ts';
import type { Gate } from '../proxy/gate.ts';

/** What bounds the work of one process; each breaker's change of state is a line of the log. */
export function openAdmission(config: Config, clock: Clock, log: Logger): Admission {
  const { upstream, downstream, routes } = config;
  return createAdmission({
    rules: routes,
    maxRequests: downstream.maxRequests,
    connections: upstream.connections,
    queue: upstream.queue,
    breaker: upstream.breaker,
    now: clock.monotonic,
    random: Math.random,
    onBreaker: (gate) => tellBreaker(gate, log),
  });
}

/** What it stands at, for stats and metrics. */
export function admissionLevels(
  admission: Admission,
  upstream: { readonly retries: number },
): AdmissionLevels {
  const { requests, exchanges, gates } = admission;
  return {
    requests: requests.taken,
    exchanges: exchanges.taken,
    retries: upstream.retries,
    routes: Object.fromEntries(gates.map((gate) => [gate.route ?? NO_ROUTE, gateLevels(gate)])),
  };
}

function gateLevels({ turns, breaker, turnedAway }: Gate): GateLevels {
  return {
    atUpstream: turns.taken,
    waiting: turns.waiting,
    breaker: breaker?.state ?? 'off',
    probeIn: Math.round(breaker?.probeIn ?? 0),
    turnedAway: { ...turnedAway },
  };
}

function tellBreaker({ route = NO_ROUTE, breaker }: Gate, log: Logger): void {
  if (breaker === undefined) return;
  const { state } = breaker;
  const about = { route, breaker: state };
  switch (state) {
    case 'open':
      return log.warn(
        { ...about, probeIn: Math.round(breaker.probeIn) },
        'upstream: too many failures on this route; nothing of it is sent',
      );
    case 'half-open':
      return log.info(about, 'upstream: one request of this route is tried');
    case 'closed':
      return log.info(about, 'upstream: answers again on this route');
    default:
      state satisfies never;
  }
}
