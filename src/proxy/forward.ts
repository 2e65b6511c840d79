import { UpstreamError } from '../errors.ts';
import type { Detail } from '../policy/cache-status.ts';
import { initialAge, remainingFreshness } from '../policy/freshness.ts';
import type { ExchangeTimes } from '../policy/storability.ts';
import type { StoredResponse } from '../policy/stored-response.ts';
import { decideValidation, freshen } from '../policy/validation.ts';
import type { Flight, FlightOutcome } from './collapse.ts';
import { type Exchange, finish } from './exchange.ts';
import { invalidate } from './invalidate.ts';
import type { Tier } from './judge.ts';
import type { UpstreamHead } from './ports.ts';
import { sendProblem, statusOfFailure } from './problem.ts';
import { keep, purgeMoment, type Recording, startRecording, storedResponse } from './recording.ts';
import { editFields, passFields, signFields } from './response-fields.ts';
import type { MatchedRoute } from './route-table.ts';
import { serveStored } from './serve-stored.ts';
import type { Sidecar } from './sidecar.ts';
import { passRequest, sharedRequest } from './upstream-request.ts';

/** A stored response to ask the upstream about. */
export interface ToValidate {
  readonly stored: StoredResponse;
  readonly tier: Tier;
  /** Whether it may be served should the upstream fail (RFC 5861 §4). */
  readonly ifError: boolean;
}

/** One trip to the upstream. */
export interface ForwardJob {
  /** The route whose rule may share the response; undefined: everything passes through untouched. */
  readonly share: MatchedRoute | undefined;
  /** The flight this exchange leads; ended on every path. */
  readonly flight?: Flight | undefined;
  readonly validate?: ToValidate | undefined;
}

/** How long a key whose response could not be shared is remembered, so that nobody queues for it; ms. */
const UNCACHEABLE_MEMORY = 10_000;

/** What is left of an unwanted body is read up to this many bytes, to keep its connection. */
const DRAIN_LIMIT = 64 * 1024;

/**
 * Sends a request upstream and streams the answer to the client, recording it for the store where
 * that is allowed. The leader's bytes go to the leader's client alone; followers decide for themselves
 * once the response is stored.
 */
