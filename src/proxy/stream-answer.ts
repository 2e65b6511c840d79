import { initialAge } from '../policy/freshness.ts';
import type { ExchangeTimes } from '../policy/storability.ts';
import { finish } from './exchange.ts';
import type { UpstreamHead } from './ports.ts';
import { keep, startRecording, storedResponse } from './recording.ts';
import { editFields, passFields, signFields } from './response-fields.ts';
import type { MatchedRoute } from './route-table.ts';
import { land, leaveUnstored, type Trip } from './trip.ts';

/** Passes the upstream's head on and starts recording where the response may be shared. */
export function beginAnswer(trip: Trip, head: UpstreamHead, times: ExchangeTimes): void {
  const { x, share } = trip;
  x.status = head.status;
  x.servedFrom = 'upstream';
  if (share !== undefined) record(trip, share, head, times);
  if (mayLast(trip)) clearTimeout(trip.deadline);
  const age = initialAge(head, times.requestTime, times.responseTime);
  const fields = editFields(passFields(head), x.route?.rule);
  trip.phase = 'streaming';
  x.downstream.begin(head.status, signFields(x, fields, age));
}

/** A stream of events may go on for as long as somebody listens; what is recorded or for nobody may not. */
function mayLast({ x, recording }: Trip): boolean {
  const isForClient = x.downstream.clientAddress !== undefined;
  return recording === undefined && isForClient && x.route?.rule.timeout === undefined;
}

function record(trip: Trip, route: MatchedRoute, head: UpstreamHead, times: ExchangeTimes): void {
  const { x } = trip;
  const started = startRecording(x, route, head, times);
  if (!('detail' in started)) {
    const { lifetime, initialAge: age, alwaysValidate } = started.terms;
    trip.recording = started;
    const detail = alwaysValidate ? 'no-cache' : x.cache.detail;
    x.cache = { ...x.cache, stored: true, ttl: lifetime - age, detail };
    return;
  }
  leaveUnstored(trip, started.detail, head.status >= 500 ? 'transient-error' : 'not-storable');
}

/** One piece of the body on its way to the client and the recorder. False: the upstream has to wait. */
export function passChunk(trip: Trip, chunk: Buffer): boolean {
  const { x, flight } = trip;
  x.bytes += chunk.byteLength;
  if (trip.recording?.recorder.push(chunk) === false) leaveUnstored(trip, 'too-large', 'not-storable');
  if (x.downstream.write(chunk)) return true;
  trip.clientWasSlow = true;
  // Others wait for this response: its client's pace must not be theirs. The recorder's bound holds.
  return trip.recording !== undefined && flight !== undefined && flight.followers > 0;
}

/** The body is complete: stores it where it was recorded, and ends the answer. */
export function endAnswer(trip: Trip): void {
  const { x, sidecar, recording, share } = trip;
  if (recording !== undefined && share !== undefined) {
    const { recorder, terms } = recording;
    const refused = keep(sidecar, storedResponse(trip, share, terms, recorder.body()), terms.vary);
    if (refused === 'too-large') leaveUnstored(trip, refused, 'not-storable');
    else x.trace.push(refused === undefined ? 'stored' : 'not-stored');
    if (refused !== undefined) x.cache = { ...x.cache, stored: false, detail: refused };
  }
  land(trip, 'stored');
  x.downstream.end();
  finish(x, sidecar.clock.monotonic(), 'whole');
}
