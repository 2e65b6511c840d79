/** What bounds the work stands at, and whom it turned away; plain data that another process can add up. */
export interface AdmissionLevels {
  /** Requests under way that memory did not answer. */
  readonly requests: number;
  /** Exchanges with the upstream, those that wait for a connection among them. */
  readonly exchanges: number;
  /** Requests that went out a second time, since a kept connection died under them. */
  readonly retries: number;
  /** By route name; `none` is for what matched no route. */
  readonly routes: Readonly<Record<string, GateLevels>>;
}

/** What one route's gate stands at. */
export interface GateLevels {
  /** Exchanges, and tunnels. */
  readonly atUpstream: number;
  /** Requests that wait for their turn. */
  readonly waiting: number;
  readonly breaker: (typeof BREAKER_STATES)[number];
  /** ms until one request is tried; 0 unless open. */
  readonly probeIn: number;
  readonly turnedAway: Readonly<Record<(typeof TURNED_AWAY)[number], number>>;
}

/** From well to ill. */
export const BREAKER_STATES = ['off', 'closed', 'half-open', 'open'] as const;
/** Why a request was not sent; see `TurnedAway` of the gate. */
export const TURNED_AWAY = ['max-requests', 'queue', 'concurrency', 'breaker'] as const;

/** Both together; of breakers, the worse. A route that only one of them knows is kept. */
export function addAdmission(
  a: AdmissionLevels | undefined,
  b: AdmissionLevels | undefined,
): AdmissionLevels | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  const routes = { ...a.routes };
  for (const [name, gate] of Object.entries(b.routes)) {
    const before = routes[name];
    routes[name] = before === undefined ? gate : addGates(before, gate);
  }
  return {
    requests: a.requests + b.requests,
    exchanges: a.exchanges + b.exchanges,
    retries: a.retries + b.retries,
    routes,
  };
}

function addGates(a: GateLevels, b: GateLevels): GateLevels {
  const rank = ({ breaker }: GateLevels) => BREAKER_STATES.indexOf(breaker);
  return {
    atUpstream: a.atUpstream + b.atUpstream,
    waiting: a.waiting + b.waiting,
    breaker: rank(a) >= rank(b) ? a.breaker : b.breaker,
    probeIn: Math.max(a.probeIn, b.probeIn),
    turnedAway: counts((why) => a.turnedAway[why] + b.turnedAway[why]),
  };
}

/** What is left of a process that has ended: what it counted. */
export function endedAdmission(levels: AdmissionLevels): AdmissionLevels {
  const routes = Object.entries(levels.routes).map(([name, { turnedAway }]): [string, GateLevels] => [
    name,
    { atUpstream: 0, waiting: 0, breaker: 'off', probeIn: 0, turnedAway },
  ]);
  return { requests: 0, exchanges: 0, retries: levels.retries, routes: Object.fromEntries(routes) };
}

function counts(of: (why: (typeof TURNED_AWAY)[number]) => number): GateLevels['turnedAway'] {
  return {
    'max-requests': of('max-requests'),
    queue: of('queue'),
    concurrency: of('concurrency'),
    breaker: of('breaker'),
  };
}
