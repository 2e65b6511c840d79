import type { Dispatcher } from 'undici';
import { UpstreamError } from '../errors.ts';
import { type FieldLines, withoutFields } from '../policy/fields.ts';
import type { Framing, UpstreamExchange, UpstreamListener, UpstreamRequest } from '../proxy/ports.ts';
import type { Connector } from './connector.ts';
import { failed, isClosed, noConnection, upstreamError } from './failure.ts';
import { readHead } from './head.ts';
import type { RetryBudget } from './retry-budget.ts';

/** Without a body there is no length (RFC 9110 §8.6): a client could wait for it. */
const NOT_IN_INTERIM = new Set(['content-length']);

/** What is passed on of the interim responses of one exchange, whose client may read none of it; bytes. */
const MOST_PASSED = 64 * 1024;
/** What is read of them: beyond it, an upstream does nothing else; bytes. */
const MOST_INTERIM = 4 * 1024 * 1024;
/** What each counts beside its fields; bytes. */
const INTERIM_COST = 64;

/** undici tells a handler more than its types say, and takes a server name with each request. */
type Handler = Dispatcher.DispatchHandler & { onRequestSent(): void };
type Options = Dispatcher.DispatchOptions & { servername: string };

/** undici's connections and what is known of the upstream. */
export interface Way {
  readonly dispatcher: Dispatcher;
  readonly connector: Connector;
  readonly headTimeout: number;
  /** The upstream's own authority and host name. */
  readonly authority: string;
  readonly hostname: string;
  readonly ownHost: boolean;
  readonly budget: RetryBudget;
  /** For one request that a kept connection has failed: it opens a connection of its own. */
  fresh(): Dispatcher;
}

/**
 * Whose bodies every upstream reads. That of any other may be left on the connection and read as a request, so that nothing
 * follows it there (RFC 9110 §9.3.1).
 */
const WITH_CONTENT = new Set(['POST', 'PUT', 'PATCH', 'QUERY', 'PROPFIND', 'PROPPATCH']);

/**
 * One exchange over undici. `isLast`: its connection is under way with this request, and is used for no other.
 */
export function sendByUndici(
  way: Way,
  request: UpstreamRequest,
  listener: UpstreamListener,
  isLast: boolean,
): UpstreamExchange {
  const { method, target, body } = request;
  /** Set once a connection is there for this request: nothing is sent before. */
  let abort: ((reason: Error) => void) | undefined;
  let resume: (() => void) | undefined;
  let phase: 'awaiting-head' | 'body' | 'over' = 'awaiting-head';
  // Only what died on a kept connection before its answer began: it was not answered, and is safe twice.
  let mayRetry = !isLast && body === undefined && (method === 'GET' || method === 'HEAD');
  let sent = false;
  let framing: Framing | undefined;
  let interimBytes = 0;

  const fail = (error: UpstreamError): void => {
    if (phase === 'over') return;
    phase = 'over';
    clearTimeout(headTimer);
    listener.onError(error);
  };
  const end = (): void => {
    if (phase === 'over') return;
    phase = 'over';
    listener.onEnd();
  };
  const cut = (error: UpstreamError): void => {
    abort?.(error);
    fail(error);
  };
  const passInterim = (status: number, fields: FieldLines): void => {
    interimBytes += INTERIM_COST + fields.reduce((sum, { length }) => sum + length, 0);
    if (interimBytes > MOST_INTERIM) cut(failed('bad-response'));
    else if (interimBytes <= MOST_PASSED)
      listener.onInformational(status, withoutFields(fields, NOT_IN_INTERIM));
  };

  /** Without a connection, in whole head-timeouts; ms. */
  let waited = 0;
  const giveUpOnHead = (): void => {
    if (phase !== 'awaiting-head') return;
    if (abort === undefined) {
      waited += way.headTimeout;
      if (way.connector.mayStillCome(waited)) headTimer.refresh();
      else fail(noConnection());
    } else if (!sent && body?.readableFlowing) {
      // While the upload waits for its client, the upstream has nothing to answer yet.
      headTimer.refresh();
    } else cut(failed('head-timeout'));
  };
  // After a turn of the event loop: what arrived while it was held up has been read by then.
  const headTimer = setTimeout(() => setImmediate(giveUpOnHead), way.headTimeout);
  const awaitHeadAnew = (): void => {
    if (phase === 'awaiting-head') headTimer.refresh();
  };

  const handler: Handler = {
    onConnect(cancel) {
      // Thrown, not cancelled: cancelling would cost the others this connection.
      if (phase === 'over') throw failed('aborted');
      abort = cancel;
      headTimer.refresh();
    },
    onBodySent: awaitHeadAnew,
    onRequestSent() {
      sent = true;
      awaitHeadAnew();
    },
    onResponseStarted() {
      mayRetry = false;
    },
    onHeaders(status, raw, proceed) {
      if (phase === 'over') return true;
      resume = proceed;
      const read = readHead(method, status, raw, way.connector.readings.current?.version);
      if (read === undefined) {
        cut(new UpstreamError('bad-response', 'The upstream sent a response head that cannot be passed on.'));
        return true;
      }
      const { head, isLast: isNoneBehind } = read;
      if (status < 200) {
        passInterim(status, head.fields);
        return true;
      }
      clearTimeout(headTimer);
      phase = 'body';
      framing = head.framing;
      listener.onHead(head);
      // Whatever else comes is no part of it.
      if (framing === 'none') end();
      if (isNoneBehind) abort?.(failed('bad-response'));
      return true;
    },
    onData(chunk) {
      return phase === 'over' || listener.onData(chunk);
    },
    onComplete() {
      way.connector.readings.rest();
      // undici takes a reset for the end of a body that ends with its connection.
      if (framing === 'close' && way.connector.readings.current?.isBroken) fail(failed('truncated'));
      else end();
    },
    onError(cause) {
      if (
        phase === 'awaiting-head' &&
        mayRetry &&
        isClosed(cause) &&
        way.connector.readings.wasUnanswered(cause)
      ) {
        mayRetry = false;
        way.budget.retry();
        abort = undefined;
        waited = 0;
        headTimer.refresh();
        dispatch(way.fresh());
        return;
      }
      fail(upstreamError(cause, phase === 'body'));
    },
  };

  const options: Options = {
    method: method as Dispatcher.HttpMethod,
    path: target,
    headers: ['Host', way.ownHost ? way.authority : request.authority, ...request.fields],
    body: body ?? null,
    // Always the same, or undici would open a new connection for every Host.
    servername: way.hostname,
    ...(isLast || way.budget.isSpent || (body !== undefined && !WITH_CONTENT.has(method))
      ? { reset: true }
      : {}),
  };
  // Asynchronous by contract (Upstream.send).
  const dispatch = (dispatcher: Dispatcher): void => {
    queueMicrotask(() => {
      if (phase === 'over') return;
      try {
        const isFresh = dispatcher !== way.dispatcher;
        dispatcher.dispatch(isFresh ? { ...options, reset: true } : options, handler);
      } catch (cause) {
        fail(upstreamError(cause as Error, false));
      }
    });
  };
  dispatch(way.dispatcher);
  return {
    resume() {
      if (phase !== 'over') resume?.();
    },
    abort: () => cut(failed('aborted')),
  };
}
