import { createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { type Address, isLoopback } from '../address.ts';
import { OperatorError } from '../errors.ts';
import { createAudit } from '../observe/audit.ts';
import { answer } from './answer.ts';
import { createAccess } from './authorise.ts';
import { limitConnections } from './connections.ts';
import { dashboardEndpoints } from './dashboard.ts';
import { explainEndpoint } from './explain.ts';
import { healthEndpoint, readyEndpoint } from './health.ts';
import { keysEndpoint } from './keys.ts';
import { liveEndpoint } from './live.ts';
import { openApiEndpoint } from './openapi.ts';
import type { AdminParts } from './ports.ts';
import { purgeEndpoint } from './purge.ts';
import { purgesEndpoint } from './purges.ts';
import { createRefusals } from './refusals.ts';
import { configEndpoint, reloadEndpoint } from './reload.ts';
import type { Endpoint } from './router.ts';
import { metricsEndpoint, statsEndpoint } from './stats.ts';
import { createTurnTaking } from './turn-taking.ts';
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

/** Purges that wait for other replicas are busy on some of them; probes find room beside those. */
const MOST_CONNECTIONS = 1_024;

/** How long answers under way may take once the server closes; ms. */
const CLOSE_WITHIN = 2000;

/** The admin port: what operators, probes and Prometheus talk to. */
export function createAdminServer(parts: AdminParts): AdminServer {
  const audit = createAudit(parts.log);
  const endpoints: readonly Endpoint[] = [
    purgeEndpoint(parts, audit),
    purgesEndpoint(parts),
    warmEndpoint(parts, audit),
    reloadEndpoint(parts),
    statsEndpoint(parts),
    liveEndpoint(parts),
    keysEndpoint(parts),
    explainEndpoint(parts),
    metricsEndpoint(parts),
    configEndpoint(parts),
    healthEndpoint(),
    readyEndpoint(parts),
    openApiEndpoint(),
    ...dashboardEndpoints(),
  ];
  const refusals = createRefusals(() => parts.clock.monotonic());
  // Until it is known where the port is bound, nobody without a token gets in.
  let access = createAccess(parts.tokens, false, refusals);
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
      void answer(request, response, desk, abort.signal);
    },
  );
  server.on('clientError', (error, socket) => refuseUnparsable(error, socket as Socket));
  // Without a listener Node closes the connection without a word.
  server.on('connect', (_request, socket) => socket.end(refusal('405 Method Not Allowed')));
  const connections = limitConnections(server, MOST_CONNECTIONS);
  const turn = createTurnTaking();
  const desk = { endpoints, access: () => access, refusals, connections, turn, log: parts.log, audit };

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
      access = createAccess(parts.tokens, isLoopback(bound.address), refusals);
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

/** What isn't HTTP, or over a limit of the parser, gets one refusal unless an answer is already being written. */
function refuseUnparsable(error: NodeJS.ErrnoException, socket: Socket): void {
  if (socket.writable && socket.bytesWritten === 0) {
    const status = REFUSALS[error.code ?? ''] ?? '400 Bad Request';
    socket.end(refusal(status));
  }
  socket.destroySoon();
}

const refusal = (status: string): string =>
  `HTTP/1.1 ${status}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`;

const REFUSALS: Readonly<Record<string, string>> = {
  HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
  ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout',
};
