import type { Socket } from 'node:net';
import type { RequestHead } from '../policy/request.ts';
import { type ClientBytes, readClientBytes } from './client-bytes.ts';
import { hangUp } from './client-connection.ts';
import type { DoorSettings, Inside } from './door.ts';
import { IDLE_GRACE } from './drain.ts';
import { readFastHead } from './fast-head.ts';
import { type AnsweringConnection, FastDownstream } from './fast-response.ts';
import type { ReadPlainHead } from './plain-head.ts';
import { writeRefusal } from './refusal.ts';
import { readRequestHead } from './request-head.ts';
import { newRequestId, requestId } from './request-id.ts';
import { watchStall } from './stall.ts';
import { SWEEP } from './sweep.ts';

/** What all connections of the fast door share. */
export interface FastDoorParts {
  readonly settings: DoorSettings;
  readonly inside: Inside;
  readonly readPlainHead: ReadPlainHead;
  /** Gives the socket and what was not read from it to the node:http door, for good; a head was waited for so long, ms. */
  passOn(socket: Socket, waited: number): void;
  /** The connection is nothing of the fast door's any more. */
  onGone(connection: FastConnection): void;
  readonly draining: boolean;
  /** The lines that say that the connection is kept. */
  readonly keptLines: string;
  /** ms since the epoch. */
  now(): number;
}

/** A head in more pieces than this is passed on, lest each byte has all before it read again. */
const PIECES = 4;
/** Bytes read ahead while an answer is under way. */
const AHEAD = 64 * 1024;

/** A client's connection while all it sends are plain requests. They are answered one after the other. */
export class FastConnection implements AnsweringConnection {
  readonly socket: Socket;
  readonly #parts: FastDoorParts;
  readonly #bytes: ClientBytes;
  /** latin1. */
  #unread = '';
  /** As much of it belongs to requests that are being answered. */
  #taken = 0;
  #pieces = 0;
  #exchange: FastDownstream | undefined = undefined;
  #isReading = false;
  /** The client does not take what was written. */
  #isHeldUp = false;
  #isClosing = false;
  /** The client ended its side in the middle of a head: what came before it is still answered. */
  #hasEnded = false;
  #hasServed = false;
  /** Sweeps of the door since an answer went or a head began; more pieces of it win it no time. */
  #quiet = 0;

