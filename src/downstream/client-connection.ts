import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { HttpDownstream } from './http-response.ts';
import { refusal } from './refusal.ts';
import { requestId } from './request-id.ts';

/** One client connection as the door sees it. */
export interface ClientConnection {
  /** What is being answered, in order; more than one where the client pipelines. */
  readonly open: readonly HttpDownstream[];
  /** Nothing that still comes is read as a request: the connection ends with the answers under way. */
  readonly closing: boolean;
  add(exchange: HttpDownstream, res: ServerResponse): void;
  close(): void;
  /** What came could not be read, or did not come: tells the client where that alters no answer. */
  refuse(status: number, why: string): void;
}

export function createClientConnection(socket: Socket): ClientConnection {
  // An array: a Set that is filled and emptied with every request leaves its old tables to the collector.
  const open: HttpDownstream[] = [];
  let closing = false;
  socket.once('close', () => {
    for (const exchange of [...open]) exchange.abandon();
  });
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
    close,
    add(exchange, res) {
      open.push(exchange);
      res.on('close', () => {
        exchange.abandon();
        open.splice(open.indexOf(exchange), 1);
        if (closing && open.length === 0) hangUp(socket);
      });
    },
    refuse(status, why) {
      if (closing) return;
      const last = open.at(-1);
      close();
      // Behind whole requests: their answers are not altered.
      if (last?.whole) return;
      if (open.length > 1 || last?.begun || !socket.writable) return void socket.destroy();
      last?.abandon();
      socket.write(refusal(status, why, requestId([])).bytes);
      hangUp(socket);
    },
  };
}

/** How long a client may take to notice that its connection ends; ms. */
const LINGER = 1_000;

/**
 * Ends a connection so that what was sent still arrives: to close it on bytes that nobody read would
 * reset it, and the client could lose its answer.
 */
export function hangUp(socket: Duplex): void {
  if (socket.destroyed) return;
  const patience = setTimeout(() => socket.destroy(), LINGER);
  socket.once('close', () => clearTimeout(patience));
  socket.on('error', () => {});
  socket.end();
  socket.resume();
}
