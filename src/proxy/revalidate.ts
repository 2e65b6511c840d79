import { alteredRequest } from '../policy/request.ts';
import type { StoredResponse } from '../policy/stored-response.ts';
import { claimRenewal } from './collapse-replicas.ts';
import { mayRenew } from './enter.ts';
import { createExchange, type Exchange } from './exchange.ts';
import { forward } from './forward.ts';
import { flightOf } from './judge.ts';
import { createNobody } from './nobody.ts';
import type { MatchedRoute } from './route-table.ts';
import type { Sidecar } from './sidecar.ts';

/**
 * Renews a stored response in the background, unless that is under way or failed just now. With `collapse:
 * replicas` one of all replicas does, and the others take it from Redis once somebody asks. No request
 * ever waits for it, and no client's leaving ends it.
 */
export function revalidate(x: Exchange, sidecar: Sidecar, route: MatchedRoute, stored: StoredResponse): void {
  const key = flightOf(stored);
  const { flights, clock } = sidecar;
  if (flights.isUnderWay(key) || !flights.renewals.isDue(key, clock.monotonic())) return;
  if (!mayRenew(sidecar, route.rule.name)) return;
  const boarding = flights.board(key);
  if (boarding.kind !== 'lead') return;
  const request = alteredRequest(x.request, { method: 'GET' });
  const background = createExchange(x.id, request, createNobody(), clock.monotonic(), ({ cache, trace }) => {
    if (cache.stored) flights.renewals.succeeded(key);
    else if (trace.includes('upstream-error') || Number(cache.fwdStatus) >= 500)
      flights.renewals.failed(key, clock.monotonic());
  });
  background.span = x.span?.renewal();
  background.route = route;
  background.url = x.url;
  background.key = x.key;
  background.cache = { hit: false, fwd: 'stale' };
  background.trace.push('lead');
  const { flight } = boarding;
  const renew = (current: StoredResponse): void => {
    const validate = { stored: current, tier: 'memory', ifError: true } as const;
    forward(background, sidecar, { share: route, flight, validate, renewal: true });
  };
  if (route.rule.collapse !== 'replicas') return renew(stored);
  claimRenewal(background, sidecar, route, stored, flight).then(
    (claim) => {
      if (claim.kind === 'left') flights.renewals.left(key, clock.monotonic());
      // A 304 to a condition sent after the purge would bring back what it took.
      const isDue = claim.kind === 'renew' && sidecar.purges.index.verdict(claim.stored) !== 'hard';
      if (isDue) renew(claim.stored);
      else flight.end(claim.kind === 'renewed' ? 'stored' : 'transient-error');
    },
    (error: unknown) => {
      flights.renewals.failed(key, clock.monotonic());
      flight.end('transient-error');
      sidecar.onFault(error, x.id);
    },
  );
}
