import { remainingFreshness } from '../policy/freshness.ts';
import type { ExchangeTimes } from '../policy/storability.ts';
import { decideValidation, freshen } from '../policy/validation.ts';
import type { UpstreamHead } from './ports.ts';
import { keep, storedResponse } from './recording.ts';
import type { MatchedRoute } from './route-table.ts';
import { serveStored } from './serve-stored.ts';
import { land, leaveUnstored, type ToValidate, type Trip } from './trip.ts';

/**
 * Answers from the stored response where the upstream's head says that it is good again, or where the
 * upstream failed and the stored response may stand in. False: the upstream's response is the answer.
 */
export function answerValidation(trip: Trip, head: UpstreamHead, times: ExchangeTimes): boolean {
  const { validate, share } = trip;
  if (validate === undefined) return false;
  const { kind } = decideValidation(head);
  if (kind === 'freshen' && share !== undefined) freshenStored(trip, validate, share, head, times);
  else if (kind !== 'error' || !serveStale(trip)) return false;
  if (head.framing !== 'none') dismissBody(trip);
  return true;
}

/** Serves what is stored in place of an upstream that failed; false where that is not allowed. */
export function serveStale(trip: Trip): boolean {
  const { x, sidecar, validate } = trip;
  if (validate === undefined || !validate.ifError) return false;
  const { stored, tier } = validate;
  // A purge that came in meanwhile is not undone by an upstream that fails.
  if (sidecar.purges.index.verdict(stored) === 'hard') return false;
  x.trace.push('served-stale');
  x.cache = { ...x.cache, ttl: remainingFreshness(stored, sidecar.clock.now()), detail: 'if-error' };
  land(trip, 'transient-error');
  serveStored(x, stored, tier, sidecar.clock);
  return true;
}

function freshenStored(
  trip: Trip,
  { stored, tier }: ToValidate,
  route: MatchedRoute,
  head: UpstreamHead,
  times: ExchangeTimes,
): void {
  const { x, sidecar } = trip;
  const result = freshen(x.request, stored, head, route.rule, times);
  if (result.kind === 'no-longer-storable') {
    leaveUnstored(trip, result.detail, 'not-storable');
    land(trip, 'not-storable');
    return serveStored(x, { ...stored, fields: result.fields, prepared: undefined }, tier, sidecar.clock);
  }
  const { terms } = result;
  const renewed = storedResponse(trip, route, terms, stored.body);
  const refused = keep(sidecar, renewed, terms.vary);
  const ttl = terms.lifetime - terms.initialAge;
  x.trace.push('freshened');
  x.cache = {
    ...x.cache,
    stored: refused === undefined,
    ttl,
    detail: refused ?? (terms.alwaysValidate ? 'no-cache' : 'freshened'),
  };
  land(trip, 'stored');
  serveStored(x, renewed, tier, sidecar.clock);
}

/** How long the rest of an unwanted body may take to arrive, so that its connection can be kept; ms. */
const DISMISSAL = 1_000;

function dismissBody({ upstream }: Trip): void {
  setTimeout(() => upstream?.abort(), DISMISSAL).unref();
}
