import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { type Address, isLoopback } from '../address.ts';
import { OperatorError } from '../errors.ts';
import { redactTarget } from '../observe/redact.ts';
import { problemDocument } from '../problem.ts';
import { type Caller, createGate, type Gate } from './authorise.ts';
import { readJson } from './body.ts';
import { healthEndpoint, readyEndpoint } from './health.ts';
import type { AdminParts } from './ports.ts';
import { ProblemError } from './problem.ts';
import { purgeEndpoint } from './purge.ts';
import { purgesEndpoint } from './purges.ts';
import { configEndpoint, reloadEndpoint } from './reload.ts';
import { type AdminAnswer, type Endpoint, route } from './router.ts';
import { metricsEndpoint, statsEndpoint } from './stats.ts';
import { warmEndpoint } from './warm.ts';

export interface AdminServer {
  /**
   * Binds and answers with the address that was given. Throws OperatorError where the address can't be
   * had, and for one beyond loopback while no tokens are configured.
   */
  listen(address: Address): Promise<Address>;
  /** Stops taking requests, aborts warm-ups, waits at most two seconds for the rest. */
  close(): Promise<void>;
}

/** Purges that wait for other replicas hold some of them; probes must find room beside those. */
const MOST_CONNECTIONS = 1_024;

/** How long answers under way may take once the server closes; ms. */
const CLOSE_WITHIN = 2000;

/** The admin port: what operators, probes and Prometheus talk to. */
export function createAdminServer(parts: AdminParts): AdminServer {
  const endpoints: readonly Endpoint[] = [
    purgeEndpoint(parts),
    purgesEndpoint(parts),
    warmEndpoint(parts),
    reloadEndpoint(parts),
    statsEndpoint(parts),
    metricsEndpoint(parts),
    configEndpoint(parts),
    healthEndpoint(),
    readyEndpoint(parts),
  ];
  // Until it is known where the port is bound, nobody without a token gets in.
  let gate = createGate(parts.tokens, false);
  const underWay = new Set<AbortController>();
  const server = createServer(
    {
      maxHeaderSize: 16 * 1024,
      headersTimeout: 10_000,
      requestTimeout: 30_000,
      keepAliveTimeout: 5000,
      connectionsCheckingInterval: 1000,
    },
    (request, response) => {
      // A caller that is gone is no failure of ours.
      response.on('error', () => {});
      const abort = new AbortController();
      underWay.add(abort);
      response.on('close', () => {
        underWay.delete(abort);
        if (!response.writableFinished) abort.abort();
      });
      void answer(request, response, endpoints, gate, parts, abort.signal);
    },
  );
  server.maxConnections = MOST_CONNECTIONS;
  server.on('clientError', (_error, socket) => refuseUnparsable(socket as Socket));

  return {
    async listen({ host, port }) {
      if (parts.tokens.length === 0 && !isLoopback(host)) {
        throw new OperatorError(
          `The admin port would be open to the network at ${host}: configure a token for it (admin.tokens), or bind it to 127.0.0.1.`,
        );
      }
      await new Promise<void>((resolve, reject) => {
        const fail = (error: Error) =>
          reject(
            new OperatorError(`The admin port cannot listen at ${host}:${port}: ${error.message}`, {
              cause: error,
            }),
          );
        server.once('error', fail);
        server.listen({ host, port }, () => {
          server.off('error', fail);
          server.on('error', (error) => parts.log.error({ err: error }, 'admin port'));
          resolve();
        });
      });
      const bound = server.address() as AddressInfo;
      gate = createGate(parts.tokens, isLoopback(bound.address));
      return { host: bound.address, port: bound.port };
    },
    async close() {
      if (!server.listening) return;
      for (const abort of underWay) abort.abort();
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeIdleConnections();
      const timer = setTimeout(() => server.closeAllConnections(), CLOSE_WITHIN);
      await closed;
      clearTimeout(timer);
    },
  };
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  endpoints: readonly Endpoint[],
  gate: Gate,
  parts: AdminParts,
  signal: AbortSignal,
): Promise<void> {
  const { method = '', url = '', headers } = request;
  const [path = '', ...search] = url.split('?');
  const query = new URLSearchParams(search.join('?'));
  let by: Caller | undefined;
  try {
    if (headers.host === undefined || request.rawHeaders.filter(isHostName).length !== 1) {
      throw new ProblemError(400, 'One Host field is needed.');
    }
    const { endpoint, caller } = route(endpoints, gate, { method, path, headers });
    by = caller;
    const json = () => readJson(request);
    send(request, response, await endpoint.handle({ caller, query, headers, signal, json }));
  } catch (error) {
    if (response.destroyed) return;
    const problem = error instanceof ProblemError ? error : new ProblemError(500, 'See the log.');
    const where = { by, method, path: redactTarget(path), from: request.socket.remoteAddress };
    if (problem.status >= 500) parts.log.error({ err: error, ...where }, 'admin request failed');
    else if (problem.status === 401 || problem.status === 403) {
      parts.log.warn({ ...where, status: problem.status, why: problem.message }, 'admin request refused');
    }
    for (const [name, value] of Object.entries(problem.headers)) response.setHeader(name, value);
    const { status } = problem;
    send(request, response, {
      status,
      body: problemDocument(status, problem.message, problem.extensions),
      contentType: 'application/problem+json',
    });
  }
}

/** In `rawHeaders` names stand at even positions. */
function isHostName(text: string, index: number): boolean {
  return index % 2 === 0 && text.toLowerCase() === 'host';
}

function send(request: IncomingMessage, response: ServerResponse, answered: AdminAnswer): void {
  const { status, body, contentType = 'application/json' } = answered;
  const isText = typeof body === 'string' && !contentType.endsWith('json');
  const bytes = Buffer.from(isText ? body : `${JSON.stringify(body, null, 2)}\n`);
  // A body that nobody read would have to be read before the next request on this connection.
  if (!request.complete) response.setHeader('connection', 'close');
  response.writeHead(status, {
    'content-type': contentType,
    'content-length': bytes.length,
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
  });
  response.end(request.method === 'HEAD' ? undefined : bytes);
}

/** What isn't HTTP, or over a limit of the parser, gets one 400 unless an answer is already being written. */
function refuseUnparsable(socket: Socket): void {
  if (socket.writable && socket.bytesWritten === 0) {
    socket.end('HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-length: 0\r\n\r\n');
  }
  socket.destroySoon();
}
