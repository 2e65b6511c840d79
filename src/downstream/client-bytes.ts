import { Socket, type SocketConstructorOpts } from 'node:net';

/** A client's bytes as text (latin1), until somebody else is to have them. */
export interface ClientBytes {
  /** The connection from now on. */
  readonly socket: Socket;
  /** Whoever listens to the socket's stream gets the bytes that come from now on. */
  release(): void;
}

/** What is read at once, of whichever connection: it is taken before anything else is read. */
const BUFFER = Buffer.allocUnsafeSlow(64 * 1024);

/** What net.Socket has beside what is documented. */
interface Internals {
  _handle: { readonly useUserBuffer?: unknown } | null;
  _server: unknown;
  server: unknown;
}

/**
 * Reads a connection that was accepted just now. Node's streams make a Buffer for each read; a socket that is made
 * with `onread` reads into a given one, a fifth of what a small answer costs. Only who makes the socket can say so, so
 * that the connection is put into another socket (ADR 1). Where node has changed in this, it is read as a stream.
 */
export function readClientBytes(accepted: Socket, onText: (text: string) => void): ClientBytes {
  const internals = accepted as unknown as Internals;
  const handle = internals._handle;
  // Where reads are asked for beforehand, one buffer cannot serve several connections.
  const isDirect = typeof handle?.useUserBuffer === 'function' && process.platform !== 'win32';
  return isDirect ? readDirectly(internals, handle, onText) : readStream(accepted, onText);
}

function readDirectly(accepted: Internals, handle: unknown, onText: (text: string) => void): ClientBytes {
  let isReleased = false;
  const take = (length: number, buffer: Uint8Array): boolean => {
    if (isReleased) return socket.push(Buffer.from(buffer.subarray(0, length)));
    onText(BUFFER.toString('latin1', 0, length));
    return true;
  };
  accepted._handle = null;
  const options = { handle, allowHalfOpen: true, onread: { buffer: BUFFER, callback: take } };
  const socket: Socket = new Socket(options as SocketConstructorOpts);
  // The listener counts its connections by this.
  const { _server: server } = accepted;
  accepted._server = null;
  Object.assign(socket, { server, _server: server });
  // The end of what comes is told by the stream, once it flows.
  socket.resume();
  return {
    socket,
    release() {
      isReleased = true;
    },
  };
}

function readStream(socket: Socket, onText: (text: string) => void): ClientBytes {
  const take = (chunk: Buffer): void => onText(chunk.toString('latin1'));
  socket.on('data', take);
  return { socket, release: () => void socket.off('data', take) };
}
