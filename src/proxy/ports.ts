import type { Duplex, Readable } from 'node:stream';
import type { UpstreamError } from '../errors.ts';
import type { FieldLines, KeptFields } from '../policy/fields.ts';

/** What every answer says of itself. */
export interface Signature {
  /** What the exchange came to (RFC 9211). */
  readonly cacheStatus: string;
  /** Checked by the door that the request came through. */
  readonly requestId: string;
  /** RFC 9111 §5.1; s. 0 for what was made here. */
  readonly age: number;
}

/** The client's side of an exchange, whichever door it came through. One answer per exchange. */
export interface Downstream {
  /** The request's body where it announces one; undefined: none. */
  readonly requestBody: Readable | undefined;
  /** IP address of the peer; undefined for requests Cacheside makes itself. */
  readonly clientAddress: string | undefined;
  /** True once the client went away or the answer was cut. */
  readonly closed: boolean;
  /** True once the head of an answer was handed over. */
  readonly begun: boolean;
  /** A 1xx in front of the answer (RFC 9110 §15.2); left out where the door cannot send it. */
  informational(status: number, fields: FieldLines): void;
  /** A complete answer at once. A HEAD, 204 or 304 sends no body whatever is handed in. */
  send(status: number, fields: KeptFields, signature: Signature, body: Uint8Array | undefined): void;
  /** The head of a streamed answer; framed by its Content-Length, else chunked. */
  begin(status: number, fields: FieldLines, signature: Signature): void;
  /** False: hold back until `onDrain`. */
  write(chunk: Uint8Array): boolean;
  end(): void;
  /** Cuts the connection, so that the client sees that the answer is not whole. */
  destroy(): void;
  onDrain: (() => void) | undefined;
  /** Called once when the client goes away before its answer is complete. */
  onClosed: (() => void) | undefined;
}

/** How the end of an upstream body is known; a body that ends with its connection proves nothing. */
export type Framing = 'none' | 'length' | 'chunked' | 'close';

export interface UpstreamHead {
  readonly status: number;
  /** End-to-end fields. */
  readonly fields: FieldLines;
  readonly framing: Framing;
  /** Content-Length in bytes where framed by it. */
  readonly length: number | undefined;
}

export interface UpstreamRequest {
  readonly method: string;
  /** Origin-form. */
  readonly target: string;
  /** The client's Host; what is sent depends on the upstream's `host` setting. */
  readonly authority: string;
  /** Without Host. */
  readonly fields: FieldLines;
  readonly body: Readable | undefined;
}

/**
 * Told of one upstream exchange: `onHead`, `onData`*, then exactly one of `onEnd` and `onError`; of nothing before `send`
 * has returned.
 */
export interface UpstreamListener {
  onInformational(status: number, fields: FieldLines): void;
  onHead(head: UpstreamHead): void;
  /** False pauses the upstream until `resume`. The chunk is the listener's to keep. */
  onData(chunk: Buffer): boolean;
  onEnd(): void;
  onError(error: UpstreamError): void;
}

export interface UpstreamExchange {
  resume(): void;
  /** Ends the exchange; the listener hears `onError` with failure `aborted` if it had not ended. */
  abort(): void;
}

/** The service behind Cacheside. */
export interface Upstream {
  send(request: UpstreamRequest, listener: UpstreamListener): UpstreamExchange;
  close(): Promise<void>;
}

/** A request to switch protocols (RFC 9110 §7.8) and the client's socket behind it. */
export interface TunnelRequest extends UpstreamRequest {
  /** The Upgrade field's value. */
  readonly protocol: string;
  readonly client: Duplex;
  /** Bytes the client sent behind its head. */
  readonly head: Buffer;
}

/**
 * Joins a client with the upstream: a 101 makes a tunnel, any other answer is passed on and ends the
 * connection. `onAnswer` is told the upstream's answer and returns the fields to pass on; `onRefused`
 * answers the client itself, with 502 or 504, where there was none; `onClosed` comes last, with the bytes
 * sent to the client.
 */
export type OpenTunnel = (
  request: TunnelRequest,
  told: {
    onAnswer(status: number, fields: FieldLines): FieldLines;
    onRefused(status: number): void;
    onClosed(bytes: number): void;
  },
) => void;
