import type { CacheStatus } from '../policy/cache-status.ts';
import { serveStale } from './answer-validation.ts';
import type { Exchange } from './exchange.ts';
import type { Gate, TurnedAway } from './gate.ts';
import { type Finding, toValidate } from './judge.ts';
import { sendProblem } from './problem.ts';
import { abandon, type Report } from './report.ts';
import type { Sidecar } from './sidecar.ts';
import { land, startTrip, type Trip } from './trip.ts';

/*
 * Between the pipeline and the upstream: who is sent, who waits, who is turned away. Each turn that is taken is given
 * back once: where the upstream's listener hears the end of the exchange, or by whoever ends a trip on which nothing
 * was sent.
 */

/** Counts a request that memory does not answer; false: there are too many, and it has its answer. */
export function admit(x: Exchange, sidecar: Sidecar, finding?: Finding): boolean {
  const { requests } = sidecar.admission;
  if (requests.taken >= requests.limit) {
    const validate = finding?.kind === 'validate' ? toValidate(finding) : undefined;
    turnAway(startTrip(x, sidecar, { share: undefined, validate }), 'max-requests');
    return false;
  }
  requests.taken++;
  x.countedIn = requests;
  return true;
}

/** True: it may be sent now. False: it waits for its turn, or has been turned away. */
export function enter(trip: Trip): boolean {
  const { gate, sidecar } = trip;
  if (gate.breaker?.refuses) turnAway(trip, 'breaker');
  else if (isFull(trip)) turnAway(trip, 'queue');
  else if (trip.isInside) return goIn(trip);
  else if (gate.turns.take()) {
    trip.isInside = true;
    sidecar.admission.exchanges.taken++;
    return goIn(trip);
  } else if (!wait(trip)) turnAway(trip, 'concurrency');
  return false;
}

/** A turn was taken for a trip that waited. True: it may be sent now. False: it has been turned away. */
export function takeTurn(trip: Trip): boolean {
  const full = isFull(trip);
  trip.isInside = true;
  trip.sidecar.admission.exchanges.taken++;
  if (!full) return goIn(trip);
  turnAway(trip, 'queue');
  return false;
}

function goIn(trip: Trip): boolean {
  const { breaker } = trip.gate;
  if (breaker === undefined || breaker.state === 'closed') return true;
  trip.isProbe = breaker.admits();
  if (!trip.isProbe) turnAway(trip, 'breaker');
  return trip.isProbe;
}

/** Renewals leave half of the queue to those who wait for an answer. */
function isFull({ isInside, renewal, sidecar }: Trip): boolean {
  const { taken, limit, renewals } = sidecar.admission.exchanges;
  return !isInside && taken >= (renewal ? renewals : limit);
}

function wait(trip: Trip): boolean {
  const { x, gate, sidecar, renewal } = trip;
  const { bounds } = gate.turns;
  if (renewal || bounds === undefined) return false;
  // From its arrival on, so that a follower that comes to lead after one in vain does not wait all over.
  const patience = bounds.timeout - (sidecar.clock.monotonic() - x.startedAt);
  if (!gate.turns.await(trip, patience)) return false;
  x.trace.push('queued');
  return true;
}

/** Takes a turn for a tunnel, which is given back when it ends; the reason where there is none. */
export function enterTunnel(entry: Report): TurnedAway | undefined {
  const { breaker, turns, turnedAway } = entry.gate;
  const why = breaker?.refuses ? 'breaker' : turns.take() ? undefined : 'concurrency';
  if (why !== undefined) turnedAway[why]++;
  else if (breaker !== undefined && breaker.state !== 'closed') entry.isProbe = breaker.admits();
  return why;
}

/** Whether a renewal in the background would be sent now. */
export function mayRenew(sidecar: Sidecar, route: string): boolean {
  const { exchanges, gateOf } = sidecar.admission;
  const { breaker, turns } = gateOf(route);
  if (breaker?.refuses || exchanges.taken >= exchanges.renewals) return false;
  return turns.bounds === undefined || turns.taken < turns.bounds.limit;
}

/** What is stored stands in where it may stand in for an upstream that failed; else the client is to come again. */
export function turnAway(trip: Trip, why: TurnedAway): void {
  const { x, sidecar, gate } = trip;
  leave(trip);
  gate.turnedAway[why]++;
  x.trace.push(why === 'breaker' ? 'breaker-open' : 'overloaded');
  x.cache = { hit: true };
  if (serveStale(trip)) return;
  land(trip, 'transient-error');
  x.cache = cacheStatusOf(why);
  const { detail, retryAfter } = refusalOf(gate, why);
  sendProblem(x, sidecar.clock, 503, detail, ['Retry-After', String(retryAfter)]);
}

/** What an answer says of it: nothing was forwarded. */
export function cacheStatusOf(why: TurnedAway): CacheStatus {
  return why === 'breaker'
    ? { hit: false, detail: 'breaker-open' }
    : { hit: false, detail: 'overloaded', subject: why };
}

/** What a client is told that is turned away; `retryAfter` in s. */
export function refusalOf(
  { breaker }: Gate,
  why: TurnedAway,
): { readonly detail: string; readonly retryAfter: number } {
  if (why !== 'breaker') return { detail: 'Too many requests are under way already.', retryAfter: 1 };
  const retryAfter = Math.max(1, Math.ceil((breaker?.probeIn ?? 0) / 1000));
  return { detail: 'The upstream failed too often, and is left alone for a while.', retryAfter };
}

/** Gives back what the trip holds; a probe that has shown nothing leaves it to the next. */
export function leave(trip: Trip): void {
  abandon(trip);
  if (!trip.isInside) return;
  trip.isInside = false;
  trip.sidecar.admission.exchanges.taken--;
  trip.gate.turns.free();
}
