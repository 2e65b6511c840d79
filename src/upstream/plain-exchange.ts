import type { Socket } from 'node:net';
import { performance } from 'node:perf_hooks';
import type { UpstreamError } from '../errors.ts';
import type { UpstreamExchange, UpstreamHead, UpstreamListener, UpstreamRequest } from '../proxy/ports.ts';
import { failed, isClosed, upstreamError } from './failure.ts';
import type { PlainConnection } from './plain-connection.ts';

/** Where exchanges get their connections. */
export interface ConnectionQueue {
  /** Gives it a connection, now or as soon as there is one, or fails it. `isAnew`: a kept one has failed it. */
  join(exchange: PlainExchange, isAnew?: boolean): void;
  leave(exchange: PlainExchange): void;
}

/** A GET on its way over a connection that is read here, until its end or until undici reads the rest. */
export class PlainExchange implements UpstreamExchange {
  readonly request: UpstreamRequest;
  readonly listener: UpstreamListener;
  /** What is sent, latin1. */
  readonly #text: string;
  readonly #queue: ConnectionQueue;
  #phase: 'awaiting-head' | 'body' | 'over' = 'awaiting-head';
  /** undefined while there is none. */
  #connection: PlainConnection | undefined = undefined;
  /** Whoever reads the rest, where that is not this. */
  #successor: UpstreamExchange | undefined = undefined;
  #sentAt = 0;
  #mayRetry = true;

  constructor(request: UpstreamRequest, text: string, listener: UpstreamListener, queue: ConnectionQueue) {
    this.request = request;
    this.#text = text;
    this.listener = listener;
    this.#queue = queue;
  }

  get phase(): 'awaiting-head' | 'body' | 'over' {
    return this.#phase;
  }

  /** When it was sent, by the monotonic clock; ms. */
  get sentAt(): number {
    return this.#sentAt;
  }

  /** This connection is its own until it ends. */
  give(connection: PlainConnection): void {
    this.#connection = connection;
  }

  sendOn(socket: Socket): void {
    this.#sentAt = performance.now();
    socket.write(this.#text, 'latin1');
  }

  begin(head: UpstreamHead): void {
    this.#phase = 'body';
    this.listener.onHead(head);
  }

  end(): void {
    this.#phase = 'over';
    this.#connection = undefined;
    this.listener.onEnd();
  }

  /** Whatever is still to come of it is this one's. */
  handOver(successor: UpstreamExchange): void {
    this.#connection = undefined;
    this.#successor = successor;
  }

  resume(): void {
    if (this.#successor !== undefined) this.#successor.resume();
    else this.#connection?.resume();
  }

  abort(): void {
    if (this.#successor !== undefined) return this.#successor.abort();
    this.cut(failed('aborted'));
  }

  /** Ends the exchange and its connection. */
  cut(error: UpstreamError): void {
    if (this.#phase === 'over') return;
    const connection = this.#connection;
    this.fail(error);
    connection?.close();
  }

  fail(error: UpstreamError): void {
    if (this.#phase === 'over') return;
    this.#phase = 'over';
    this.#connection = undefined;
    this.#queue.leave(this);
    this.listener.onError(error);
  }

  /**
   * Its connection broke. On a kept one that died before its answer began it is sent again, once; where it was
   * not sent at all, as often as need be.
   */
  onBroken(cause: Error, wasKept: boolean, wasSent: boolean): void {
    const isUnanswered = this.#phase === 'awaiting-head' && wasKept && isClosed(cause);
    this.#connection = undefined;
    if (!isUnanswered || (wasSent && !this.#mayRetry)) {
      return this.fail(upstreamError(cause, this.#phase === 'body'));
    }
    if (wasSent) this.#mayRetry = false;
    this.#queue.join(this, wasSent);
  }
}