export function forward(x: Exchange, sidecar: Sidecar, job: ForwardJob): void {
  const { clock } = sidecar;
  const { downstream } = x;
  const { share, flight, validate } = job;
  const sentAt = clock.monotonic();
  const requestTime = clock.now();
  const moment = purgeMoment(sidecar);
  let phase: 'awaiting-head' | 'streaming' | 'over' = 'awaiting-head';
  let recording: Recording | undefined;
  let clientIsSlow = false;
  let drained = 0;

  /** Every path ends here, once. */
  const end = (outcome: Exclude<FlightOutcome, 'timed-out'>): void => {
    phase = 'over';
    clearTimeout(deadline);
    downstream.onDrain = undefined;
    downstream.onClosed = undefined;
    if (flight !== undefined) flight.onFollow = undefined;
    flight?.end(outcome);
  };

  /** The response is not shared: nobody needs to wait for it. */
  const leaveUnstored = (detail: Detail, status: number): void => {
    recording = undefined;
    x.trace.push('not-stored');
    x.cache = { ...x.cache, stored: false, ttl: undefined, detail };
    if (status >= 500) return flight?.end('transient-error');
    sidecar.flights.markUncacheable(x.key, clock.now() + UNCACHEABLE_MEMORY);
    flight?.end('not-storable');
  };

  /** A purge that came in meanwhile is not undone by an upstream that fails. */
  const mayStandIn = ({ stored, ifError }: ToValidate): boolean =>
    ifError && sidecar.purges.index.verdict(stored) !== 'hard';

  const serveStale = ({ stored, tier }: ToValidate): void => {
    x.trace.push('served-stale');
    x.cache = { ...x.cache, ttl: remainingFreshness(stored, clock.now()), detail: 'if-error' };
    end('transient-error');
    serveStored(x, stored, tier, clock);
  };

  const freshenStored = (
    { stored, tier }: ToValidate,
    route: MatchedRoute,
    head: UpstreamHead,
    times: ExchangeTimes,
  ): void => {
    const result = freshen(x.request, stored, head, route.rule, times);
    if (result.kind === 'freshened') {
      const { terms } = result;
      const refused = keep(sidecar, storedResponse(x, route, terms, stored.body, moment), terms.vary);
      const ttl = terms.lifetime - terms.initialAge;
      x.trace.push('freshened');
      x.cache = { ...x.cache, stored: refused === undefined, ttl, detail: refused ?? 'freshened' };
      end('stored');
      return serveStored(x, storedResponse(x, route, terms, stored.body, moment), tier, clock);
    }
    sidecar.store.remove(stored);
    leaveUnstored(result.detail, head.status);
    end('not-storable');
    serveStored(x, { ...stored, fields: result.fields, prepared: undefined }, tier, clock);
  };

  const stream = (head: UpstreamHead, times: ExchangeTimes): void => {
    phase = 'streaming';
    x.status = head.status;
    x.servedFrom = 'upstream';
    if (share !== undefined) {
      const started = startRecording(x, share, head, times);
      if ('detail' in started) {
        if (validate !== undefined && head.status < 500) sidecar.store.remove(validate.stored);
        leaveUnstored(started.detail, head.status);
      } else {
        recording = started;
        const { lifetime, initialAge: age } = started.terms;
        x.cache = { ...x.cache, stored: true, ttl: lifetime - age };
      }
    }
    if (recording === undefined && share?.rule.timeout === undefined) clearTimeout(deadline);
    const age = share && initialAge(head, times.requestTime, times.responseTime);
    const fields = editFields(passFields(head, share !== undefined), x.route?.rule);
    downstream.begin(head.status, signFields(x, fields, age));
  };

  const fail = (error: UpstreamError): void => {
    if (phase === 'over') return;
    const headIsOut = phase === 'streaming';
    x.trace.push('upstream-error');
    if (!headIsOut && validate !== undefined && mayStandIn(validate)) return serveStale(validate);
    end('transient-error');
    if (headIsOut) {
      x.cache = { ...x.cache, stored: false, detail: 'truncated' };
      downstream.destroy();
      return finish(x, clock.monotonic(), true);
    }
    x.cache = { ...x.cache, detail: 'upstream-error' };
    sendProblem(x, clock, statusOfFailure(error.failure), error.message);
  };

  const deadline = setTimeout(() => {
    // A client that reads slowly is not the upstream's fault: it goes on, only unrecorded.
    if (phase === 'streaming' && clientIsSlow && share?.rule.timeout === undefined) {
      return leaveUnstored('too-slow', x.status);
    }
    fail(new UpstreamError('deadline', 'The upstream did not finish its answer in time.'));
    upstream.abort();
  }, x.route?.rule.timeout ?? sidecar.timeout);

  x.trace.push(validate === undefined ? 'forward' : 'validate');
  const request =
    share === undefined
      ? passRequest(x, sidecar.trustForwarded)
      : sharedRequest(x, share.rule, sidecar.trustForwarded, validate?.stored);
  const upstream = sidecar.upstream.send(request, {
    onInformational(status, fields) {
      if (phase === 'awaiting-head') downstream.informational(status, fields);
    },
    onHead(head) {
      if (phase === 'over') return;
      const times = { requestTime, responseTime: clock.now(), random: sidecar.random() };
      x.upstreamDuration = clock.monotonic() - sentAt;
      x.cache = { ...x.cache, fwdStatus: head.status };
      invalidate(x, sidecar, head);
      if (validate !== undefined && share !== undefined) {
        const { kind } = decideValidation(head);
        if (kind === 'freshen') return freshenStored(validate, share, head, times);
        if (kind === 'error' && mayStandIn(validate)) return serveStale(validate);
      }
      stream(head, times);
    },
    onData(chunk) {
      if (phase === 'over') {
        drained += chunk.byteLength;
        if (drained > DRAIN_LIMIT) upstream.abort();
        return true;
      }
      x.bytes += chunk.byteLength;
      if (recording !== undefined && !recording.recorder.push(chunk)) leaveUnstored('too-large', x.status);
      if (downstream.write(chunk)) return true;
      clientIsSlow = true;
      // Others wait for this response: its client's pace must not be theirs. The recorder's bound holds.
      return recording !== undefined && flight !== undefined && flight.followers > 0;
    },
    onEnd() {
      if (phase === 'over') return;
      if (recording !== undefined && share !== undefined) {
        const { recorder, terms } = recording;
        const stored = storedResponse(x, share, terms, recorder.body(), moment);
        const refused = keep(sidecar, stored, terms.vary);
        x.trace.push(refused === undefined ? 'stored' : 'not-stored');
        if (refused !== undefined) x.cache = { ...x.cache, stored: false, detail: refused };
      }
      end('stored');
      downstream.end();
      finish(x, clock.monotonic(), false);
    },
    onError: fail,
  });

  downstream.onDrain = () => upstream.resume();
  if (flight !== undefined) {
    flight.onFollow = () => {
      if (recording !== undefined) upstream.resume();
    };
  }
  downstream.onClosed = () => {
    finish(x, clock.monotonic(), true);
    const isWaitedFor = recording !== undefined || (flight !== undefined && flight.followers > 0);
    if (isWaitedFor) return upstream.resume();
    end('transient-error');
    upstream.abort();
  };
}
