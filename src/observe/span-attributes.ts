import type { Attributes } from '@opentelemetry/api';
import { formatCacheStatus } from '../policy/cache-status.ts';
import { fieldValue } from '../policy/fields.ts';
import type { RequestHead } from '../policy/request.ts';
import type { Outcome } from './outcome.ts';
import { outcomeWord } from './outcome-word.ts';
import { redactTarget } from './redact.ts';

/*
 * Names and values by OpenTelemetry's semantic conventions for HTTP (stable since 1.23); `cacheside.*` are ours, their
 * values the words of Cache-Status, log and metrics.
 */

/** The methods that the conventions know; any other would let clients make names. */
const METHODS = new Set([
  'GET',
  'HEAD',
  'POST',
  'PUT',
  'DELETE',
  'CONNECT',
  'OPTIONS',
  'TRACE',
  'PATCH',
  'QUERY',
]);

/** The method as it stands in the name of a span. */
export function nameOfMethod(method: string): string {
  return METHODS.has(method) ? method : 'HTTP';
}

export function methodAttributes(method: string): Attributes {
  if (METHODS.has(method)) return { 'http.request.method': method };
  return { 'http.request.method': '_OTHER', 'http.request.method_original': method };
}

/** What a sampler may go by. */
export function sampledBy({ method, scheme, path }: RequestHead): Attributes {
  return { ...methodAttributes(method), 'url.scheme': scheme, 'url.path': redactTarget(path) };
}

/** The rest of what the head of a request says; the values of secrets are left out as in the log. */
export function requestAttributes(head: RequestHead, clientAddress: string | undefined): Attributes {
  const { path, query, authority, fields } = head;
  const redacted = query === '' ? undefined : redactTarget(`${path}?${query}`);
  return {
    ...serverAttributes(authority),
    'url.query': redacted?.slice(redacted.indexOf('?') + 1),
    'user_agent.original': fieldValue(fields, 'user-agent'),
    'client.address': clientAddress,
  };
}

/** The host, and the port where one is named. */
export function serverAttributes(authority: string): Attributes {
  const [, host = authority, port] = /^(.*?)(?::(\d+))?$/.exec(authority) ?? [];
  return { 'server.address': host, 'server.port': port === undefined ? undefined : Number(port) };
}

/** What became of a request. */
export function outcomeAttributes(outcome: Outcome, pattern: string | undefined): Attributes {
  const { cache, status, bytes, trace, servedFrom, route } = outcome;
  return {
    'http.route': pattern,
    'http.response.status_code': status === 0 ? undefined : status,
    'http.response.body.size': bytes,
    'error.type': isFailure(status) ? String(status) : undefined,
    'cacheside.route': route,
    'cacheside.outcome': outcomeWord(outcome),
    'cacheside.cache_status': formatCacheStatus(cache),
    'cacheside.detail': cache.detail,
    'cacheside.served_from': servedFrom,
    'cacheside.trace': [...trace],
  };
}

/** Whether a server's answer with this status is its own failure. */
export function isFailure(status: number): boolean {
  return status >= 500;
}
