import { timeFor } from '../clock.ts';
import type { Detail } from '../policy/cache-status.ts';
import { remainingFreshness } from '../policy/freshness.ts';
import { decideHeadUpdate } from '../policy/head-update.ts';
import type { ExchangeTimes, StorageTerms } from '../policy/storability.ts';
import type { StoredResponse } from '../policy/stored-response.ts';
import { decideValidation, freshen } from '../policy/validation.ts';
import type { UpstreamHead } from './ports.ts';
import { keep, storedResponse } from './recording.ts';
import type { MatchedRoute } from './route-table.ts';
import { serveStored } from './serve-stored.ts';
import { dismissBody, land, leaveUnstored, type ToValidate, type Trip } from './trip.ts';

/** What became of an upstream head that answers a validation. */
export type Answered =
  /** From the stored response: it is good again, or stands in for an upstream that failed. */
  | 'from-stored'
  /** The upstream's response is the answer. */
  | 'not'
  /** The head speaks of another response than the one asked about: it is no answer, and there is nothing to validate. */
  | 'mismatch';

/** Answers from the stored response where the upstream's head says so or failed, and rules allow it. */
export function answerValidation(trip: Trip, head: UpstreamHead, times: ExchangeTimes): Answered {
  const { x, validate, share } = trip;
  if (validate === undefined) return 'not';
  const { kind } = decideValidation(head);
  if (kind === 'freshen' && share !== undefined) {
    if (!freshenStored(trip, validate, share, head, times)) return 'mismatch';
  } else if (kind !== 'error' || !serveStale(trip)) {
    if (x.request.method === 'HEAD' && share !== undefined) updateByHead(trip, validate, share, head, times);
    return 'not';
  }
  if (head.framing !== 'none') dismissBody(trip);
  return 'from-stored';
}

/** Serves what is stored in place of an upstream that failed; false where that is not allowed. */
export function serveStale(trip: Trip): boolean {
  const { x, sidecar, validate } = trip;
  if (validate === undefined || !validate.ifError) return false;
  const { stored, tier } = validate;
  // A purge that came in meanwhile is not undone by an upstream that fails.
  if (sidecar.purges.index.verdict(stored) === 'hard') return false;
  const ttl = remainingFreshness(stored, timeFor(stored, sidecar.clock));
  // An upstream that takes its time to fail may outlast the window.
  if (-ttl > stored.staleIfError) return false;
  x.trace.push('served-stale');
  x.cache = { ...x.cache, ttl, detail: 'if-error' };
  land(trip, 'transient-error');
  serveStored(x, stored, tier, sidecar.clock);
  return true;
}

/** False: the 304 has the validator of another response, which says nothing of ours (RFC 9111 §4.3.4). */
function freshenStored(
  trip: Trip,
  { stored, tier }: ToValidate,
  route: MatchedRoute,
  head: UpstreamHead,
  times: ExchangeTimes,
): boolean {
  const { x, sidecar } = trip;
  const result = freshen(x.request, stored, head, route.rule, times);
  x.trace.push(...result.reasons);
  if (result.kind === 'no-longer-storable') {
    if (result.detail === 'validator-mismatch') return false;
    leaveUnstored(trip, result.detail, 'not-storable');
    const { status, body } = stored;
    const whole = { status, fields: result.fields, framing: 'length', length: body.byteLength } as const;
    sidecar.lastAnswers.note(x, whole, times.responseTime);
    land(trip, 'not-storable');
    serveStored(x, { ...stored, fields: result.fields, prepared: undefined }, tier, sidecar.clock);
    return true;
  }
  const { renewed, refused } = renew(trip, stored, route, result.terms);
  land(trip, refused === 'too-large' ? 'not-storable' : 'stored');
  serveStored(x, renewed, tier, sidecar.clock);
  return true;
}

/** What is stored follows the upstream's word on it, which was the answer to a HEAD (RFC 9111 §4.3.5). */
function updateByHead(
  trip: Trip,
  { stored }: ToValidate,
  route: MatchedRoute,
  head: UpstreamHead,
  times: ExchangeTimes,
): void {
  const { x, sidecar } = trip;
  switch (decideHeadUpdate(stored, head)) {
    case 'none':
      return;
    case 'invalidate':
      sidecar.store.remove(stored);
      x.cache = { ...x.cache, stored: false, ttl: undefined, detail: 'validator-mismatch' };
      return;
    case 'freshen': {
      const result = freshen(x.request, stored, head, route.rule, times);
      x.trace.push(...result.reasons);
      if (result.kind === 'freshened') renew(trip, stored, route, result.terms);
      else leaveUnstored(trip, result.detail, 'not-storable');
    }
  }
}

/** Stores the response anew on the terms that the upstream's word gave it, unless a purge came meanwhile. */
function renew(
  trip: Trip,
  stored: StoredResponse,
  route: MatchedRoute,
  terms: StorageTerms,
): { readonly renewed: StoredResponse; readonly refused: Detail | undefined } {
  const { x, sidecar } = trip;
  const renewed = storedResponse(trip, route, terms, stored.body);
  const refused = keep(sidecar, renewed, terms.vary, stored);
  x.trace.push('freshened');
  x.cache = {
    ...x.cache,
    stored: refused === undefined,
    ttl: terms.lifetime - terms.initialAge,
    detail: refused ?? (terms.alwaysValidate ? 'no-cache' : 'freshened'),
  };
  return { renewed, refused };
}
