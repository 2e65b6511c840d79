import { errors } from 'undici';
import type { UpstreamError } from '../errors.ts';
import type { UpstreamExchange, UpstreamListener, UpstreamRequest } from '../proxy/ports.ts';
import { failed, isClosed, upstreamError } from './failure.ts';
import type { PlainConnection } from './plain-connection.ts';

/** Where exchanges are given connections. */
export interface Boarding {
  board(exchange: PlainExchange): void;
  leave(exchange: PlainExchange): void;
}

/** A GET on its way over a connection that is read here, until its end or until undici reads the rest. */
export class PlainExchange implements UpstreamExchange {
  readonly request: UpstreamRequest;
  /** What is sent, latin1. */
  readonly text: string;
  readonly listener: UpstreamListener;
  phase: 'awaiting-head' | 'body' | 'over' = 'awaiting-head';
  /** undefined while there is none. */
  connection: PlainConnection | undefined = undefined;
  /** When it was sent, by the monotonic clock; ms. */
  sentAt = 0;
  /** Whoever reads the rest, where that is not this. */
  successor: UpstreamExchange | undefined = undefined;
  /** Bounds the wait for a connection, where there is one. */
  patience: NodeJS.Timeout | undefined = undefined;
  readonly #boarding: Boarding;
  #mayRetry = true;

  constructor(request: UpstreamRequest, text: string, listener: UpstreamListener, boarding: Boarding) {
    this.request = request;
    this.text = text;
    this.listener = listener;
    this.#boarding = boarding;
  }

  resume(): void {
    if (this.successor !== undefined) this.successor.resume();
    else this.connection?.resume();
  }

  abort(): void {
    if (this.successor !== undefined) return this.successor.abort();
    this.cut(failed('aborted'));
  }

  /** Ends the exchange and its connection. */
  cut(error: UpstreamError): void {
    if (this.phase === 'over') return;
    const { connection } = this;
    this.fail(error);
    connection?.close();
  }

  fail(error: UpstreamError): void {
    if (this.phase === 'over') return;
    this.phase = 'over';
    this.connection = undefined;
    this.#boarding.leave(this);
    this.listener.onError(error);
  }

  /**
   * Its connection broke. On a kept one that died before its answer began it is sent again, once; where it was
   * not sent at all, as often as need be.
   */
  onBroken(cause: Error, wasKept: boolean, wasSent: boolean): void {
    const isUnanswered = this.phase === 'awaiting-head' && wasKept && isClosed(cause);
    this.connection = undefined;
    if (!isUnanswered || (wasSent && !this.#mayRetry)) {
      return this.fail(upstreamError(cause, this.phase === 'body'));
    }
    if (wasSent) this.#mayRetry = false;
    this.#boarding.board(this);
  }
}

/** The upstream ended a connection. */
export function closedByUpstream(): Error {
  return new errors.SocketError('other side closed');
}
