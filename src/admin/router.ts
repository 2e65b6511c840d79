import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import type { AuditOrigin } from '../observe/audit.ts';
import type { Access, Call, Caller } from './authorise.ts';
import type { Scope } from './ports.ts';
import { ProblemError } from './problem.ts';

/** One request on the admin port, as a handler sees it. */
export interface AdminRequest {
  /** Name of the token. */
  readonly caller: Caller;
  /** The same for the audit log, and whence the call came. */
  readonly origin: AuditOrigin;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  /** Aborts when the caller goes away or the server closes. */
  readonly signal: AbortSignal;
  /** The JSON body; throws ProblemError. */
  json(): Promise<unknown>;
  /** Throws a ProblemError where there is a body. */
  noBody(): Promise<void>;
}

export interface AdminAnswer {
  readonly status: number;
  /** Sent as JSON unless `contentType` is given; then it must be a string, or bytes. */
  readonly body: unknown;
  readonly contentType?: string;
  /** More fields, or others in place of those that every answer has. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Writes the body instead, bit by bit. Resolves when there is no more, and the call is over. */
  readonly stream?: (to: ServerResponse) => Promise<void>;
}

export interface Endpoint {
  readonly path: string;
  readonly method: 'GET' | 'POST';
  /** undefined: needs no token. */
  readonly scope: Scope | undefined;
  /** What a query may name; undefined: anything, which is not looked at. */
  readonly query?: readonly string[];
  handle(request: AdminRequest): AdminAnswer | Promise<AdminAnswer>;
}

/**
 * Finds the endpoint and who is calling. Throws ProblemError: 401, 403 and 429 as `authorise` does, 404 for an
 * unknown path, 405 with Allow for a method the path doesn't have, 400 for a query that would be taken for an
 * order. HEAD is answered as GET.
 */
export function route(
  endpoints: readonly Endpoint[],
  access: Access,
  request: Call & { readonly path: string; readonly query: URLSearchParams },
): { endpoint: Endpoint; caller: Caller } {
  const { path, query } = request;
  const atPath = endpoints.filter((endpoint) => endpoint.path === path);
  const method = request.method === 'HEAD' ? 'GET' : request.method;
  const endpoint = atPath.find((candidate) => candidate.method === method);
  const caller = access.authorise(request, endpoint?.scope);
  if (endpoint !== undefined) {
    refuseQuery(endpoint, query);
    return { endpoint, caller };
  }
  if (atPath.length === 0) {
    throw new ProblemError(404, `Nothing is at ${path}.`, {
      paths: endpoints.map((known) => known.path).filter((known) => !known.startsWith('/dashboard/')),
    });
  }
  const allow = atPath.map((known) => (known.method === 'GET' ? 'GET, HEAD' : known.method)).join(', ');
  throw new ProblemError(405, `${path} takes ${allow}.`, {}, { allow });
}

/** What is written into the query of a change of state is not what the body says. */
function refuseQuery({ path, method, query: known }: Endpoint, query: URLSearchParams): void {
  const allowed = known ?? (method === 'POST' ? [] : undefined);
  if (allowed === undefined) return;
  for (const name of new Set(query.keys())) {
    if (!allowed.includes(name)) {
      const takes =
        allowed.length === 0 ? 'no query' : `${allowed.map((one) => `"${one}"`).join(', ')} in its query`;
      throw new ProblemError(400, `${path} takes ${takes}.`);
    }
    if (query.getAll(name).length > 1) throw new ProblemError(400, `"${name}" stands twice in the query.`);
  }
}
