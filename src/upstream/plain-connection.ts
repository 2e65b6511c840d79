import type { Socket } from 'node:net';
import { closedByUpstream, failed } from './failure.ts';
import { PlainBody } from './plain-body.ts';
import type { PlainExchange } from './plain-exchange.ts';
import { readPlainHead } from './plain-response-head.ts';

/** What a connection asks of its pool; durations in ms. */
export interface ConnectionOwner {
  readonly headTimeout: number;
  readonly idleTimeout: number;
  /** Its answer is complete, and another request may follow within so many s; undefined: the upstream does not say. */
  onFree(connection: PlainConnection, keptFor: number | undefined): void;
  onGone(connection: PlainConnection): void;
  /**
   * What comes is not for this connection to read: `unread` and all that follows belongs to undici. `isBody`:
   * the head was told of, and `unread` begins with a chunk.
   */
  onOdd(exchange: PlainExchange, socket: Socket, unread: Buffer, isBody: boolean): void;
}

const NOTHING = Buffer.alloc(0);
/** A head in more pieces than this is undici's, lest each byte has all before it read again. */
const PIECES = 8;
/** Bytes of a head that is read here. */
const LONGEST_HEAD = 16 * 1024;
const END_OF_HEAD = '\r\n\r\n';
/** A kept connection to the upstream while all it brings are plain responses, one at a time. */
export class PlainConnection {
  readonly socket: Socket;
  readonly #owner: ConnectionOwner;
  #exchange: PlainExchange | undefined = undefined;
  #unread: Buffer = NOTHING;
  #pieces = 0;
  readonly #body = new PlainBody();
  #isHeld = false;
  #keeps = false;
  #keptFor: number | undefined = undefined;
  /** It has answered before. */
  isKept = false;
  #isSent = false;
  #headTimer: NodeJS.Timeout | undefined = undefined;
  #idleTimer: NodeJS.Timeout | undefined = undefined;
  #cause: Error | undefined = undefined;

