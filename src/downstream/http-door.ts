import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { RequestHead } from '../policy/request.ts';
import type { Downstream } from '../proxy/ports.ts';
import { createHttpDownstream } from './http-response.ts';
import { refusal } from './refusal.ts';
import { type HeadLimits, readRequestHead } from './request-head.ts';
import { requestId } from './request-id.ts';

/** What clients may do; durations in ms, sizes in bytes. */
export interface DoorSettings extends HeadLimits {
  readonly headTimeout: number;
  readonly keepAlive: number;
  readonly stallTimeout: number;
  readonly maxHead: number;
  readonly maxConnections: number;
}

/** Where the door leads to. */
export interface Inside {
  handle(id: string, request: RequestHead, downstream: Downstream): void;
  /** `head`: bytes the client sent behind the request's head. */
  upgrade(
    id: string,
    request: RequestHead,
    protocol: string,
    client: Duplex,
    head: Buffer,
    clientAddress: string | undefined,
  ): void;
}

/** Where to listen; port 0: any free one. */
export interface Address {
  readonly host: string;
  readonly port: number;
}

/** A listener for clients. */
export interface Door {
  /** Resolves with the address listened on. Throws what listen throws (EADDRINUSE, EACCES …). */
  listen(address: Address): Promise<Address>;
  /** Takes no new connections, lets requests under way finish for at most `grace` ms, then cuts. */
  drain(grace: number): Promise<void>;
}

/** The node:http door. */
export function createHttpDoor(settings: DoorSettings, inside: Inside): Door {
  let isDraining = false;
  const tunnels = new Set<Duplex>();
  const server = createServer({
    maxHeaderSize: settings.maxHead,
    headersTimeout: settings.headTimeout,
    // Uploads that make progress may last; a silent one meets the stall time-out.
    requestTimeout: 0,
    keepAliveTimeout: settings.keepAlive,
    connectionsCheckingInterval: 1_000,
    noDelay: true,
  });
  // Beyond 1,000 lines Node drops fields silently, Authorization among them: count them ourselves.
  server.maxHeadersCount = 0;
  server.maxConnections = settings.maxConnections;
  server.timeout = settings.stallTimeout;

  server.on('request', (req: IncomingMessage, res: ServerResponse) => {
    const id = requestId(req.rawHeaders);
    const read = readRequestHead(rawRequest(req), settings);
    if (read.kind === 'refused') {
      const { fields, body } = refusal(read.status, read.why, id);
      res.writeHead(read.status, fields);
      res.end(body);
      // The rest of a refused request is not to be read as another one.
      res.on('finish', () => req.socket.destroySoon());
      return;
    }
    if (isDraining) res.shouldKeepAlive = false;
    inside.handle(id, read.head, createHttpDownstream(req, res, read.hasBody));
  });
  server.on('upgrade', (req: IncomingMessage, socket: Duplex, head: Buffer) => {
    const id = requestId(req.rawHeaders);
    const read = readRequestHead(rawRequest(req), settings);
    if (read.kind === 'refused' || isDraining) {
      const [status, why] =
        read.kind === 'refused' ? [read.status, read.why] : [503, 'Cacheside is shutting down'];
      socket.end(refusal(status, why, id).bytes);
      return;
    }
    tunnels.add(socket);
    socket.on('close', () => tunnels.delete(socket));
    inside.upgrade(id, read.head, req.headers.upgrade ?? '', socket, head, req.socket.remoteAddress);
  });
  server.on('clientError', answerParseError);

  return {
    listen: (address) => listen(server, address),
    drain: (grace) => {
      isDraining = true;
      return drain(server, tunnels, grace);
    },
  };
}

function rawRequest(req: IncomingMessage) {
  return {
    method: req.method ?? '',
    target: req.url ?? '',
    version: req.httpVersion,
    fields: req.rawHeaders,
    scheme: 'http' as const,
  };
}

/** A request that could not be parsed. Never writes into a response that has begun. */
function answerParseError(error: Error & { code?: string }, socket: Duplex): void {
  const { _httpMessage: running } = socket as Duplex & { _httpMessage?: ServerResponse | null };
  if (!socket.writable || error.code === 'ECONNRESET' || running?.headersSent) {
    socket.destroy();
    return;
  }
  const status =
    error.code === 'HPE_HEADER_OVERFLOW' ? 431 : error.code === 'ERR_HTTP_REQUEST_TIMEOUT' ? 408 : 400;
  socket.end(refusal(status, 'the request could not be read', requestId([])).bytes);
}

function listen(server: Server, { host, port }: Address): Promise<Address> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port, backlog: 4096 }, () => {
      server.off('error', reject);
      server.on('error', () => {});
      const bound = server.address() as AddressInfo;
      resolve({ host: bound.address, port: bound.port });
    });
  });
}

function drain(server: Server, tunnels: ReadonlySet<Duplex>, grace: number): Promise<void> {
  return new Promise((resolve) => {
    const cut = setTimeout(() => {
      server.closeAllConnections();
      for (const tunnel of tunnels) tunnel.destroy();
    }, grace);
    server.close(() => {
      clearTimeout(cut);
      clearInterval(sweep);
      resolve();
    });
    // A connection whose last request ended during the drain is idle now and would hold it up.
    const sweep = setInterval(() => server.closeIdleConnections(), 50);
    server.closeIdleConnections();
    for (const tunnel of tunnels) (tunnel as Socket).destroySoon?.();
  });
}
