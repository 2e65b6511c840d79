import { type AnswerShape, decideShape, mayWantLess } from '../policy/answer-shape.ts';
import { offerRanges, partFields } from '../policy/byteranges.ts';
import { codedFields } from '../policy/content-coding-choice.ts';
import { type FieldLines, keptFields } from '../policy/fields.ts';
import { initialAge } from '../policy/freshness.ts';
import { sizeOf } from '../policy/range.ts';
import type { ExchangeTimes } from '../policy/storability.ts';
import { codingInHand, fieldsForAll } from './coded-answer.ts';
import { isAwaited } from './collapse.ts';
import { type Exchange, finish } from './exchange.ts';
import type { UpstreamHead } from './ports.ts';
import { endPostAnswer } from './post.ts';
import { keep, startRecording, storedResponse } from './recording.ts';
import { editFields, passFields, signature } from './response-fields.ts';
import type { MatchedRoute } from './route-table.ts';
import { sendNotModified, sendUnsatisfiable } from './short-answer.ts';
import { dismissBody, land, leaveUnstored, type Trip } from './trip.ts';

/** What became of an upstream head that is to be passed on. */
export type Begun =
  | 'begun'
  /** Nothing was sent: the client wants a part so far inside what will not be stored that it is better asked for by itself. */
  | 'too-far';

/**
 * Passes the upstream's head on and starts recording where the response may be shared. The upstream was
 * asked for all of it, whatever the client asked for: here the client gets its part, or the 304 or 416
 * that its conditions come to.
 */
export function beginAnswer(trip: Trip, head: UpstreamHead, times: ExchangeTimes): Begun {
  const { x, share, sidecar } = trip;
  x.servedFrom = 'upstream';
  trip.head = head;
  if (share === undefined && trip.recording === undefined)
    sidecar.lastAnswers.note(x, head, times.responseTime);
  if (share !== undefined && x.request.method !== 'HEAD') record(trip, share, head, times);
  const shape = shapeFor(trip, head, times.responseTime);
  if (isTooFar(trip, shape)) return 'too-far';
  if (mayLast(trip)) clearTimeout(trip.deadline);
  trip.phase = 'streaming';
  const age = initialAge(head, times.requestTime, times.responseTime);
  const passed = passFields(head);
  const offered = trip.recording === undefined ? passed : offerRanges(head.status, passed);
  const rule = (trip.share ?? trip.alone)?.rule;
  const fields = fieldsForAll(editFields(offered, x.route?.rule), head, head.length, rule);
  switch (shape.kind) {
    case 'whole':
    case 'parts':
      x.status = head.status;
      x.downstream.begin(head.status, fields, signature(x, age));
      return 'begun';
    case 'part': {
      x.status = 206;
      trip.window = { skip: shape.range.first, take: sizeOf(shape.range) };
      const ofPart = partFields(x.request.fields, fields, shape.range, head.length ?? 0);
      x.downstream.begin(206, ofPart, signature(x, age));
      return 'begun';
    }
    case 'not-modified':
      sendNotModified(x, keptFields(fieldsInHand(trip, head, fields)), age, sidecar.clock);
      break;
    case 'unsatisfiable':
      sendUnsatisfiable(x, head.length ?? 0, sidecar.clock);
      break;
    default:
      shape satisfies never;
  }
  if (trip.recording === undefined) letGo(trip);
  return 'begun';
}

const WHOLE: AnswerShape = { kind: 'whole' };
const NOT_MODIFIED: AnswerShape = { kind: 'not-modified' };

/** What the client gets of a response that was asked for without its conditions; others pass as they are. */
function shapeFor({ x, share, recording }: Trip, head: UpstreamHead, now: number): AnswerShape {
  if (share === undefined || !isForClient(x) || !mayWantLess(x.request)) return WHOLE;
  const { status, length } = head;
  const fields = recording?.terms.fields ?? head.fields;
  const { rule } = share;
  if (codingInHand(x.request, head, length, rule) !== undefined) return NOT_MODIFIED;
  const parts = rule.compress.length > 0 ? 'not-by-date' : undefined;
  return decideShape(x.request, { status, fields, length, from: 'upstream', parts }, now);
}