  constructor(socket: Socket, owner: ConnectionOwner) {
    this.socket = socket;
    this.#owner = owner;
    socket.on('error', this.#onError);
    socket.on('end', this.#onEnd);
    socket.on('close', this.#onClose);
    socket.on('data', this.#onData);
  }

  take(exchange: PlainExchange): void {
    this.#exchange = exchange;
    exchange.give(this);
  }

  /** Sends what was taken. */
  send(): void {
    const exchange = this.#exchange;
    if (exchange === undefined || this.socket.destroyed) return;
    this.#isSent = true;
    exchange.sendOn(this.socket);
    if (this.#headTimer === undefined) {
      this.#headTimer = setTimeout(this.#onHeadTimeout, this.#owner.headTimeout);
    } else this.#headTimer.refresh();
  }

  /** Goes on behind an `onData` that was answered with false. */
  resume(): void {
    if (!this.#isHeld) return;
    this.#isHeld = false;
    this.#idleTimer?.refresh();
    this.socket.resume();
  }

  /** The exchange on it, if any, hears nothing. */
  close(): void {
    this.#exchange = undefined;
    this.socket.destroy();
  }

  /** Ends the connection, and fails its exchange with this. */
  break(cause: Error): void {
    this.#cause ??= cause;
    this.socket.destroy();
    this.#tellBroken();
  }

  #onData = (chunk: Buffer): void => {
    const exchange = this.#exchange;
    // Nobody asked: whose answer it is cannot be told (RFC 9112 §9.2).
    if (exchange === undefined || !this.#isSent) return this.break(closedByUpstream());
    const bytes = this.#unread.length === 0 ? chunk : Buffer.concat([this.#unread, chunk]);
    this.#unread = NOTHING;
    if (exchange.phase === 'awaiting-head') this.#readHead(exchange, bytes);
    else {
      this.#idleTimer?.refresh();
      this.#readBody(bytes, 0);
    }
  };

  #readHead(exchange: PlainExchange, bytes: Buffer): void {
    // All of it where its end is not here, so that what can never end well is not waited for.
    const end = bytes.indexOf(END_OF_HEAD, 0, 'latin1') + END_OF_HEAD.length;
    const text = bytes.toString('latin1', 0, end < END_OF_HEAD.length ? LONGEST_HEAD + 1 : end);
    const isToHead = exchange.request.method === 'HEAD';
    const head = text.length > LONGEST_HEAD ? undefined : readPlainHead(text, isToHead);
    if (head === 'more' && ++this.#pieces < PIECES) {
      this.#unread = bytes;
      return;
    }
    if (head === undefined || head === 'more') return this.#giveUp(exchange, bytes, false);
    this.#pieces = 0;
    this.#keeps = head.keeps;
    this.#keptFor = head.keptFor;
    this.#body.begin(head);
    exchange.begin(head);
    this.#readBody(bytes, head.end);
  }

  #readBody(bytes: Buffer, from: number): void {
    const exchange = this.#exchange;
    if (exchange === undefined) return;
    const progress = this.#body.read(exchange, bytes, from);
    const { at } = this.#body;
    const isAll = at === bytes.length;
    switch (progress) {
      case 'more':
        this.#unread = isAll ? NOTHING : bytes.subarray(at);
        return this.#awaitMore();
      case 'held':
        return this.#hold(isAll ? NOTHING : bytes.subarray(at));
      case 'complete':
        return this.#finish(exchange, !isAll);
      case 'wrong':
        return exchange.cut(failed('bad-response'));
      case 'odd':
        return this.#giveUp(exchange, bytes.subarray(at), true);
      case 'over':
    }
  }

  #awaitMore(): void {
    if (this.#idleTimer === undefined) {
      this.#idleTimer = setTimeout(this.#onIdleTimeout, this.#owner.idleTimeout);
    } else this.#idleTimer.refresh();
  }

  /** What is unread waits in the socket, whose end then waits behind it. */
  #hold(unread: Buffer): void {
    this.#awaitMore();
    this.#isHeld = true;
    this.socket.pause();
    if (unread.length > 0) this.socket.unshift(unread);
  }

  /** `isMore`: bytes behind the answer, which nobody asked for. */
  #finish(exchange: PlainExchange, isMore: boolean): void {
    clearTimeout(this.#idleTimer);
    this.#idleTimer = undefined;
    this.#exchange = undefined;
    this.#isSent = false;
    this.isKept = true;
    if (isMore || !this.#keeps) this.socket.destroy();
    else this.#owner.onFree(this, this.#keptFor);
    exchange.end();
  }

  #giveUp(exchange: PlainExchange, unread: Buffer, isBody: boolean): void {
    const { socket } = this;
    socket.off('error', this.#onError);
    socket.off('end', this.#onEnd);
    socket.off('close', this.#onClose);
    socket.off('data', this.#onData);
    socket.pause();
    this.#exchange = undefined;
    this.#stopTimers();
    this.#owner.onGone(this);
    this.#owner.onOdd(exchange, socket, unread, isBody);
  }

  /** After a turn of the event loop: what arrived while it was held up has been read by then. */
  #onHeadTimeout = (): void => {
    // Set for a head that has come, while what was taken since waits for the end of the turn.
    if (!this.#isSent || this.#exchange?.phase !== 'awaiting-head') return;
    setImmediate(this.#giveUpOn, this.#exchange);
  };

  #giveUpOn = (exchange: PlainExchange): void => {
    if (this.#exchange === exchange && exchange.phase === 'awaiting-head')
      exchange.cut(failed('head-timeout'));
  };

  #onIdleTimeout = (): void => {
    // While its listener holds it back, the upstream is not the one that is silent.
    if (this.#isHeld) return void this.#idleTimer?.refresh();
    this.#exchange?.cut(failed('body-timeout'));
  };

  #onError = (cause: Error): void => {
    this.#cause ??= cause;
  };

  #onEnd = (): void => {
    this.#cause ??= closedByUpstream();
    this.socket.destroy();
    this.#tellBroken();
  };

  #onClose = (): void => {
    this.#stopTimers();
    this.#owner.onGone(this);
    this.#tellBroken();
  };

  #tellBroken(): void {
    const exchange = this.#exchange;
    this.#exchange = undefined;
    const begun = this.#unread.length > 0;
    exchange?.onBroken(this.#cause ?? closedByUpstream(), this.isKept && !begun, this.#isSent);
  }

  #stopTimers(): void {
    for (const timer of [this.#headTimer, this.#idleTimer]) clearTimeout(timer);
  }
}
