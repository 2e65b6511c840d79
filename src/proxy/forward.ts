import { UpstreamError, type UpstreamFailure } from '../errors.ts';
import type { FieldLines } from '../policy/fields.ts';
import { answerValidation, serveStale } from './answer-validation.ts';
import { breakOff } from './break-off.ts';
import { isAwaited } from './collapse.ts';
import { datedHead } from './dated-head.ts';
import { type Exchange, finish } from './exchange.ts';
import { invalidate, invalidateUnanswered } from './invalidate.ts';
import type { UpstreamHead, UpstreamListener } from './ports.ts';
import { takePostHead } from './post.ts';
import { sendProblem, statusOfFailure } from './problem.ts';
import { interimFields } from './response-fields.ts';
import type { Sidecar } from './sidecar.ts';
import { beginAnswer, endAnswer, passChunk } from './stream-answer.ts';
import { type ForwardJob, land, leaveUnstored, startTrip, supersede, type Trip } from './trip.ts';
import { upstreamRequest } from './upstream-request.ts';

/** Failures to get a connection: nothing was sent. Whatever else failed may have been carried out. */
const UNSENT: ReadonlySet<UpstreamFailure> = new Set(['connect-refused', 'connect-timeout', 'dns']);

/** What is left of an unwanted body is read up to this many bytes, to keep its connection. */
const DRAIN_LIMIT = 64 * 1024;

/**
 * Sends a request upstream and streams the answer to the client, recording it for the store where
 * that is allowed. The leader's bytes go to the leader's client alone; followers decide for themselves
 * once the response is stored.
 */
export function forward(x: Exchange, sidecar: Sidecar, job: ForwardJob): void {
  const trip = startTrip(x, sidecar, job);
  try {
    if (x.downstream.closed) return giveUp(trip);
    const { share, validate } = job;
    x.trace.push(validate === undefined || share === undefined ? 'forward' : 'validate');
    startDeadline(trip);
    trip.upstream = sidecar.upstream.send(upstreamRequest(trip), new TripListener(trip));
    followClient(trip);
  } catch (error) {
    crash(trip, error);
  }
}

/** Hears of one trip's answer. A mistake of ours in one stage must end the trip, and go no further than this exchange. */
class TripListener implements UpstreamListener {
  readonly #trip: Trip;
  #unwanted = 0;

  constructor(trip: Trip) {
    this.#trip = trip;
  }

  onInformational(status: number, fields: FieldLines): void {
    const trip = this.#trip;
    if (trip.phase !== 'awaiting-head') return;
    try {
      trip.x.downstream.informational(status, interimFields(fields, trip.x.route?.rule));
    } catch (error) {
      crash(trip, error);
    }
  }

  onHead(head: UpstreamHead): void {
    const trip = this.#trip;
    if (trip.phase !== 'awaiting-head') return;
    try {
      takeHead(trip, datedHead(head, trip.sidecar.clock.now()));
    } catch (error) {
      crash(trip, error);
    }
  }

  onData(chunk: Buffer): boolean {
    const trip = this.#trip;
    if (trip.phase !== 'streaming') return this.#drain(chunk.byteLength);
    try {
      return takeChunk(trip, chunk);
    } catch (error) {
      crash(trip, error);
      return true;
    }
  }

  onEnd(): void {
    const trip = this.#trip;
    if (trip.phase !== 'streaming') return;
    try {
      endAnswer(trip);
    } catch (error) {
      crash(trip, error);
    }
  }

  onError(error: UpstreamError): void {
    const trip = this.#trip;
    if (trip.phase === 'over') return;
    try {
      fail(trip, error);
    } catch (mistake) {
      crash(trip, mistake);
    }
  }

  #drain(bytes: number): boolean {
    this.#unwanted += bytes;
    if (this.#unwanted > DRAIN_LIMIT) this.#trip.upstream?.abort();
    return true;
  }
}

