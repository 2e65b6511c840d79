import { UNSENT, UpstreamError } from '../errors.ts';
import { serveStale } from './answer-validation.ts';
import { breakOff } from './break-off.ts';
import { leave } from './enter.ts';
import { finish } from './exchange.ts';
import { invalidateUnanswered } from './invalidate.ts';
import { sendProblem, statusOfFailure } from './problem.ts';
import { reportFailure } from './report.ts';
import { TOO_LONG } from './request-body.ts';
import { land, leaveUnstored, type Trip } from './trip.ts';

/** The upstream failed: what is stored stands in where it may; else the client is told, or cut off. */
export function fail(trip: Trip, error: UpstreamError): void {
  const { x, sidecar } = trip;
  reportFailure(trip, error);
  sidecar.onUpstreamFailure(error, x.id);
  x.trace.push('upstream-error');
  if (trip.phase === 'streaming') {
    x.cache = { ...x.cache, stored: false, detail: 'truncated', subject: undefined };
    land(trip, 'transient-error');
    // Who has the part it asked for, or a 304, may be sending its next request.
    if (!x.finished) x.downstream.destroy();
    return finish(x, sidecar.clock.monotonic(), 'cut');
  }
  if (serveStale(trip)) return;
  if (UNSENT.has(error.failure)) land(trip, 'transient-error');
  else landUnanswered(trip);
  x.cache = { ...x.cache, detail: 'upstream-error', subject: undefined };
  sendProblem(x, sidecar.clock, statusOfFailure(error.failure), error.message);
}

/**
 * Bounds the wait for the head, and recorded bodies as a whole. A request with a body has it arrive at
 * its client's pace first, unless the route bounds the exchange itself.
 */
export function startDeadline(trip: Trip): void {
  const { x, sidecar } = trip;
  const ofRoute = x.route?.rule.timeout;
  const start = (): void => {
    if (trip.phase === 'awaiting-head')
      trip.deadline = setTimeout(onDeadline, ofRoute ?? sidecar.timeout, trip, ofRoute);
  };
  const { requestBody } = x.downstream;
  if (requestBody === undefined || ofRoute !== undefined) start();
  else requestBody.once('end', start);
}

/** Where the head came in the very turn in which the deadline passed, its body gets this many ms. */
const OVERTIME = 1_000;

/** After a turn of the event loop: what arrived while it was held up has been read by then. */
function onDeadline(trip: Trip, ofRoute: number | undefined): void {
  setImmediate(expire, trip, ofRoute, trip.phase);
}

function expire(trip: Trip, ofRoute: number | undefined, before: Trip['phase']): void {
  const { x } = trip;
  if (trip.phase === 'over') return;
  if (trip.phase !== before) {
    if (trip.recording !== undefined || ofRoute !== undefined)
      trip.deadline = setTimeout(onDeadline, OVERTIME, trip, ofRoute);
    return;
  }
  // A client that reads slowly is not the upstream's fault: it goes on, only unrecorded.
  if (trip.phase === 'streaming' && trip.clientWasSlow && !x.finished && ofRoute === undefined) {
    return leaveUnstored(trip, 'too-slow', 'transient-error');
  }
  fail(trip, new UpstreamError('deadline', 'The upstream did not finish its answer in time.'));
  trip.upstream?.abort();
}

/** More comes of the request than its route takes: the client is told, or cut off. */
export function refuseBody(trip: Trip): void {
  const { x, sidecar } = trip;
  if (trip.phase === 'over') return;
  landUnanswered(trip);
  x.cache = { ...x.cache, stored: undefined, detail: 'request-too-large', subject: undefined };
  if (x.downstream.begun) {
    x.downstream.destroy();
    finish(x, sidecar.clock.monotonic(), 'cut');
  } else sendProblem(x, sidecar.clock, 413, TOO_LONG);
  hangUp(trip);
}

/** The client is gone and nobody else waits. */
export function giveUp(trip: Trip): void {
  landUnanswered(trip);
  finish(trip.x, trip.sidecar.clock.monotonic(), 'client-gone');
  hangUp(trip);
}

/** A mistake of ours ends the trip, and its client's exchange. */
export function crash(trip: Trip, error: unknown): void {
  landUnanswered(trip);
  hangUp(trip);
  breakOff(trip.x, trip.sidecar, error);
}

/** What was sent ends, and its listener gives the turn back; where nothing was, nobody else does. */
function hangUp(trip: Trip): void {
  if (trip.upstream === undefined) leave(trip);
  else trip.upstream.abort();
}

/** The trip ends, perhaps before the answer to what was sent. */
function landUnanswered(trip: Trip): void {
  const { x, sidecar, phase, upstream } = trip;
  if (phase === 'awaiting-head' && upstream !== undefined) invalidateUnanswered(x, sidecar);
  land(trip, 'transient-error');
}
