import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { performance } from 'node:perf_hooks';
import type { Duplex } from 'node:stream';
import type { HttpDownstream } from './http-response.ts';
import { type Refusal, writeRefusal } from './refusal.ts';

/** One client connection as the door sees it. */
export interface ClientConnection {
  /** What is being answered, in order; more than one where the client pipelines. */
  readonly open: readonly HttpDownstream[];
  /** Since when nothing is being answered; monotonic, ms. */
  readonly idleSince: number;
  /** Whether anything was answered. */
  readonly hasServed: boolean;
  /** Nothing that still comes is read as a request: the connection ends with the answers under way. */
  readonly closing: boolean;
  /**
   * Adds a request; `begin` is called at once or, pipelined, in its turn: only those that may be are
   * under way together, such as safe ones (RFC 9112 §9.3.2), so that what follows a write finds it done.
   */
  add(exchange: HttpDownstream, res: ServerResponse, mayOverlap: boolean, begin: () => void): void;
  /** Calls this, in a later turn, once all requests are answered; never where the connection ends with them. */
  whenAnswered(then: () => void): void;
  close(): void;
  /** What came could not be read, or did not come: tells the client where that alters no answer. */
  refuse(status: number, why: string): void;
}

/** Requests of one client that are under way together; more of them wait. */
const MOST_UNDER_WAY = 64;
/** Requests of one client that are not answered yet; nothing behind them is read. */
const MOST_OPEN = 2_048;

/** `onRefused`: told of what `refuse` answered. `waited`: for how long it was idle before; ms. */
export function createClientConnection(
  socket: Socket,
  onRefused: (refusal: Refusal) => void,
  waited: number,
): ClientConnection {
  // An array: a Set that is filled and emptied with every request leaves its old tables to the collector.
  const open: HttpDownstream[] = [];
  const waiting: { readonly mayOverlap: boolean; readonly begin: () => void }[] = [];
  let underWay = 0;
  let onlySafe = true;
  let closing = false;
  let idleSince = performance.now() - waited;
  let hasServed = false;
  let onAnswered: (() => void) | undefined;
  const mayBegin = (mayOverlap: boolean) =>
    underWay === 0 || (mayOverlap && onlySafe && underWay < MOST_UNDER_WAY);
  const begin = (mayOverlap: boolean, start: () => void): void => {
    underWay++;
    onlySafe = mayOverlap;
    start();
  };
  socket.once('close', () => {
    for (const exchange of [...open]) exchange.abandon();
  });
  const tellAnswered = (): void => {
    const then = onAnswered;
    if (closing || open.length > 0 || !socket.writable) return;
    onAnswered = undefined;
    then?.();
  };
  const close = (): void => {
    closing = true;
    // node would close at once behind an answer that says so.
    socket.destroySoon = () => hangUp(socket);
  };
  return {
    open,
    get closing() {
      return closing;
    },
    get idleSince() {
      return idleSince;
    },
    get hasServed() {
      return hasServed;
    },
    close,
    add(exchange, res, mayOverlap, start) {
      open.push(exchange);
      if (open.length === MOST_OPEN) {
        res.shouldKeepAlive = false;
        close();
      }
      res.on('close', () => {
        exchange.abandon();
        if (open.includes(exchange)) open.splice(open.indexOf(exchange), 1);
        underWay--;
        hasServed = true;
        if (open.length === 0) idleSince = performance.now();
        if (closing && open.length === 0) hangUp(socket);
        for (let next = waiting[0]; next && socket.writable && mayBegin(next.mayOverlap); next = waiting[0]) {
          waiting.shift();
          begin(next.mayOverlap, next.begin);
        }
        tellAnswered();
      });
      if (waiting.length === 0 && mayBegin(mayOverlap)) begin(mayOverlap, start);
      else waiting.push({ mayOverlap, begin: start });
    },
    whenAnswered(then) {
      onAnswered = then;
      process.nextTick(tellAnswered);
    },
    refuse(status, why) {
      if (closing) return;
      const last = open.at(-1);
      close();
      // Behind whole requests: their answers are not altered.
      if (last?.whole) return;
      if (open.length > 1) {
        // Those before it are whole; the connection ends behind their answers.
        last?.abandon();
        open.pop();
        return;
      }
      if (last?.begun || !socket.writable) return void socket.destroy();
      last?.abandon();
      onRefused(writeRefusal(socket, status, why, last?.method));
      hangUp(socket);
    },
  };
}

/** How long a client that has all its answers may take to notice that its connection ends; ms. */
const LINGER = 1_000;

/**
 * Ends a connection so that what was sent still arrives, at the pace of its client: to close it on bytes
 * that nobody read would reset it, and the client could lose its answer.
 */
export function hangUp(socket: Duplex): void {
  if (socket.destroyed) return;
  const linger = () => {
    const patience = setTimeout(() => socket.destroy(), LINGER);
    socket.once('close', () => clearTimeout(patience));
  };
  socket.on('error', () => {});
  if (socket.writableFinished) linger();
  else socket.once('finish', linger);
  socket.end();
  socket.resume();
}