/** The fields of what the client has, of which this is the identity. */
function fieldsInHand({ x, share }: Trip, head: UpstreamHead, fields: FieldLines): FieldLines {
  const coding = share && codingInHand(x.request, head, head.length, share.rule);
  return coding === undefined ? fields : codedFields(fields, coding);
}

/** How much of a body that is not recorded is read for a part behind it; bytes. */
const REACH = 64 * 1024;

function isTooFar({ recording }: Trip, shape: AnswerShape): boolean {
  if (recording !== undefined) return false;
  if (shape.kind === 'part') return shape.range.first > REACH;
  return shape.kind === 'parts' && shape.ranges.some(({ first }) => first > REACH);
}

/** False for what Cacheside asks for itself. */
function isForClient({ downstream }: Exchange): boolean {
  return downstream.clientAddress !== undefined;
}

/** A stream of events may go on for as long as somebody listens; what is recorded or for nobody may not. */
function mayLast({ x, recording }: Trip): boolean {
  return recording === undefined && isForClient(x) && x.route?.rule.timeout === undefined;
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
  x.cache = { ...x.cache, subject: started.subject };
}

/** One piece of the body on its way to the client and the recorder. False: the upstream has to wait. */
export function passChunk(trip: Trip, chunk: Buffer): boolean {
  const { x, sidecar, flight } = trip;
  if (trip.recording?.recorder.push(chunk) === false) leaveUnstored(trip, 'too-large', 'not-storable');
  const goOn = x.finished || deliver(trip, chunk);
  if (!goOn && trip.recording !== undefined)
    sidecar.heldRecordings.hold(trip, trip.recording.recorder.size());
  if (x.finished && trip.recording === undefined) letGo(trip);
  // Others wait for this response: its client's pace must not be theirs. The recorder's bound holds.
  return goOn || (trip.recording !== undefined && isAwaited(flight));
}

/** Hands the client what it wants of a chunk, and ends its answer with the last of it. */
function deliver(trip: Trip, chunk: Buffer): boolean {
  const { x, window, sidecar } = trip;
  const wanted = window === undefined ? chunk : cutOut(window, chunk);
  if (wanted.byteLength === 0) return true;
  x.bytes += wanted.byteLength;
  const flows = x.downstream.write(wanted);
  if (window?.take === 0) {
    x.downstream.end();
    finish(x, sidecar.clock.monotonic(), 'whole');
    // Nothing tells when this client could take more: it gets no more.
    return true;
  }
  if (!flows) trip.clientWasSlow = true;
  return flows;
}

function cutOut(window: { skip: number; take: number }, chunk: Buffer): Buffer {
  const skipped = Math.min(window.skip, chunk.byteLength);
  const wanted = chunk.subarray(skipped, skipped + window.take);
  window.skip -= skipped;
  window.take -= wanted.byteLength;
  return wanted;
}

/** The client has its answer and nothing is recorded: what is left of the body is for nobody. */
function letGo(trip: Trip): void {
  land(trip, 'not-storable');
  if (trip.x.request.method !== 'HEAD') dismissBody(trip);
}

/** The body is complete: stores it where it was recorded, and ends the answer. */
export function endAnswer(trip: Trip): void {
  const { x, sidecar, recording, share, post } = trip;
  if (recording !== undefined && post !== undefined) return endPostAnswer(trip, post, recording);
  if (recording !== undefined && share !== undefined) {
    const { recorder, terms } = recording;
    const stored = storedResponse(trip, share, terms, recorder.body());
    const refused = keep(sidecar, stored, terms.vary, trip.validate?.stored);
    if (refused === 'too-large') leaveUnstored(trip, refused, 'not-storable');
    else x.trace.push(refused === undefined ? 'stored' : 'not-stored');
    if (refused !== undefined) x.cache = { ...x.cache, stored: false, detail: refused };
  }
  land(trip, 'stored');
  if (x.finished) return;
  x.downstream.end();
  finish(x, sidecar.clock.monotonic(), 'whole');
}
