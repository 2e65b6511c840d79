import type { IncomingHttpHeaders } from 'node:http';
import type { Caller, Gate } from './authorise.ts';
import type { Scope } from './ports.ts';
import { ProblemError } from './problem.ts';

/** One request on the admin port, as a handler sees it. */
export interface AdminRequest {
  /** Name of the token, for the audit log. */
  readonly caller: Caller;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  /** Aborts when the caller goes away or the server closes. */
  readonly signal: AbortSignal;
  /** The JSON body; throws ProblemError. */
  json(): Promise<unknown>;
}

export interface AdminAnswer {
  readonly status: number;
  /** Sent as JSON unless `contentType` is given; then it must be a string. */
  readonly body: unknown;
  readonly contentType?: string;
}

export interface Endpoint {
  readonly path: string;
  readonly method: 'GET' | 'POST';
  /** undefined: needs no token. */
  readonly scope: Scope | undefined;
  handle(request: AdminRequest): AdminAnswer | Promise<AdminAnswer>;
}

/**
 * Finds the endpoint and who is calling. Throws ProblemError: 403 and 401 from the gate, 404 for an
 * unknown path, 405 with Allow for a method the path doesn't have. HEAD is answered as GET.
 */
export function route(
  endpoints: readonly Endpoint[],
  gate: Gate,
  request: { readonly method: string; readonly path: string; readonly headers: IncomingHttpHeaders },
): { endpoint: Endpoint; caller: Caller } {
  const { path, headers } = request;
  const atPath = endpoints.filter((endpoint) => endpoint.path === path);
  const method = request.method === 'HEAD' ? 'GET' : request.method;
  const endpoint = atPath.find((candidate) => candidate.method === method);
  const caller = gate.authorise(headers, endpoint?.scope);
  if (endpoint !== undefined) return { endpoint, caller };
  if (atPath.length === 0) {
    throw new ProblemError(404, `Nothing is at ${path}.`, { paths: endpoints.map((known) => known.path) });
  }
  const allow = atPath.map((known) => (known.method === 'GET' ? 'GET, HEAD' : known.method)).join(', ');
  throw new ProblemError(405, `${path} takes ${allow}.`, {}, { allow });
}
