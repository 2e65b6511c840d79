import type { Socket } from 'node:net';
import { performance } from 'node:perf_hooks';
import { errors } from 'undici';
import type { UpstreamExchange, UpstreamListener, UpstreamRequest } from '../proxy/ports.ts';
import type { Connector } from './connector.ts';
import { noConnection, upstreamError } from './failure.ts';
import { PlainConnection } from './plain-connection.ts';
import { type ConnectionQueue, PlainExchange } from './plain-exchange.ts';
import type { RetryBudget } from './retry-budget.ts';
import type { Seats } from './seats.ts';

/** Durations in ms. */
interface PlainSettings {
  readonly headTimeout: number;
  readonly idleTimeout: number;
  readonly keepAlive: number;
}

/** What undici makes of what is not plain: `unread` and all that follows from the socket. */
export type Successor = (
  exchange: PlainExchange,
  socket: Socket,
  unread: Buffer,
  isBody: boolean,
) => UpstreamExchange;

/** Sends what was not sent yet over undici's connections. */
type Elsewhere = (exchange: PlainExchange) => UpstreamExchange;

/** The connections to the upstream that are read here. */
export interface PlainPool {
  /** `text`: the request's bytes, latin1. */
  send(request: UpstreamRequest, text: string, listener: UpstreamListener): UpstreamExchange;
  /** How many there are. */
  readonly size: number;
  readonly idle: number;
  /** Gives up a connection that nobody uses, if there is one. */
  yieldOne(): void;
  /** Opens what its queue waits for, as far as there are seats. */
  openMore(): void;
  close(): void;
}

/** An upstream that says for how long it keeps a connection is believed but for this; ms. As undici has it. */
const TOO_LATE = 2_000;
/** How often connections are looked at that nobody used for long; ms. */
const SWEEP = 1_000;

interface Idle {
  readonly connection: PlainConnection;
  /** By the monotonic clock; ms. */
  readonly until: number;
}

