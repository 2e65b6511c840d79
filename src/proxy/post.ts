import type { Detail } from '../policy/cache-status.ts';
import { alteredRequest } from '../policy/request.ts';
import type { ExchangeTimes } from '../policy/storability.ts';
import { type Exchange, finish } from './exchange.ts';
import { invalidate } from './invalidate.ts';
import type { UpstreamHead } from './ports.ts';
import { keep, type Recording, startRecording, storedResponse } from './recording.ts';
import type { MatchedRoute } from './route-table.ts';
import { asKeyed, identify } from './settle.ts';
import type { Sidecar } from './sidecar.ts';
import { land, leaveUnstored, type Trip } from './trip.ts';

/*
 * The response to a POST, stored for later GETs (RFC 9110 §9.3.3). The POST itself makes invalid what it
 * is about to replace, so that the order matters: every purge up to its own is judged when the head
 * arrives, then its own is appended, and every later one is judged when the response is put. The put
 * waits until the log has been read up to the own purge: others may stand before it that were not heard
 * of when the head came.
 */

/** The route of a GET of the same URL, where the answer to this request may be stored for it, which is identified then. */
export function routeOfGet(x: Exchange, sidecar: Sidecar, { rule }: MatchedRoute): MatchedRoute | undefined {
  if (!rule.post || x.request.method !== 'POST') return undefined;
  const route = sidecar.routes.match(alteredRequest(x.request, { method: 'GET' }));
  if (route === undefined || !route.rule.cache) return undefined;
  const { url, key } = identify(x.request, route.rule, sidecar);
  x.request = asKeyed(x.request, route.rule);
  x.url = url;
  x.key = key;
  return route;
}

const NO_BODY = new Uint8Array(0);

/** The head has arrived: invalidates as every unsafe method does, and starts recording where the response may be stored. */
export function takePostHead(
  trip: Trip,
  route: MatchedRoute,
  head: UpstreamHead,
  times: ExchangeTimes,
): void {
  const { x, sidecar } = trip;
  const recording = recordUnlessPurged(trip, route, head, times);
  const appended = invalidate(x, sidecar, head);
  if (recording === undefined || appended === undefined) return;
  trip.recording = recording;
  trip.appended = appended;
  trip.moment = { ...trip.moment, heard: sidecar.purges.index.heardNow() };
}

function recordUnlessPurged(
  trip: Trip,
  route: MatchedRoute,
  head: UpstreamHead,
  times: ExchangeTimes,
): Recording | undefined {
  const { x, sidecar } = trip;
  const started = startRecording(x, route, head, times);
  if ('detail' in started) {
    leaveUnstored(trip, started.detail, 'transient-error');
    x.cache = { ...x.cache, subject: started.subject };
    return undefined;
  }
  const { terms } = started;
  if (sidecar.purges.index.verdict(storedResponse(trip, route, terms, NO_BODY)) !== 'valid') {
    leaveUnstored(trip, 'purged-meanwhile', 'transient-error');
    return undefined;
  }
  const detail = terms.alwaysValidate ? 'no-cache' : undefined;
  x.cache = { ...x.cache, stored: true, ttl: terms.lifetime - terms.initialAge, detail };
  return started;
}

/** How long reading the log up to the POST's own purge may take; ms. */
const PATIENCE = 1_000;

/** The body is complete: ends the answer at once, and the exchange when it is known whether it was stored. */
export function endPostAnswer(trip: Trip, route: MatchedRoute, recording: Recording): void {
  const { x, sidecar } = trip;
  const endedAt = sidecar.clock.monotonic();
  land(trip, 'stored');
  if (!x.finished) x.downstream.end();
  keepForGets(trip, route, recording)
    .then((refused) => {
      x.trace.push(refused === undefined ? 'stored' : 'not-stored');
      if (refused !== undefined) x.cache = { ...x.cache, stored: false, ttl: undefined, detail: refused };
    })
    .catch((error: unknown) => sidecar.onFault(error, x.id))
    .finally(() => finish(x, endedAt, 'whole'));
}

async function keepForGets(
  { x, sidecar, moment, appended }: Trip,
  route: MatchedRoute,
  { recorder, terms }: Recording,
): Promise<Detail | undefined> {
  const { log } = sidecar.purges;
  const receipt = await appended;
  if (receipt?.kind !== 'appended') return 'purge-pending';
  if (!(await log.reached(receipt.position, PATIENCE))) return 'purge-pending';
  const asOf = receipt.position;
  const stored = storedResponse({ x, sidecar, moment: { ...moment, asOf } }, route, terms, recorder.body());
  return keep(sidecar, stored, terms.vary);
}
