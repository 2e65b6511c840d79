import type { UpstreamError } from '../errors.ts';
import type { FieldLines } from '../policy/fields.ts';
import { answerValidation } from './answer-validation.ts';
import { isAwaited } from './collapse.ts';
import { datedHead } from './dated-head.ts';
import { enter, leave, takeTurn, turnAway } from './enter.ts';
import { type Exchange, finish } from './exchange.ts';
import type { TurnedAway } from './gate.ts';
import { invalidate } from './invalidate.ts';
import type { UpstreamHead, UpstreamListener } from './ports.ts';
import { takePostHead } from './post.ts';
import { purgeMoment } from './recording.ts';
import { report, reportHead } from './report.ts';
import { boundedBody } from './request-body.ts';
import { interimFields } from './response-fields.ts';
import type { Sidecar } from './sidecar.ts';
import { beginAnswer, endAnswer, passChunk } from './stream-answer.ts';
import { sendTraced } from './traced-send.ts';
import { type ForwardJob, startTrip, supersede, type Trip } from './trip.ts';
import { crash, fail, giveUp, refuseBody, startDeadline } from './trip-end.ts';
import { upstreamRequest } from './upstream-request.ts';

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
    if (x.downstream.closed) giveUp(trip);
    else if (enter(trip)) send(trip);
    else if (trip.phase !== 'over') followWaiting(trip);
  } catch (error) {
    crash(trip, error);
  }
}

/** A turn at the gate has become free for a trip that waited for it, and has been taken. */
export function sendInTurn(trip: Trip): void {
  const { x, sidecar, flight } = trip;
  try {
    if (!takeTurn(trip)) return;
    if (x.downstream.closed && !isAwaited(flight)) return giveUp(trip);
    trip.requestTime = sidecar.clock.now();
    trip.sentAt = sidecar.clock.monotonic();
    trip.moment = purgeMoment(sidecar);
    send(trip);
  } catch (error) {
    crash(trip, error);
  }
}

/** A trip that waited waits in vain. */
export function sendAway(trip: Trip, why: TurnedAway): void {
  try {
    turnAway(trip, why);
  } catch (error) {
    crash(trip, error);
  }
}

function send(trip: Trip): void {
  const { x, sidecar, share, validate } = trip;
  x.trace.push(validate === undefined || share === undefined ? 'forward' : 'validate');
  startDeadline(trip);
  const request = upstreamRequest(trip);
  const body = request.body && boundedBody(x, request.body, () => refuseBody(trip));
  const sent = body === undefined ? request : { ...request, body };
  const { upstream } = sidecar;
  const listener = new TripListener(trip);
  trip.upstream =
    x.span === undefined ? upstream.send(sent, listener) : sendTraced(x.span, upstream, sent, listener);
  followClient(trip);
}

/** While it waits for its turn, its client may leave; who waits for the same response is then waited for. */
function followWaiting(trip: Trip): void {
  const { x, gate, sidecar, flight } = trip;
  x.downstream.onClosed = () => {
    if (isAwaited(flight)) return finish(x, sidecar.clock.monotonic(), 'client-gone');
    gate.turns.withdraw(trip);
    giveUp(trip);
  };
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
      reportHead(trip, head.status, head.fields);
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
    report(trip, false);
    leave(trip);
    if (trip.phase !== 'streaming') return;
    try {
      endAnswer(trip);
    } catch (error) {
      crash(trip, error);
    }
  }

  onError(error: UpstreamError): void {
    const trip = this.#trip;
    try {
      if (trip.phase !== 'over') fail(trip, error);
    } catch (mistake) {
      crash(trip, mistake);
    }
    leave(trip);
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
  const took = sidecar.clock.monotonic() - trip.sentAt;
  x.upstreamDuration = took;
  sidecar.onUpstreamHead(head.status, took);
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
  const { x, sidecar, share, validate } = trip;
  const taken = supersede(trip);
  if (validate !== undefined) sidecar.store.remove(validate.stored);
  x.cache = { ...x.cache, fwdStatus: undefined, detail: 'validator-mismatch' };
  forward(x, sidecar, { ...taken, share });
}

/** Of what will not be stored, the upstream is asked for the part that the client wants, as the client asked. */
function askForPart(trip: Trip): void {
  const { x, sidecar, share } = trip;
  const { isInside } = supersede(trip);
  trip.upstream?.abort();
  x.cache = { ...x.cache, fwdStatus: undefined, detail: 'range' };
  forward(x, sidecar, { isInside, share: undefined, alone: share });
}

function takeChunk(trip: Trip, chunk: Buffer): boolean {
  const goOn = passChunk(trip, chunk);
  if (trip.recording === undefined && trip.x.downstream.closed) giveUp(trip);
  return goOn;
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
