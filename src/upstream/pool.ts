import { performance } from 'node:perf_hooks';
import { Client, Pool } from 'undici';
import type { Upstream, UpstreamListener } from '../proxy/ports.ts';
import { type ConnectorSettings, createConnector } from './connector.ts';
import { createPlainPool, type PlainPool, type Successor } from './plain-pool.ts';
import { plainRequest } from './plain-request.ts';
import { createRetryBudget } from './retry-budget.ts';
import { createSeats } from './seats.ts';
import { takeOver } from './take-over.ts';
import { sendByUndici, type Way } from './undici-exchange.ts';

/** How to reach the service; durations in ms. */
export interface PoolSettings extends ConnectorSettings {
  readonly host: 'preserve' | 'upstream';
  readonly connections: number;
  readonly headTimeout: number;
  readonly idleTimeout: number;
  readonly keepAlive: number;
  /** Whether plain answers are read without undici. */
  readonly fastReader: boolean;
}

/** The upstream, and what was counted of it. */
export interface UpstreamPool extends Upstream {
  /** Requests that went out a second time. */
  readonly retries: number;
}

/** Heads of responses beyond this many bytes fail with 502. */
const MAX_RESPONSE_HEAD = 64 * 1024;

/**
 * The upstream over a pool of kept connections. Plain answers to GETs are read by connections of our own
 * (ADR 2), whatever else by undici at its dispatch level: raw fields, no streams in between.
 */
export function createPool(settings: PoolSettings): UpstreamPool {
  const { origin, connections, headTimeout, idleTimeout, keepAlive } = settings;
  const { host: authority, hostname, protocol } = new URL(origin);
  const seats = createSeats(
    connections,
    () => plain?.yieldOne(),
    () => plain?.openMore(),
  );
  const connector = createConnector(settings, seats);
  const budget = createRetryBudget(() => performance.now());
  const options: Client.Options = {
    pipelining: 1,
    maxHeaderSize: MAX_RESPONSE_HEAD,
    headersTimeout: 0, // our own timer: undici's restarts with each 1xx
    bodyTimeout: idleTimeout,
    keepAliveTimeout: keepAlive,
    keepAliveMaxTimeout: keepAlive,
  };
  const pool = new Pool(origin, { ...options, connections, connect: connector.connect });
  const ownHost = settings.host === 'upstream';
  /** Those of one connection: for what began on one of our own, or goes out a second time. */
  const clients = new Set<Client>();
  const fresh = (): Client => {
    const client = new Client(origin, { ...options, connect: connector.connect });
    const end = (): void => {
      clients.delete(client);
      client.destroy().catch(() => {});
    };
    clients.add(client);
    client.on('disconnect', end);
    client.on('connectionError', end);
    return client;
  };
  const way: Way = { dispatcher: pool, connector, headTimeout, authority, hostname, ownHost, budget, fresh };
  const succeed: Successor = ({ request, listener, sentAt }, socket, unread, isBody) => {
    const client = takeOver(origin, options, socket, unread, isBody);
    clients.add(client);
    socket.on('close', () => clients.delete(client));
    const rest = Math.max(1, headTimeout - (performance.now() - sentAt));
    const ofRest: Way = { ...way, dispatcher: client, headTimeout: rest };
    const told = isBody ? withoutHead(listener) : listener;
    const { resume, abort } = sendByUndici(ofRest, request, told, true);
    return {
      resume,
      abort() {
        abort();
        // The client may not have had it yet.
        socket.destroy();
      },
    };
  };
  const plain: PlainPool | undefined =
    settings.fastReader && protocol === 'http:'
      ? createPlainPool(connector, seats, budget, settings, succeed, ({ request, listener }) =>
          sendByUndici(way, request, listener, false),
        )
      : undefined;
  return {
    get retries() {
      return budget.retries;
    },
    send(request, listener) {
      budget.send();
      if (plain === undefined) return sendByUndici(way, request, listener, false);
      const text = plainRequest(request, ownHost ? authority : request.authority);
      if (text === undefined || !hasRoom(plain)) return sendByUndici(way, request, listener, false);
      return plain.send(request, text, listener);
    },
    async close() {
      plain?.close();
      await Promise.all([pool.destroy(), ...[...clients].map((client) => client.destroy())]);
    },
  };

  /** False where undici holds all the connections, or the only ones that nobody uses. */
  function hasRoom({ idle, size }: PlainPool): boolean {
    if (idle > 0 || seats.taken < connections) return true;
    return size > 0 && (size === connections || pool.stats.free === 0);
  }
}

/** For a body whose head was told of. */
function withoutHead(listener: UpstreamListener): UpstreamListener {
  return {
    onInformational() {},
    onHead() {},
    onData: (chunk) => listener.onData(chunk),
    onEnd: () => listener.onEnd(),
    onError: (error) => listener.onError(error),
  };
}
