import type { Socket } from 'node:net';
import type { FieldLines } from '../policy/fields.ts';
import type { Downstream } from '../proxy/ports.ts';
import { informationalHead, responseHead } from './response-head.ts';

/** Bodies up to this many bytes leave in one write with their head; larger ones are not worth the copy. */
const ONE_WRITE = 16 * 1024;

/** The connection an answer goes out on. */
export interface AnsweringConnection {
  readonly socket: Socket;
  readonly clientAddress: string | undefined;
  /** The lines that say what becomes of the connection behind the next answer. */
  connectionLines(): string;
  /** ms since the epoch. */
  now(): number;
  /** False where the client does not take what was written; `onDrain` follows. */
  flows(): boolean;
  /** The answer is complete. */
  answered(): void;
}

/** The client behind a request that the fast door read. */
export class FastDownstream implements Downstream {
  /** The fast door takes none. */
  readonly requestBody = undefined;
  closed = false;
  begun = false;
  onDrain: (() => void) | undefined = undefined;
  onClosed: (() => void) | undefined = undefined;
  readonly #connection: AnsweringConnection;
  readonly #isHead: boolean;
  #chunked = false;
  #hasBody = false;

  constructor(connection: AnsweringConnection, isHead: boolean) {
    this.#connection = connection;
    this.#isHead = isHead;
  }

  get clientAddress(): string | undefined {
    return this.#connection.clientAddress;
  }

  informational(status: number, fields: FieldLines): void {
    if (!this.closed && !this.begun) this.#socket.write(informationalHead(status, fields), 'latin1');
  }

  send(status: number, fields: FieldLines, body: Uint8Array | undefined): void {
    if (this.closed) return;
    const head = this.#head(status, fields);
    if (body === undefined || !this.#hasBody || this.#chunked) {
      this.#socket.write(head, 'latin1');
      if (body !== undefined) this.write(body);
      return this.end();
    }
    if (body.byteLength <= ONE_WRITE) this.#socket.write(head + latin1(body), 'latin1');
    else this.#gather(head, body);
    this.#connection.answered();
  }

  begin(status: number, fields: FieldLines): void {
    if (this.closed) return;
    this.#socket.write(this.#head(status, fields), 'latin1');
  }

  write(chunk: Uint8Array): boolean {
    if (this.closed || !this.#hasBody || chunk.byteLength === 0) return true;
    if (this.#chunked) this.#gather(`${chunk.byteLength.toString(16)}\r\n`, chunk, '\r\n');
    else this.#socket.write(chunk);
    return this.#connection.flows();
  }

  end(): void {
    if (this.closed) return;
    if (this.#chunked) this.#socket.write('0\r\n\r\n', 'latin1');
    this.#connection.answered();
  }

  destroy(): void {
    this.closed = true;
    this.#socket.destroy();
  }

  /** The client is gone: whoever answers it is told, once. */
  abandon(): void {
    if (this.closed) return;
    this.closed = true;
    this.onClosed?.();
  }

  get #socket(): Socket {
    return this.#connection.socket;
  }

  #head(status: number, fields: FieldLines): string {
    const hasBody = !this.#isHead && status !== 204 && status !== 304;
    const connection = this.#connection.connectionLines();
    const { text, chunked } = responseHead(status, fields, {
      connection,
      hasBody,
      now: this.#connection.now(),
    });
    this.begun = true;
    this.#hasBody = hasBody;
    this.#chunked = chunked;
    return text;
  }

  #gather(...pieces: readonly (string | Uint8Array)[]): void {
    const socket = this.#socket;
    socket.cork();
    for (const piece of pieces) {
      if (typeof piece === 'string') socket.write(piece, 'latin1');
      else socket.write(piece);
    }
    socket.uncork();
  }
}

/** As a string of as many characters, which joins a head without a copy of both. */
function latin1(bytes: Uint8Array): string {
  const buffer = Buffer.isBuffer(bytes)
    ? bytes
    : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return buffer.toString('latin1');
}
