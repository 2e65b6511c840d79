import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Audit } from '../observe/audit.ts';
import { redactTarget } from '../observe/redact.ts';
import { problemDocument } from '../problem.ts';
import type { Access, Caller } from './authorise.ts';
import { readJson, refuseBody } from './body.ts';
import type { Connections } from './connections.ts';
import type { AdminParts } from './ports.ts';
import { ProblemError } from './problem.ts';
import type { Refusals } from './refusals.ts';
import { type AdminAnswer, type Endpoint, route } from './router.ts';

/** What one call is answered by. */
export interface Desk {
  readonly endpoints: readonly Endpoint[];
  readonly access: () => Access;
  readonly refusals: Refusals;
  readonly connections: Connections;
  /** Resolves once it is a call's turn; probes and files wait for none. */
  readonly turn: () => Promise<void>;
  readonly log: AdminParts['log'];
  readonly audit: Audit;
}

/** Lines of a head, far below the thousand beyond which Node drops them silently. */
const MOST_FIELDS = 100;
/** Fields of which a second one could be meant instead. */
const SINGLE = ['host', 'authorization', 'origin', 'content-encoding', 'idempotency-key'];
const REQUEST_ID = /^[\w.:+/=@-]{1,128}$/;

/** Finds who calls and what for, has it done, and answers. Never rejects. */
export async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  desk: Desk,
  signal: AbortSignal,
): Promise<void> {
  const { method = '', url = '', headers, socket } = request;
  const [path = '', ...search] = url.split('?');
  const query = new URLSearchParams(search.join('?'));
  const address = socket.remoteAddress ?? '';
  const requestId = requestIdOf(request);
  response.setHeader('x-request-id', requestId);
  let by: Caller | undefined;
  let leave = desk.connections.busy(socket);
  /** Who takes their time to send a body is not busy with anything. */
  const reading = async <T>(read: () => Promise<T>): Promise<T> => {
    leave();
    try {
      return await read();
    } finally {
      leave = desk.connections.busy(socket);
    }
  };
  try {
    checkFields(request);
    const { endpoint, caller } = route(desk.endpoints, desk.access(), {
      method,
      path,
      query,
      headers,
      address,
    });
    by = caller;
    if (endpoint.scope !== undefined) await desk.turn();
    const answered = await endpoint.handle({
      caller,
      origin: { by: caller, from: address, requestId },
      query,
      headers,
      signal,
      json: () => reading(() => readJson(request)),
      noBody: () => reading(() => refuseBody(request)),
    });
    if (answered.stream === undefined) send(request, response, answered);
    else await sendStream(response, answered, method === 'HEAD' ? undefined : answered.stream);
  } catch (error) {
    if (response.destroyed) return;
    const problem = error instanceof ProblemError ? error : new ProblemError(500, 'See the log.');
    const { status } = problem;
    const target = `${method} ${redactTarget(path)}`;
    if (status >= 500 && status !== 503) {
      desk.log.error({ err: error, by, target, from: address, requestId }, 'admin request failed');
    }
    if (status === 401 || status === 403 || status === 429)
      tell(desk, problem, { target, address, requestId });
    // Its status has been sent: that it breaks off is all that can be told.
    if (response.headersSent) return void response.destroy();
    for (const [name, value] of Object.entries(problem.headers)) response.setHeader(name, value);
    send(request, response, {
      status,
      body: problemDocument(status, problem.message, problem.extensions),
      contentType: 'application/problem+json',
    });
  } finally {
    leave();
  }
}

/** One line an address, kind and window: whoever calls ten thousand times fills no disk. */
function tell(
  { audit, refusals }: Desk,
  { status, message, by = 'unknown' }: ProblemError,
  { target, address, requestId }: { target: string; address: string; requestId: string },
): void {
  const { line, unlogged } = refusals.told(address, `${status} ${by}`);
  if (!line) return;
  const result = status === 429 ? 'limited' : 'refused';
  const more = unlogged === 0 ? {} : { unlogged };
  const details = { status, why: message, ...more };
  audit({ action: 'call', by, from: address, requestId, target, result, details });
}

function checkFields({ headers, rawHeaders }: IncomingMessage): void {
  // In `rawHeaders` names stand at even positions.
  const names = rawHeaders.filter((_, i) => i % 2 === 0).map((name) => name.toLowerCase());
  if (names.length > MOST_FIELDS) {
    throw new ProblemError(431, `The head has more than ${MOST_FIELDS} fields.`);
  }
  if (headers.host === undefined) throw new ProblemError(400, 'One Host field is needed.');
  for (const single of SINGLE) {
    if (names.indexOf(single) !== names.lastIndexOf(single)) {
      throw new ProblemError(400, `The field ${single} stands twice.`);
    }
  }
}

/** The caller's own where it is a plain one. */
function requestIdOf({ headers }: IncomingMessage): string {
  const given = headers['x-request-id'];
  return typeof given === 'string' && REQUEST_ID.test(given) ? given : randomUUID();
}

async function sendStream(
  response: ServerResponse,
  { status, contentType = 'application/json', headers }: AdminAnswer,
  stream: AdminAnswer['stream'],
): Promise<void> {
  response.writeHead(status, fieldsOf(contentType, headers));
  await stream?.(response);
  response.end();
}

function fieldsOf(contentType: string, more: AdminAnswer['headers']): Record<string, string> {
  return {
    'content-type': contentType,
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    ...more,
  };
}

function send(request: IncomingMessage, response: ServerResponse, answered: AdminAnswer): void {
  const { status, body, contentType = 'application/json', headers } = answered;
  const isText = typeof body === 'string' && !contentType.endsWith('json');
  const bytes = Buffer.isBuffer(body)
    ? body
    : Buffer.from(isText ? body : `${JSON.stringify(body, null, 2)}\n`);
  // A body that nobody read would have to be read before the next request on this connection.
  if (!request.complete) response.setHeader('connection', 'close');
  response.writeHead(status, {
    ...fieldsOf(contentType, headers),
    // That of a 304 would be the length of what it stands for.
    ...(status === 304 ? {} : { 'content-length': bytes.length }),
  });
  response.end(request.method === 'HEAD' ? undefined : bytes);
}
