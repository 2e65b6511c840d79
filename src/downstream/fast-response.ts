import type { Socket } from 'node:net';
import type { FieldLines, KeptFields, WrittenFields } from '../policy/fields.ts';
import type { Downstream, Signature } from '../proxy/ports.ts';
import { writeAsOne } from './one-write.ts';
import { responseHead, writeFields, writeInformational, writeKept } from './response-head.ts';

/** Pieces of a body up to this many bytes are gathered with what stands around them. */
const SMALL = 16 * 1024;

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
  /** What leaves in one write at the end of this turn: the head, small pieces of the body, its end. */
  #text = '';

  constructor(connection: AnsweringConnection, isHead: boolean) {
    this.#connection = connection;
    this.#isHead = isHead;
  }

  get clientAddress(): string | undefined {
    return this.#connection.clientAddress;
  }

  informational(status: number, fields: FieldLines): void {
    if (!this.closed && !this.begun) writeInformational(this.#socket, status, fields);
  }

  send(status: number, fields: KeptFields, signature: Signature, body: Uint8Array | undefined): void {
    if (this.closed) return;
    const head = this.#head(status, writeKept(fields), signature);
    if (body === undefined || !this.#hasBody) {
      this.#socket.write(head, 'latin1');
    } else if (this.#chunked) {
      this.#gather(head);
      this.write(body);
      return this.end();
    } else if (!writeAsOne(this.#socket, head, body)) {
      this.#writeLarge(head, body);
    }
    this.#connection.answered();
  }

  begin(status: number, fields: FieldLines, signature: Signature): void {
    if (this.closed) return;
    this.#gather(this.#head(status, writeFields(fields), signature));
  }

  write(chunk: Uint8Array): boolean {
    if (this.closed || !this.#hasBody || chunk.byteLength === 0) return true;
    if (this.#chunked) this.#gather(`${chunk.byteLength.toString(16)}\r\n`);
    if (chunk.byteLength <= SMALL) this.#gather(latin1(chunk));
    else this.#writeLarge(this.#take(), chunk);
    if (this.#chunked) this.#gather('\r\n');
    return this.#connection.flows();
  }

  end(): void {
    if (this.closed) return;
    if (this.#chunked) this.#gather('0\r\n\r\n');
    this.flush();
    this.#connection.answered();
  }

  destroy(): void {
    if (!this.closed) this.flush();
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

  #head(status: number, fields: WrittenFields, signature: Signature): string {
    const hasBody = !this.#isHead && status !== 204 && status !== 304;
    const connection = this.#connection.connectionLines();
    const framing = { connection, hasBody, clock: this.#connection };
    const { text, chunked } = responseHead(status, fields, signature, framing);
    this.begun = true;
    this.#hasBody = hasBody;
    this.#chunked = chunked;
    return text;
  }

  #gather(text: string): void {
    if (this.#text === '') process.nextTick(flush, this);
    this.#text += text;
    if (this.#text.length > SMALL) this.flush();
  }

  /** What was gathered; nothing is, from now on. */
  #take(): string {
    const text = this.#text;
    this.#text = '';
    return text;
  }

  /** A chunk as it is, behind this text. */
  #writeLarge(text: string, chunk: Uint8Array): void {
    const socket = this.#socket;
    socket.cork();
    if (text !== '') socket.write(text, 'latin1');
    socket.write(chunk);
    socket.uncork();
  }

  /** Writes what was gathered. */
  flush(): void {
    const text = this.#take();
    if (text !== '' && !this.closed) this.#socket.write(text, 'latin1');
  }
}

function flush(downstream: FastDownstream): void {
  downstream.flush();
}

/** As a string of as many characters, which joins a head without a copy of both. */
function latin1(bytes: Uint8Array): string {
  const buffer = Buffer.isBuffer(bytes)
    ? bytes
    : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return buffer.toString('latin1');
}