function takeHead(trip: Trip, head: UpstreamHead): void {
  const { x, sidecar } = trip;
  const times = {
    requestTime: trip.requestTime,
    responseTime: sidecar.clock.now(),
    random: sidecar.random(),
  };
  x.upstreamDuration = sidecar.clock.monotonic() - trip.sentAt;
  x.cache = { ...x.cache, fwdStatus: head.status };
  if (trip.post === undefined) invalidate(x, sidecar, head);
  else takePostHead(trip, trip.post, head, times);
  switch (answerValidation(trip, head, times)) {
    case 'from-stored':
      return;
    case 'not':
      if (beginAnswer(trip, head, times) === 'too-far') askForPart(trip);
      return;
    case 'mismatch':
      return askAnew(trip);
  }
}

/** The upstream answered about a response that is not ours: it is asked again, without a condition. */
function askAnew(trip: Trip): void {
  const { x, sidecar, share, flight, validate } = trip;
  supersede(trip);
  if (validate !== undefined) sidecar.store.remove(validate.stored);
  x.cache = { ...x.cache, fwdStatus: undefined, detail: 'validator-mismatch' };
  forward(x, sidecar, { share, flight });
}

/** Of what will not be stored, the upstream is asked for the part that the client wants, as the client asked. */
function askForPart(trip: Trip): void {
  const { x, sidecar, share } = trip;
  supersede(trip);
  trip.upstream?.abort();
  x.cache = { ...x.cache, fwdStatus: undefined, detail: 'range' };
  forward(x, sidecar, { share: undefined, alone: share });
}

function takeChunk(trip: Trip, chunk: Buffer): boolean {
  const goOn = passChunk(trip, chunk);
  if (trip.recording === undefined && trip.x.downstream.closed) giveUp(trip);
  return goOn;
}

/** The upstream failed: what is stored stands in where it may; else the client is told, or cut off. */
function fail(trip: Trip, error: UpstreamError): void {
  const { x, sidecar } = trip;
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
function startDeadline(trip: Trip): void {
  const { x, sidecar } = trip;
  const ofRoute = x.route?.rule.timeout;
  const start = (): void => {
    if (trip.phase === 'awaiting-head')
      trip.deadline = setTimeout(expire, ofRoute ?? sidecar.timeout, trip, ofRoute);
  };
  const { requestBody } = x.downstream;
  if (requestBody === undefined || ofRoute !== undefined) start();
  else requestBody.once('end', start);
}

function expire(trip: Trip, ofRoute: number | undefined): void {
  const { x } = trip;
  // A client that reads slowly is not the upstream's fault: it goes on, only unrecorded.
  if (trip.phase === 'streaming' && trip.clientWasSlow && !x.finished && ofRoute === undefined) {
    return leaveUnstored(trip, 'too-slow', 'transient-error');
  }
  fail(trip, new UpstreamError('deadline', 'The upstream did not finish its answer in time.'));
  trip.upstream?.abort();
}

/** The client's pace and its leaving, and whoever comes to wait for the same response. */
function followClient(trip: Trip): void {
  const { x, flight } = trip;
  // Named first, then assigned: V8 puts a function that is assigned to a property where it stands into the old
  // generation, and with it all that it refers to, whatever the request took.
  const onDrain = (): void => trip.upstream?.resume();
  const onClosed = (): void => {
    if (trip.recording === undefined && !isAwaited(flight)) return giveUp(trip);
    finish(x, trip.sidecar.clock.monotonic(), 'client-gone');
    trip.upstream?.resume();
  };
  const onFollow = (): void => {
    if (trip.recording !== undefined) trip.upstream?.resume();
  };
  x.downstream.onDrain = onDrain;
  x.downstream.onClosed = onClosed;
  if (flight !== undefined) flight.onFollow = onFollow;
}

/** The client is gone and nobody else waits. */
function giveUp(trip: Trip): void {
  landUnanswered(trip);
  finish(trip.x, trip.sidecar.clock.monotonic(), 'client-gone');
  trip.upstream?.abort();
}

/** The trip ends, perhaps before the answer to what was sent. */
function landUnanswered(trip: Trip): void {
  const { x, sidecar, phase, upstream } = trip;
  if (phase === 'awaiting-head' && upstream !== undefined) invalidateUnanswered(x, sidecar);
  land(trip, 'transient-error');
}

function crash(trip: Trip, error: unknown): void {
  landUnanswered(trip);
  trip.upstream?.abort();
  breakOff(trip.x, trip.sidecar, error);
}
