import type { IncomingMessage, ServerResponse } from 'node:http';
import { PassThrough, type Readable } from 'node:stream';
import type { FieldLines, KeptFields } from '../policy/fields.ts';
import type { Downstream, Signature } from '../proxy/ports.ts';
import { signatureLines, writeInformational } from './response-head.ts';

const NOTHING = Buffer.alloc(0);

/**
 * The client behind a node:http request. A class, since every request makes one: an object literal
 * with accessors and closures costs a hidden class of its own each time, several KiB that outlive the
 * young generation.
 */
export class HttpDownstream implements Downstream {
  readonly requestBody: Readable | undefined;
  readonly clientAddress: string | undefined;
  closed = false;
  onDrain: (() => void) | undefined = undefined;
  onClosed: (() => void) | undefined = undefined;
  readonly #req: IncomingMessage;
  readonly #res: ServerResponse;
  readonly #onUnread: () => void;

  /** `hasBody`: the request announces a body. `onUnread`: it was answered before all of it was read. */
  constructor(req: IncomingMessage, res: ServerResponse, hasBody: boolean, onUnread: () => void) {
    this.#req = req;
    this.#res = res;
    this.#onUnread = onUnread;
    this.requestBody = hasBody ? bodyOf(req) : undefined;
    this.clientAddress = req.socket.remoteAddress;
    res.on('error', ignore);
  }

  get begun(): boolean {
    return this.#res.headersSent;
  }

  get method(): string {
    return this.#req.method ?? '';
  }

  /** True once the request is here to its last byte. */
  get whole(): boolean {
    return this.#req.complete;
  }

  informational(status: number, fields: FieldLines): void {
    if (this.closed || this.#res.headersSent || this.#req.httpVersion === '1.0') return;
    // A response that waits behind another one has no socket yet.
    const { socket } = this.#res;
    if (socket !== null) writeInformational(socket, status, fields);
  }

  send(status: number, fields: KeptFields, signature: Signature, body: Uint8Array | undefined): void {
    if (this.closed) return;
    if (this.#isUnread()) this.#res.shouldKeepAlive = false;
    this.#res.writeHead(status, [...fields.lines, ...signatureLines(signature)]);
    this.#res.end(body);
    this.#dropUnread();
  }

  begin(status: number, fields: FieldLines, signature: Signature): void {
    if (this.closed) return;
    // node tells it in the middle of a write, perhaps of another answer, inside the upstream's parser.
    this.#res.on('drain', () => process.nextTick(() => this.onDrain?.()));
    this.#res.writeHead(status, [...fields, ...signatureLines(signature)]);
    // The head of a slow body must not wait for its first byte. node's flushHeaders would send it as UTF-8.
    this.#res.write(NOTHING);
  }

  write(chunk: Uint8Array): boolean {
    return this.closed || this.#res.write(chunk);
  }

  end(): void {
    if (this.closed) return;
    this.#res.end();
    this.#dropUnread();
  }

  destroy(): void {
    this.closed = true;
    this.#req.socket.destroy();
  }

  /** The client is gone, or what it sends is not to be trusted: whoever answers it is told, once. */
  abandon(): void {
    if (this.closed || this.#res.writableFinished) return;
    this.closed = true;
    this.requestBody?.destroy();
    this.onClosed?.();
  }

  /** A hit is answered before node calls even a request without a body complete. */
  #isUnread(): boolean {
    return this.requestBody !== undefined && !this.#req.complete;
  }

  /** What still comes of the request is discarded; the connection cannot carry another one. */
  #dropUnread(): void {
    if (!this.#isUnread()) return;
    this.#req.unpipe();
    this.#req.resume();
    this.#onUnread();
  }
}

function ignore(): void {}

/** Between the request and whoever reads it, so that who destroys the body leaves the request readable. */
function bodyOf(req: IncomingMessage): Readable {
  const body = new PassThrough();
  body.on('error', () => {});
  return req.pipe(body);
}