export function createPlainPool(
  connector: Connector,
  seats: Seats,
  budget: RetryBudget,
  settings: PlainSettings,
  succeed: Successor,
  elsewhere: Elsewhere,
): PlainPool {
  const { headTimeout, idleTimeout, keepAlive } = settings;
  /** Those used last at the end; those silent for longest are taken first. */
  const idle: Idle[] = [];
  /** Those whose answer ended in this turn, and for how long they are kept then; ms. */
  let resting: { readonly connection: PlainConnection; readonly ms: number }[] = [];
  const connections = new Set<PlainConnection>();
  /** Who waits for a connection, first come first, and what ends the wait. */
  const waiting = new Map<PlainExchange, NodeJS.Timeout>();
  /** Those among them that a kept connection has failed: they wait for a fresh one. */
  const failedOnce = new Set<PlainExchange>();
  /** Requests that go out at the end of this turn. */
  let toSend: PlainConnection[] = [];
  let opening = 0;
  let closed = false;

  const sweep = setInterval(() => {
    const now = performance.now();
    const kept = idle.filter(({ connection, until }) => {
      if (until > now) return true;
      connection.close();
      return false;
    });
    idle.splice(0, idle.length, ...kept);
  }, SWEEP);
  sweep.unref();

  // At the end of the turn: by then whatever an idle connection had to say, its end or bytes that nobody asked
  // for, was read, and it is not used.
  const sendAll = (): void => {
    const batch = toSend;
    toSend = [];
    for (const connection of batch) connection.send();
  };

  const assign = (connection: PlainConnection, exchange: PlainExchange): void => {
    connection.take(exchange);
    if (!connection.isKept) connection.send();
    else if (toSend.push(connection) === 1) setImmediate(sendAll);
  };

  const stopWaiting = (exchange: PlainExchange): void => {
    clearTimeout(waiting.get(exchange));
    waiting.delete(exchange);
    failedOnce.delete(exchange);
  };

  /** `isKept`: the connection for it was used before. */
  const nextWaiting = (isKept = false): PlainExchange | undefined => {
    for (const exchange of waiting.keys()) {
      if (isKept && failedOnce.has(exchange)) continue;
      stopWaiting(exchange);
      return exchange;
    }
    return undefined;
  };

  /** Whose connection goes: where it was the last and undici has its seat, nobody can wait for one here. */
  const openOrLeave = (): void => {
    openMore();
    if (connections.size + opening > 0) return;
    for (let next = nextWaiting(); next !== undefined; next = nextWaiting()) next.handOver(elsewhere(next));
  };

  const free = (connection: PlainConnection, ms: number): void => {
    if (connection.socket.destroyed) return;
    if (closed || ms <= 0 || seats.awaited > 0 || budget.isSpent) return connection.close();
    const next = nextWaiting(connection.isKept);
    if (next !== undefined) assign(connection, next);
    // Its seat is for a fresh one.
    else if (waiting.size > 0) connection.close();
    else idle.push({ connection, until: performance.now() + ms });
  };

  /**
   * An upstream that ends a connection behind an answer without saying so, or goes on talking, is mostly heard in the
   * next turn of the loop: until then nobody gets it.
   */
  const rest = (connection: PlainConnection, ms: number): void => {
    if (resting.push({ connection, ms }) === 1) setImmediate(awaitTurn);
  };
  const awaitTurn = (): void => {
    const rested = resting;
    resting = [];
    setImmediate(() => {
      for (const { connection, ms } of rested) free(connection, ms);
    });
  };

  const owner = {
    headTimeout,
    idleTimeout,
    onFree(connection: PlainConnection, keptFor: number | undefined): void {
      rest(connection, keptFor === undefined ? keepAlive : Math.min(keptFor * 1000 - TOO_LATE, keepAlive));
    },
    onGone(connection: PlainConnection): void {
      connections.delete(connection);
      const at = idle.findIndex((one) => one.connection === connection);
      if (at >= 0) idle.splice(at, 1);
      // Its seat is free, or another's, only behind its own listeners.
      if (waiting.size > 0) setImmediate(openOrLeave);
    },
    onOdd(exchange: PlainExchange, socket: Socket, unread: Buffer, isBody: boolean): void {
      exchange.handOver(succeed(exchange, socket, unread, isBody));
    },
  };

  const takeIdle = (): PlainConnection | undefined => {
    const now = performance.now();
    for (let first = idle.shift(); first !== undefined; first = idle.shift()) {
      if (first.until > now && !first.connection.socket.destroyed) return first.connection;
      first.connection.close();
    }
    return undefined;
  };

  const open = (): void => {
    opening++;
    connector.open((error, socket) => {
      opening--;
      if (error !== null || socket === null) {
        nextWaiting()?.fail(upstreamError(error ?? new Error('no socket'), false));
        return openMore();
      }
      const connection = new PlainConnection(socket, owner);
      connections.add(connection);
      const next = nextWaiting();
      if (next === undefined) free(connection, keepAlive);
      else assign(connection, next);
    });
  };

  const openMore = (): void => {
    while (!closed && waiting.size > opening && seats.take()) open();
  };

  const awaitConnection = (exchange: PlainExchange): void => {
    let waited = 0;
    const giveUp = (): void => {
      waited += headTimeout;
      if (connector.mayStillCome(waited)) patience.refresh();
      else exchange.fail(noConnection());
    };
    const patience = setTimeout(giveUp, headTimeout);
    waiting.set(exchange, patience);
    openMore();
  };

  const queue: ConnectionQueue = {
    join(exchange, isAnew = false) {
      if (isAnew) {
        budget.retry();
        failedOnce.add(exchange);
      } else if (budget.isSpent) for (const { connection } of idle.splice(0)) connection.close();
      // What a connection that was kept too long cost, another one may cost again.
      const connection = isAnew ? undefined : takeIdle();
      if (connection === undefined) awaitConnection(exchange);
      else assign(connection, exchange);
    },
    leave: stopWaiting,
  };

  return {
    send(request, text, listener) {
      const exchange = new PlainExchange(request, text, listener, queue);
      queue.join(exchange);
      return exchange;
    },
    get size() {
      return connections.size + opening;
    },
    get idle() {
      return idle.length;
    },
    yieldOne() {
      idle.shift()?.connection.close();
    },
    openMore,
    close() {
      closed = true;
      clearInterval(sweep);
      const gone = new errors.ClientDestroyedError();
      for (const exchange of [...waiting.keys()]) exchange.fail(upstreamError(gone, false));
      for (const connection of [...connections]) connection.break(gone);
    },
  };
}
