import { type Dispatcher, Pool } from 'undici';
import { UpstreamError } from '../errors.ts';
import { withoutFields } from '../policy/fields.ts';
import type { Upstream, UpstreamExchange, UpstreamListener, UpstreamRequest } from '../proxy/ports.ts';
import { type Connector, type ConnectorSettings, createConnector } from './connector.ts';
import { upstreamError } from './failure.ts';
import { isSendable, readHead } from './head.ts';

/** How to reach the service; durations in ms. */
export interface PoolSettings extends ConnectorSettings {
  readonly host: 'preserve' | 'upstream';
  readonly connections: number;
  readonly headTimeout: number;
  readonly idleTimeout: number;
  readonly keepAlive: number;
}

/** Heads of responses beyond this many bytes fail with 502. */
const MAX_RESPONSE_HEAD = 64 * 1024;

/** Without a body there is no length (RFC 9110 §8.6): a client could wait for it. */
const NOT_IN_INTERIM = new Set(['content-length']);

const NO_CONNECTION = 'No connection to the upstream became free in time (upstream.connections).';

/** undici tells a handler more than its types say, and takes a server name with each request. */
type Handler = Dispatcher.DispatchHandler & { onRequestSent(): void };
type Options = Dispatcher.DispatchOptions & { servername: string };

interface Way {
  readonly pool: Pool;
  readonly connector: Connector;
  readonly connectTimeout: number;
  readonly headTimeout: number;
  /** The upstream's own authority and host name. */
  readonly authority: string;
  readonly hostname: string;
  readonly ownHost: boolean;
}

/** The upstream over a pool of kept connections. undici's dispatch level: raw fields, no streams in between. */
export function createPool(settings: PoolSettings): Upstream {
  const connector = createConnector(settings);
  const pool = new Pool(settings.origin, {
    connections: settings.connections,
    pipelining: 1,
    maxHeaderSize: MAX_RESPONSE_HEAD,
    headersTimeout: 0, // our own timer: undici's restarts with each 1xx
    bodyTimeout: settings.idleTimeout,
    keepAliveTimeout: settings.keepAlive,
    keepAliveMaxTimeout: settings.keepAlive,
    connect: connector.connect,
  });
  const { host: authority, hostname } = new URL(settings.origin);
  const ownHost = settings.host === 'upstream';
  const { connectTimeout, headTimeout } = settings;
  const way: Way = { pool, connector, connectTimeout, headTimeout, authority, hostname, ownHost };
  return {
    send: (request, listener) => send(way, request, listener),
    close: () => pool.destroy(),
  };
}

function send(way: Way, request: UpstreamRequest, listener: UpstreamListener): UpstreamExchange {
  const { method, target, body } = request;
  /** Set once a connection is there for this request: nothing is sent before. */
  let abort: ((reason: Error) => void) | undefined;
  let resume: (() => void) | undefined;
  let phase: 'awaiting-head' | 'body' | 'over' = 'awaiting-head';
  // Only what died on a kept connection before its answer began: it was not answered, and is safe twice.
  let mayRetry = body === undefined && (method === 'GET' || method === 'HEAD');
  let sent = false;

  const fail = (error: UpstreamError): void => {
    if (phase === 'over') return;
    phase = 'over';
    clearTimeout(headTimer);
    listener.onError(error);
  };
  const cut = (error: UpstreamError): void => {
    abort?.(error);
    fail(error);
  };

  /** Without a connection, in whole head-timeouts; ms. */
  let waited = 0;
  const giveUpOnHead = (): void => {
    if (abort === undefined) {
      waited += way.headTimeout;
      // What is being opened has a bound of its own.
      if (way.connector.opening > 0 && waited <= way.connectTimeout) headTimer.refresh();
      else fail(new UpstreamError('connect-timeout', NO_CONNECTION));
    } else if (!sent && body?.readableFlowing) {
      // While the upload waits for its client, the upstream has nothing to answer yet.
      headTimer.refresh();
    } else cut(new UpstreamError('head-timeout', 'The upstream sent no response in time.'));
  };
  const headTimer = setTimeout(giveUpOnHead, way.headTimeout);
  const awaitHeadAnew = (): void => {
    if (phase === 'awaiting-head') headTimer.refresh();
  };

  const handler: Handler = {
    onConnect(cancel) {
      // Thrown, not cancelled: cancelling would cost the others this connection.
      if (phase === 'over') throw new UpstreamError('aborted', 'The request was given up.');
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
      const head = readHead(method, status, raw);
      if (!isSendable(head)) {
        cut(new UpstreamError('bad-response', 'The upstream sent a response head that cannot be passed on.'));
      } else if (status < 200) {
        listener.onInformational(status, withoutFields(head.fields, NOT_IN_INTERIM));
      } else {
        phase = 'body';
        clearTimeout(headTimer);
        listener.onHead(head);
      }
      return true;
    },
    onData(chunk) {
      return phase === 'over' || listener.onData(chunk);
    },
    onComplete() {
      if (phase === 'over') return;
      phase = 'over';
      listener.onEnd();
    },
    onError(cause) {
      if (phase === 'awaiting-head' && mayRetry && isClosed(cause) && way.connector.wasUsed(cause)) {
        mayRetry = false;
        abort = undefined;
        waited = 0;
        headTimer.refresh();
        dispatch();
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
  };
  // Asynchronous by contract: the listener is never called before `send` returned.
  const dispatch = (): void => {
    queueMicrotask(() => {
      if (phase === 'over') return;
      try {
        way.pool.dispatch(options, handler);
      } catch (cause) {
        fail(upstreamError(cause as Error, false));
      }
    });
  };
  dispatch();
  return {
    resume() {
      if (phase !== 'over') resume?.();
    },
    abort: () => cut(new UpstreamError('aborted', 'The request was given up.')),
  };
}

function isClosed({ code }: Error & { code?: string }): boolean {
  return code === 'UND_ERR_SOCKET' || code === 'ECONNRESET' || code === 'EPIPE';
}
