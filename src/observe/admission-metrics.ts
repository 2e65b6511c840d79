import type { Registry } from 'prom-client';
import { type AdmissionLevels, BREAKER_STATES, type GateLevels, TURNED_AWAY } from './admission-levels.ts';
import { register } from './read-metric.ts';

/** What a breaker's state is as a number. */
const CLOSED = BREAKER_STATES.indexOf('closed');

/** Registers what bounds the work, read at each scrape; nothing where another process knows. */
export function registerAdmissionMetrics(
  registry: Registry,
  read: (() => AdmissionLevels | undefined) | undefined,
): void {
  if (read === undefined) return;
  const total = (
    kind: 'gauge' | 'counter',
    name: string,
    help: string,
    of: (levels: AdmissionLevels) => number,
  ) =>
    register(registry, kind, name, help, [], (set) => {
      const levels = read();
      if (levels !== undefined) set({}, of(levels));
    });
  total(
    'gauge',
    'cacheside_requests_in_flight',
    'Requests under way that memory did not answer.',
    (levels) => levels.requests,
  );
  total(
    'gauge',
    'cacheside_upstream_exchanges',
    'Exchanges with the upstream, those that wait for a connection among them.',
    (levels) => levels.exchanges,
  );
  total(
    'counter',
    'cacheside_upstream_retries_total',
    'Requests sent again, since a kept connection died under them.',
    (levels) => levels.retries,
  );

  const perRoute = (name: string, help: string, of: (gate: GateLevels) => number) =>
    register(registry, 'gauge', name, help, ['route'], (set) => {
      for (const [route, gate] of Object.entries(read()?.routes ?? {})) set({ route }, of(gate));
    });
  perRoute('cacheside_upstream_in_flight', 'Exchanges and tunnels of a route.', (gate) => gate.atUpstream);
  perRoute('cacheside_upstream_waiting', 'Requests of a route that wait for their turn.', (g) => g.waiting);
  perRoute(
    'cacheside_upstream_breaker_state',
    'Circuit breaker of a route: 0 closed, 1 half-open, 2 open.',
    ({ breaker }) => Math.max(0, BREAKER_STATES.indexOf(breaker) - CLOSED),
  );
  register(
    registry,
    'counter',
    'cacheside_turned_away_total',
    'Requests that the upstream was not asked for, by what was in the way.',
    ['route', 'reason'],
    (set) => {
      for (const [route, { turnedAway }] of Object.entries(read()?.routes ?? {}))
        for (const reason of TURNED_AWAY) set({ route, reason }, turnedAway[reason]);
    },
  );
}