  constructor(accepted: Socket, parts: FastDoorParts) {
    this.#bytes = readClientBytes(accepted, this.#onText);
    const { socket } = this.#bytes;
    this.socket = socket;
    this.#parts = parts;
    socket.on('error', ignore);
    socket.on('close', this.#onClose);
    socket.on('end', this.#onEnd);
    socket.on('drain', this.#onDrain);
  }

  get clientAddress(): string | undefined {
    return this.socket.remoteAddress;
  }

  connectionLines(): string {
    // What was sent behind it, before anybody could know that the connection ends, is answered, too.
    if (!this.#parts.draining || this.#taken < this.#unread.length) return this.#parts.keptLines;
    this.#isClosing = true;
    return 'Connection: close\r\n';
  }

  now(): number {
    return this.#parts.now();
  }

  flows(): boolean {
    const { socket } = this;
    if (socket.writableLength === 0 || !socket.writableNeedDrain) return true;
    if (!this.#isHeldUp) watchStall(socket, this.#parts.settings.stallTimeout);
    this.#isHeldUp = true;
    return false;
  }

  answered(): void {
    this.#exchange = undefined;
    this.#quiet = 0;
    this.#hasServed = true;
    if (this.#isClosing) return this.#hangUp();
    this.flows();
    // Whoever answered is not done yet: what was read ahead waits for the next turn.
    if (!this.#isReading && this.#unread.length > 0) process.nextTick(this.#read);
  }

  /** Whoever is idle has its grace from now on. */
  beginDrain(): void {
    if (this.#unread.length === 0) this.#quiet = 0;
  }

  /** Called every `SWEEP` ms: ends a connection that was silent for too long. */
  sweep(): void {
    if (this.#exchange !== undefined || this.#isHeldUp || this.#isClosing) return;
    const { draining, settings } = this.#parts;
    const { keepAlive, headTimeout } = settings;
    const isEnding = draining && this.#unread.length === 0;
    const awaitsHead = !isEnding && (this.#unread.length > 0 || !this.#hasServed);
    const patience = isEnding ? Math.min(keepAlive, IDLE_GRACE) : awaitsHead ? headTimeout : keepAlive;
    if (++this.#quiet * SWEEP <= patience) return;
    if (awaitsHead) {
      const refused = writeRefusal(this.socket, 408, 'the request head took too long');
      // Whoever connects and says nothing asked for nothing.
      if (this.#unread.length > 0) this.#parts.inside.refused(refused, '', '');
    }
    this.#hangUp();
  }

  #onText = (text: string): void => {
    if (this.#isClosing) return;
    if (this.#unread === '') {
      this.#unread = text;
      this.#quiet = 0;
    } else this.#unread += text;
    this.#read();
    if (this.#unread.length > AHEAD) this.socket.pause();
  };

  #read = (): void => {
    if (this.#isReading || this.#isBusy()) return;
    this.#isReading = true;
    const text = this.#unread;
    let at = 0;
    let isOurs = true;
    while (isOurs && at < text.length && !this.#isBusy()) {
      const end = this.#readRequest(text, at);
      isOurs = end !== undefined;
      if (end === at) break;
      at = end ?? at;
    }
    this.#unread = at === text.length ? '' : text.slice(at);
    this.#taken = 0;
    this.#isReading = false;
    // What has ended cannot be handed on.
    if (this.#hasEnded && !this.#isBusy()) this.#hangUp();
    else if (!isOurs) this.#passOn();
    else if (this.socket.isPaused() && this.#unread.length <= AHEAD) this.socket.resume();
  };

  /** Where the request that begins at `at` ends; `at` while it does not, undefined where it is node's to read. */
  #readRequest(text: string, at: number): number | undefined {
    const { settings, readPlainHead } = this.#parts;
    const plain = readPlainHead(text, at);
    if (plain !== undefined && plain.end - at <= settings.maxHead) {
      this.#taken = plain.end;
      this.#handle(plain.asksNothing ? (plain.id ?? newRequestId()) : requestId(plain.fields), plain);
      return plain.end;
    }
    const head = readFastHead(text, at);
    if (head === 'more')
      return text.length - at <= settings.maxHead && ++this.#pieces <= PIECES ? at : undefined;
    if (head === undefined || head.end - at > settings.maxHead) return undefined;
    const { method, target, fields, end } = head;
    const read = readRequestHead({ method, target, version: '1.1', fields, scheme: 'http' }, settings);
    if (read.kind === 'refused' || read.hasBody) return undefined;
    this.#taken = end;
    this.#handle(requestId(fields), read.head);
    return end;
  }

  #handle(id: string, head: RequestHead): void {
    this.#pieces = 0;
    this.#exchange = new FastDownstream(this, head.method === 'HEAD');
    this.#parts.inside.handle(id, head, this.#exchange);
  }

  #isBusy(): boolean {
    return this.#exchange !== undefined || this.#isHeldUp || this.#isClosing || this.socket.destroyed;
  }

  #onDrain = (): void => {
    this.#isHeldUp = false;
    if (this.#exchange === undefined) this.#read();
    else this.#exchange.onDrain?.();
  };

  /** Who ends its side gives up the answer, unless it does so in the middle of a head, as node:http has it. */
  #onEnd = (): void => {
    this.#hasEnded = !this.#isClosing && this.#endsInHead();
    if (this.#hasEnded && this.#isBusy()) return;
    if (this.#hasEnded && this.socket.writableLength === 0) {
      this.#parts.inside.refused(writeRefusal(this.socket, 400, 'the request could not be read'), '', '');
    }
    this.#exchange?.abandon();
    this.#hangUp();
  };

  /** Whether what was read ahead ends in the middle of a head. */
  #endsInHead(): boolean {
    for (let at = 0; at < this.#unread.length; ) {
      const head = readFastHead(this.#unread, at);
      if (typeof head !== 'object') return head === 'more';
      at = head.end;
    }
    return false;
  }

  #onClose = (): void => {
    this.#exchange?.abandon();
    this.#parts.onGone(this);
  };

  #hangUp(): void {
    this.#isClosing = true;
    this.#unread = '';
    hangUp(this.socket);
    // Whoever does not take its last answer is not waited for.
    watchStall(this.socket, this.#parts.settings.stallTimeout);
  }

  #passOn(): void {
    const { socket } = this;
    socket.off('error', ignore);
    socket.off('close', this.#onClose);
    socket.off('end', this.#onEnd);
    socket.off('drain', this.#onDrain);
    socket.pause();
    // In one piece: what node's parser reads from the handle does not wait for a second one in the stream.
    this.#bytes.release();
    const behind: Buffer | null = socket.read();
    const unread = Buffer.from(this.#unread, 'latin1');
    socket.unshift(behind === null ? unread : Buffer.concat([unread, behind]));
    this.#unread = '';
    this.#parts.onGone(this);
    this.#parts.passOn(socket, this.#quiet * SWEEP);
    socket.resume();
  }
}

function ignore(): void {}
