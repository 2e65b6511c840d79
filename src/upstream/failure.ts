import { errors } from 'undici';
import { UpstreamError, type UpstreamFailure } from '../errors.ts';

/** What undici's and the system's error codes mean for an exchange. */
const FAILURES: Readonly<Record<string, UpstreamFailure>> = {
  ECONNREFUSED: 'connect-refused',
  EHOSTUNREACH: 'connect-refused',
  ENETUNREACH: 'connect-refused',
  EADDRNOTAVAIL: 'connect-refused',
  EMFILE: 'no-connection',
  ENFILE: 'no-connection',
  ENOBUFS: 'no-connection',
  UND_ERR_CONNECT_TIMEOUT: 'connect-timeout',
  ETIMEDOUT: 'connect-timeout',
  UND_ERR_HEADERS_TIMEOUT: 'head-timeout',
  UND_ERR_BODY_TIMEOUT: 'body-timeout',
  UND_ERR_HEADERS_OVERFLOW: 'bad-response',
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: 'truncated',
  UND_ERR_REQ_CONTENT_LENGTH_MISMATCH: 'aborted',
  UND_ERR_ABORTED: 'aborted',
  UND_ERR_DESTROYED: 'closing',
  UND_ERR_CLOSED: 'closing',
  ENOTFOUND: 'dns',
  EAI_AGAIN: 'dns',
};

const MESSAGES: Readonly<Record<UpstreamFailure, string>> = {
  'connect-refused': 'The upstream refused the connection.',
  'connect-timeout': 'The upstream did not accept the connection in time.',
  'no-connection': 'No connection to the upstream became free in time (upstream.connections).',
  'head-timeout': 'The upstream sent no response in time.',
  'body-timeout': 'The upstream fell silent inside its response.',
  deadline: 'The upstream did not finish its answer in time.',
  reset: 'The upstream closed the connection before its response was complete.',
  'bad-response': 'The upstream sent something that is not a valid HTTP response.',
  truncated: 'The upstream sent a body of another length than it announced.',
  aborted: 'The request was given up.',
  tls: 'The TLS connection to the upstream failed.',
  dns: 'The name of the upstream could not be resolved.',
  closing: 'Cacheside is shutting down.',
};

/** Nothing of it is the upstream's fault. */
const EXHAUSTED =
  'No connection to the upstream could be opened: too many are open on this machine (ulimit -n).';

/** How an exchange failed, in the words for it. */
export function failed(failure: UpstreamFailure): UpstreamError {
  return new UpstreamError(failure, MESSAGES[failure]);
}

/** No connection could be had for it. */
export function noConnection(): UpstreamError {
  return failed('no-connection');
}

/** The upstream ended a connection. */
export function closedByUpstream(): Error {
  return new errors.SocketError('other side closed');
}

/** True where the connection ended, whoever ended it. */
export function isClosed({ code }: Error & { code?: string }): boolean {
  return code === 'UND_ERR_SOCKET' || code === 'ECONNRESET' || code === 'EPIPE';
}

/** An UpstreamError from whatever broke an exchange. `inBody`: its head had arrived. */
export function upstreamError(cause: Error & { code?: string }, inBody: boolean): UpstreamError {
  if (cause instanceof UpstreamError) return cause;
  const failure = failureOf(cause, inBody);
  const message = failure === 'no-connection' ? EXHAUSTED : MESSAGES[failure];
  return new UpstreamError(failure, message, { cause });
}

function failureOf(cause: Error & { code?: string; errors?: unknown }, inBody: boolean): UpstreamFailure {
  if (Array.isArray(cause.errors) && cause.errors[0] instanceof Error)
    return failureOf(cause.errors[0], inBody);
  const { code = '' } = cause;
  const known = FAILURES[code];
  if (known !== undefined) return known;
  if (cause.name === 'HTTPParserError' || isUnasked(cause)) return 'bad-response';
  if (/^(?:ERR_TLS|ERR_SSL|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO)/.test(code)) return 'tls';
  return inBody ? 'truncated' : 'reset';
}

/** undici has no code of its own for a switch of protocols, or a 100, that nobody asked for. */
function isUnasked({ message }: Error): boolean {
  return message === 'bad upgrade' || message === 'bad response';
}
