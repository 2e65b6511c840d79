import type { IncomingMessage, ServerResponse } from 'node:http';
import { PassThrough, type Readable } from 'node:stream';
import type { FieldLines } from '../policy/fields.ts';
import type { Downstream } from '../proxy/ports.ts';

/** The client behind a node:http request. */
export interface HttpDownstream extends Downstream {
  /** True once the request is here to its last byte. */
  readonly whole: boolean;
  /** The client is gone, or what it sends is not to be trusted: whoever answers it is told, once. */
  abandon(): void;
}

const NOTHING = Buffer.alloc(0);

/** `hasBody`: the request announces a body. `onUnread`: it was answered before all of it was read. */
export function createHttpDownstream(
  req: IncomingMessage,
  res: ServerResponse,
  hasBody: boolean,
  onUnread: () => void,
): HttpDownstream {
  const { socket } = req;
  let closed = false;
  const requestBody = hasBody ? bodyOf(req) : undefined;
  // A hit is answered before node calls even a request without a body complete.
  const isUnread = () => requestBody !== undefined && !req.complete;
  // What still comes of the request is discarded; the connection cannot carry another one.
  const dropUnread = () => {
    if (!isUnread()) return;
    req.unpipe();
    req.resume();
    onUnread();
  };
  const downstream: HttpDownstream = {
    requestBody,
    clientAddress: socket.remoteAddress,
    get closed() {
      return closed;
    },
    get begun() {
      return res.headersSent;
    },
    get whole() {
      return req.complete;
    },
    informational(status, fields) {
      // A response that waits behind another one has no socket yet.
      if (closed || res.headersSent || req.httpVersion === '1.0') return;
      res.socket?.write(informationalHead(status, fields), 'latin1');
    },
    send(status, fields, body) {
      if (closed) return;
      if (isUnread()) res.shouldKeepAlive = false;
      res.writeHead(status, fields as string[]);
      res.end(body);
      dropUnread();
    },
    begin(status, fields) {
      if (closed) return;
      res.writeHead(status, fields as string[]);
      // The head of a slow body must not wait for its first byte. node's flushHeaders would send it as UTF-8.
      res.write(NOTHING);
    },
    write: (chunk) => closed || res.write(chunk),
    end() {
      if (closed) return;
      res.end();
      dropUnread();
    },
    destroy() {
      closed = true;
      socket.destroy();
    },
    abandon() {
      if (closed || res.writableFinished) return;
      closed = true;
      requestBody?.destroy();
      downstream.onClosed?.();
    },
    onDrain: undefined,
    onClosed: undefined,
  };
  res.on('error', () => {});
  res.on('drain', () => downstream.onDrain?.());
  res.on('close', downstream.abandon);
  return downstream;
}

/** Between the request and whoever reads it, so that who destroys the body leaves the request readable. */
function bodyOf(req: IncomingMessage): Readable {
  const body = new PassThrough();
  body.on('error', () => {});
  return req.pipe(body);
}

/** A 1xx as it goes before the answer, any status and every field (RFC 9110 §15.2). */
function informationalHead(status: number, fields: FieldLines): string {
  let head = `HTTP/1.1 ${status} \r\n`;
  for (let i = 0; i < fields.length; i += 2) head += `${fields[i]}: ${fields[i + 1]}\r\n`;
  return `${head}\r\n`;
}
