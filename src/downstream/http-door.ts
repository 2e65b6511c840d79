import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Address } from '../address.ts';
import { systemClock } from '../clock.ts';
import { isSafe } from '../policy/request.ts';
import { watchBody } from './body-watch.ts';
import { type ClientConnection, createClientConnection, hangUp } from './client-connection.ts';
import type { Door, DoorSettings, Inside } from './door.ts';
import { drain } from './drain.ts';
import { createFastDoor } from './fast-door.ts';
import { declineH2c, offersH2c } from './h2c-offer.ts';
import { HttpDownstream } from './http-response.ts';
import { type Refusal, refusal } from './refusal.ts';
import { readRequestHead } from './request-head.ts';
import { requestId } from './request-id.ts';
import { createSweep } from './sweep.ts';

/** The node:http door, and the fast one in front of it where that is wanted. */
export function createHttpDoor(settings: DoorSettings, inside: Inside): Door {
  let isDraining = false;
  const connections = new Map<Duplex, ClientConnection>();
  const tunnels = new Set<Duplex>();
  const server = createServer({
    maxHeaderSize: settings.maxHead,
    headersTimeout: settings.headTimeout,
    // Uploads that make progress may last; a silent one is noticed below.
    requestTimeout: 0,
    keepAliveTimeout: settings.keepAlive,
    connectionsCheckingInterval: 1_000,
    // readRequestHead answers its absence.
    requireHostHeader: false,
    noDelay: true,
  });
  // Beyond 1,000 lines Node drops fields silently, Authorization among them: count them ourselves.
  server.maxHeadersCount = 0;
  server.maxConnections = settings.maxConnections;
  server.timeout = settings.stallTimeout;

  // What node itself does with a new connection.
  const accept = server.listeners('connection') as ((socket: Socket) => void)[];
  server.removeAllListeners('connection');
  const readOn = (socket: Socket): void => {
    for (const listener of accept) listener.call(server, socket);
  };
  const sweep = createSweep(connections, tunnels, settings);
  /** `waited`: for how long a head has been waited for already; ms. */
  const take = (socket: Socket, waited = 0): void => {
    const onRefused = (refused: Refusal): void => {
      // Whoever connects and says nothing asked for nothing.
      if (socket.bytesRead > 0) inside.refused(refused, '', '');
    };
    connections.set(socket, createClientConnection(socket, onRefused, waited));
    socket.once('close', () => connections.delete(socket));
    sweep.start();
    readOn(socket);
  };
  const fast = settings.fast
    ? createFastDoor(settings, inside, { passOn: take, now: systemClock.now })
    : undefined;
  server.on('connection', fast === undefined ? (socket) => take(socket) : fast.take);

  /** What comes behind a refused request is not to be read as another one. */
  const refuse = (
    connection: ClientConnection,
    req: IncomingMessage,
    res: ServerResponse,
    status: number,
    why: string,
  ): void => {
    const refused = refusal(status, why, requestId(req.rawHeaders));
    connection.close();
    res.writeHead(status, refused.fields);
    res.end(req.method === 'HEAD' ? undefined : refused.body);
    req.resume();
    inside.refused(refused, req.method ?? '', req.url ?? '');
  };

  const receive = (req: IncomingMessage, res: ServerResponse, awaitsContinue: boolean): void => {
    const connection = connections.get(req.socket);
    if (connection === undefined || connection.closing) return;
    const read = readRequestHead(rawRequest(req), settings);
    if (read.kind === 'refused') return refuse(connection, req, res, read.status, read.why);
    const id = requestId(req.rawHeaders);
    const downstream = new HttpDownstream(req, res, read.hasBody, connection.close);
    if (read.hasBody) watchBody(req, res, settings, connection, awaitsContinue);
    const begin = () => {
      inside.handle(id, read.head, downstream);
      // Who has its answer already is not asked for the body.
      if (awaitsContinue && !downstream.begun && !downstream.closed) res.writeContinue();
    };
    const beginLast = () => {
      if (downstream.closed) return;
      // What came in one piece with it was sent before anybody could know that the connection ends: it is answered, too.
      if (connection.open.at(-1) === downstream) res.shouldKeepAlive = false;
      begin();
    };
    // Before its turn node would put a 100 into the middle of its answer, and close where there is none.
    const start = isDraining ? () => void setImmediate(beginLast) : begin;
    connection.add(downstream, res, isSafe(read.head.method) && !awaitsContinue, start);
  };
  server.on('request', (req, res) => receive(req, res, false));
  server.on('checkContinue', (req, res) => receive(req, res, true));
  server.on('checkExpectation', (req: IncomingMessage, res: ServerResponse) => {
    const connection = connections.get(req.socket);
    const why = 'no expectation but 100-continue is met';
    if (connection !== undefined) refuse(connection, req, res, 417, why);
  });

  server.on('upgrade', (req: IncomingMessage, socket: Socket, head: Buffer) => {
    const connection = connections.get(socket);
    if (connection !== undefined && offersH2c(req))
      return declineH2c(req, head, socket, connection, {
        readOn: () => readOn(socket),
        onTimeout: () => onTimeout(socket),
      });
    // Answers under way on this connection could not be told from the tunnel's bytes.
    if (connection?.closing !== false || connection.open.length > 0) return void socket.destroy();
    const id = requestId(req.rawHeaders);
    const refuseUpgrade = (status: number, why: string) => {
      const refused = refusal(status, why, id);
      socket.write(refused.bytesTo(req.method ?? ''));
      hangUp(socket);
      inside.refused(refused, req.method ?? '', req.url ?? '');
    };
    const read = readRequestHead(rawRequest(req), settings);
    if (read.kind === 'refused') return refuseUpgrade(read.status, read.why);
    if (read.hasBody) return refuseUpgrade(501, 'a switch of protocols with a body is not implemented');
    if (isDraining) return refuseUpgrade(503, 'Cacheside is shutting down');
    tunnels.add(socket);
    socket.on('close', () => tunnels.delete(socket));
    inside.upgrade(id, read.head, req.headers.upgrade ?? '', socket, head, socket.remoteAddress);
  });

  server.on('connect', (_req: IncomingMessage, socket: Duplex) =>
    connections.get(socket)?.refuse(501, 'CONNECT is not implemented'),
  );

  server.on('clientError', (error: Error & { code?: string }, socket: Duplex) => {
    const connection = connections.get(socket);
    if (error.code === 'ECONNRESET' || connection === undefined) socket.destroy();
    else if (error.code === 'HPE_HEADER_OVERFLOW') connection.refuse(431, 'the request head is too large');
    else if (error.code === 'ERR_HTTP_REQUEST_TIMEOUT')
      connection.refuse(408, 'the request head took too long');
    else connection.refuse(400, 'the request could not be read');
  });

  // Nothing was sent and nothing received for the stall time-out.
  const onTimeout = (socket: Socket): void => {
    const isWaitingForUs = (connections.get(socket)?.open.length ?? 0) > 0 && socket.writableLength === 0;
    if (isWaitingForUs) socket.setTimeout(settings.stallTimeout);
    else socket.destroy();
  };
  server.on('timeout', onTimeout);

  return {
    listen: (address) => listen(server, address),
    drain(times) {
      const { keepAlive } = settings;
      return drain({ server, connections, tunnels, fast, keepAlive }, times, () => {
        isDraining = true;
      });
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
