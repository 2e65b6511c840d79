import type { Detail } from '../policy/cache-status.ts';
import type { StoredResponse } from '../policy/stored-response.ts';
import type { Receipt } from '../purge/purge-log.ts';
import type { Flight } from './collapse.ts';
import type { Exchange } from './exchange.ts';
import type { Gate } from './gate.ts';
import type { Tier } from './judge.ts';
import type { UpstreamExchange, UpstreamHead } from './ports.ts';
import { type PurgeMoment, purgeMoment, type Recording } from './recording.ts';
import type { MatchedRoute } from './route-table.ts';
import type { Sidecar } from './sidecar.ts';

/** What a forward is asked to do. */
export interface ForwardJob {
  /** The route whose rule may share the response; undefined: everything passes through untouched. */
  readonly share: MatchedRoute | undefined;
  /** The route under which a POST's response may be stored for GETs; the request passes all the same, its fields as that route has them normalised. */
  readonly post?: MatchedRoute | undefined;
  /** The route whose rule shapes a request that was looked up, though its answer is for this client alone. */
  readonly alone?: MatchedRoute | undefined;
  /** The flight this exchange leads; ended on every path. */
  readonly flight?: Flight | undefined;
  readonly validate?: ToValidate | undefined;
  /** In the background: it does not wait for its turn. */
  readonly renewal?: boolean;
  /** It has the turn at the gate of the trip that it supersedes. */
  readonly isInside?: boolean | undefined;
}

/** A stored response to ask the upstream about. */
export interface ToValidate {
  readonly stored: StoredResponse;
  readonly tier: Tier;
  /** Whether it may be served should the upstream fail (RFC 5861 §4). */
  readonly ifError: boolean;
}

/** One trip to the upstream on behalf of an exchange. */
export interface Trip extends ForwardJob {
  readonly x: Exchange;
  readonly sidecar: Sidecar;
  readonly gate: Gate;
  /** It has a turn at the gate, which is given back once. */
  isInside: boolean;
  /** The breaker of its route waits for what it comes to. */
  isProbe: boolean;
  /** The breaker has been told. */
  isReported: boolean;
  /** When it began, or its turn came: ms since the epoch, and monotonic. */
  requestTime: number;
  sentAt: number;
  moment: PurgeMoment;
  /** What became of a POST's own purges, which its response is to outlive. */
  appended: Promise<Receipt> | undefined;
  phase: 'awaiting-head' | 'streaming' | 'over';
  /** What is being passed on; undefined until then. */
  head: UpstreamHead | undefined;
  /** undefined once it is known that the response will not be stored. */
  recording: Recording | undefined;
  /** Where the client gets a part of the body: the bytes still to skip, then still to take. */
  window: { skip: number; take: number } | undefined;
  /** Whether its client's pace ever held it back. */
  clientWasSlow: boolean;
  deadline: NodeJS.Timeout | undefined;
  /** undefined until the request is on its way. */
  upstream: UpstreamExchange | undefined;
}

/** What was known when it began; its turn is taken at the gate (`enter`). */
export function startTrip(x: Exchange, sidecar: Sidecar, job: ForwardJob): Trip {
  return {
    ...job,
    x,
    sidecar,
    gate: sidecar.admission.gateOf(x.route?.rule.name),
    isInside: job.isInside === true,
    isProbe: false,
    isReported: false,
    requestTime: sidecar.clock.now(),
    sentAt: sidecar.clock.monotonic(),
    moment: purgeMoment(sidecar),
    appended: undefined,
    phase: 'awaiting-head',
    head: undefined,
    recording: undefined,
    window: undefined,
    clientWasSlow: false,
    deadline: undefined,
    upstream: undefined,
  };
}

/** How a flight ends whose leader cannot share what it got. */
export type Unshared = 'not-storable' | 'transient-error';

/** Every trip ends here, on every path, unless another supersedes it. Nobody is left waiting for it. */
export function land(trip: Trip, outcome: 'stored' | Unshared): void {
  const { flight, x, sidecar } = trip;
  trip.phase = 'over';
  if (trip.clientWasSlow) sidecar.heldRecordings.release(trip);
  clearTimeout(trip.deadline);
  x.downstream.onDrain = undefined;
  x.downstream.onClosed = undefined;
  if (flight === undefined) return;
  flight.onFollow = undefined;
  flight.end(outcome);
}

/** Ends a trip in place of which the upstream is asked again: its flight, its client and its turn at the gate are the next one's. */
export function supersede(trip: Trip): Pick<ForwardJob, 'flight' | 'isInside'> {
  const { flight, isInside } = trip;
  trip.phase = 'over';
  trip.isInside = false;
  clearTimeout(trip.deadline);
  return { flight, isInside };
}

/** How long a key whose response could not be shared is remembered, so that nobody queues for it; ms. */
export const UNCACHEABLE_MEMORY = 10_000;

/** Reasons that lie in the request: they say nothing about the resource, and hold for nobody else. */
const OF_REQUEST: ReadonlySet<Detail> = new Set([
  ...(['request-no-store', 'authorization', 'unkeyed-field', 'status-of-request'] as const),
]);

/**
 * The response goes to this client alone, and followers need not wait for its end. Only what lies in
 * the response itself (`not-storable`) is remembered, and ends the use of an older one: a failure may
 * be over with the next request.
 */
export function leaveUnstored(trip: Trip, detail: Detail, why: Unshared): void {
  const { x, sidecar, flight, validate, post } = trip;
  // A POST's response says nothing of what a GET would get.
  const outcome = OF_REQUEST.has(detail) || post !== undefined ? 'transient-error' : why;
  trip.recording = undefined;
  if (trip.clientWasSlow) sidecar.heldRecordings.release(trip);
  x.trace.push('not-stored');
  x.cache = { ...x.cache, stored: false, ttl: undefined, detail };
  if (trip.head !== undefined) sidecar.lastAnswers.note(x, trip.head, sidecar.clock.now());
  if (outcome === 'not-storable') {
    if (validate !== undefined) sidecar.store.remove(validate.stored);
    sidecar.flights.markUncacheable(x.key, sidecar.clock.now() + UNCACHEABLE_MEMORY);
  }
  flight?.end(outcome);
}

/** How long the rest of an unwanted body may take to arrive, so that its connection can be kept; ms. */
const DISMISSAL = 1_000;

/** Nobody wants what is left of the body. The trip has landed; of more than a little, the exchange ends at once. */
export function dismissBody({ upstream }: Trip): void {
  setTimeout(() => upstream?.abort(), DISMISSAL).unref();
}
