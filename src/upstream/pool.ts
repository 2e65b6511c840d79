import { type Dispatcher, Pool } from 'undici';
import { UpstreamError } from '../errors.ts';
import type { Upstream, UpstreamExchange, UpstreamListener, UpstreamRequest } from '../proxy/ports.ts';
import { upstreamError } from './failure.ts';
import { readHead } from './head.ts';

/** How to reach the service; durations in ms. */
export interface PoolSettings {
  readonly origin: string;
  readonly host: 'preserve' | 'upstream';
  readonly connections: number;
  readonly connectTimeout: number;
  readonly headTimeout: number;
  readonly idleTimeout: number;
  readonly keepAlive: number;
  readonly ca: string | undefined;
  readonly verify: boolean;
}

/** Heads of responses beyond this many bytes fail with 502. */
const MAX_RESPONSE_HEAD = 64 * 1024;

/** The upstream over a pool of kept connections. undici's dispatch level: raw fields, no streams in between. */
export function createPool(settings: PoolSettings): Upstream {
  const pool = new Pool(settings.origin, {
    connections: settings.connections,
    pipelining: 1,
    maxHeaderSize: MAX_RESPONSE_HEAD,
    headersTimeout: 0, // our own timer: undici's restarts with each 1xx
    bodyTimeout: settings.idleTimeout,
    keepAliveTimeout: settings.keepAlive,
    keepAliveMaxTimeout: settings.keepAlive,
    connect: {
      timeout: settings.connectTimeout,
      rejectUnauthorized: settings.verify,
      ...(settings.ca === undefined ? {} : { ca: settings.ca }),
    },
  });
  const host = settings.host === 'upstream' ? new URL(settings.origin).host : undefined;
  return {
    send: (request, listener) => send(pool, settings.headTimeout, host, request, listener),
    close: () => pool.destroy(),
  };
}

function send(
  pool: Pool,
  headTimeout: number,
  host: string | undefined,
  request: UpstreamRequest,
  listener: UpstreamListener,
): UpstreamExchange {
  const { method, target, body } = request;
  const headers = ['Host', host ?? request.authority, ...request.fields];
  let abort: ((reason: Error) => void) | undefined;
  let resume: (() => void) | undefined;
  let phase: 'awaiting-head' | 'body' | 'over' = 'awaiting-head';
  let mayRetry = body === undefined && (method === 'GET' || method === 'HEAD');

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
  const headTimer = setTimeout(
    () => cut(new UpstreamError('head-timeout', 'The upstream sent no response in time.')),
    headTimeout,
  );

  const handler: Dispatcher.DispatchHandler = {
    onConnect(cancel) {
      abort = cancel;
      if (phase === 'over') cancel(new UpstreamError('aborted', 'The request was given up.'));
    },
    onHeaders(status, raw, proceed) {
      if (phase === 'over') return true;
      resume = proceed;
      const head = readHead(method, status, raw);
      if (status < 200) {
        if (status !== 101) listener.onInformational(status, head.fields);
        return true;
      }
      phase = 'body';
      clearTimeout(headTimer);
      listener.onHead(head);
      return true;
    },
    onData(chunk) {
      return phase === 'over' || listener.onData(chunk);
    },
    onComplete() {
      if (phase === 'over') return;
      phase = 'over';
      clearTimeout(headTimer);
      listener.onEnd();
    },
    onError(cause) {
      if (phase === 'awaiting-head' && mayRetry && diedUnused(cause)) {
        mayRetry = false;
        dispatch();
        return;
      }
      fail(upstreamError(cause, phase === 'body'));
    },
  };

  // Asynchronous by contract: the listener is never called before `send` returned.
  const dispatch = (): void => {
    queueMicrotask(() => {
      if (phase === 'over') return;
      try {
        pool.dispatch(
          { method: method as Dispatcher.HttpMethod, path: target, headers, body: body ?? null },
          handler,
        );
      } catch (cause) {
        fail(upstreamError(cause as Error, false));
      }
    });
  };
  dispatch();
  return {
    resume: () => resume?.(),
    abort: () => cut(new UpstreamError('aborted', 'The request was given up.')),
  };
}

/**
 * A kept connection that the upstream closed while the request was on its way: it had carried
 * responses before, and nothing of this one. Such a request was not answered and may be sent again.
 */
function diedUnused(error: Error & { code?: string; socket?: { bytesRead?: number } }): boolean {
  const closed = error.code === 'UND_ERR_SOCKET' || error.code === 'ECONNRESET' || error.code === 'EPIPE';
  return closed && (error.socket === undefined || (error.socket.bytesRead ?? 0) > 0);
}
