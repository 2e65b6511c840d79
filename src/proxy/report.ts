import { UNSENT, type UpstreamError, type UpstreamFailure } from '../errors.ts';
import { type FieldLines, fieldValue } from '../policy/fields.ts';
import type { Gate } from './gate.ts';
import type { Trip } from './trip.ts';

/** What an exchange tells the breaker, once. */
export interface Report {
  readonly gate: Gate;
  /** The one that is let through to find out. */
  isProbe: boolean;
  isReported: boolean;
}

/** How an exchange came out. While the breaker is not closed, only its probe counts. */
export function report(on: Report, failed: boolean): void {
  const { breaker } = on.gate;
  if (breaker === undefined || on.isReported) return;
  on.isReported = true;
  if (breaker.state !== 'closed' && !on.isProbe) return;
  if (failed) breaker.failed();
  else breaker.succeeded();
}

/**
 * A final head: its status may be a failure; of a probe, any other is a success, whatever becomes of the body. So it is of a
 * stream of events, which may be silent for long, and mostly ends in the middle.
 */
export function reportHead(on: Report, status: number, fields: FieldLines): void {
  if (on.gate.failures.has(status)) report(on, true);
  else if (on.isProbe || EVENTS.test(fieldValue(fields, 'content-type') ?? '')) report(on, false);
}

const EVENTS = /^\s*text\/event-stream\b/i;

/** What says nothing of the upstream: an end of ours, or too many requests for its connections. */
const NOBODYS: ReadonlySet<UpstreamFailure> = new Set(['aborted', 'closing', 'no-connection']);

/** No whole answer. What its client held up, with an upload or by reading slowly, is not held against the upstream. */
export function reportFailure(trip: Trip, { failure }: UpstreamError): void {
  if (NOBODYS.has(failure)) return;
  const { requestBody } = trip.x.downstream;
  const isClients = trip.clientWasSlow || requestBody?.readableEnded === false;
  if (UNSENT.has(failure) || !isClients) report(trip, true);
}

/** The exchange is over; if it was to find out, and has not, the next one is. */
export function abandon(on: Report): void {
  if (!on.isProbe || on.isReported) return;
  on.isReported = true;
  on.gate.breaker?.abandoned();
}
