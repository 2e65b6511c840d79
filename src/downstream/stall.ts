import type { Socket } from 'node:net';

/** How often it is looked at within its time. */
const LOOKS = 4;

const watched = new WeakSet<Socket>();

/**
 * Cuts a connection whose client takes nothing of what waits for it for `patience` ms, or a quarter more, until it has
 * taken all of it. The time-out of sockets counts what comes as well: a byte now and then would hold all that waits.
 */
export function watchStall(socket: Socket, patience: number): void {
  if (socket.writableLength === 0 || watched.has(socket)) return;
  watched.add(socket);
  let before = taken(socket);
  let quiet = 0;
  const stop = (): void => {
    clearInterval(timer);
    socket.off('close', stop);
    watched.delete(socket);
  };
  const look = (): void => {
    if (socket.writableLength === 0) return stop();
    const now = taken(socket);
    quiet = now === before ? quiet + 1 : 0;
    before = now;
    if (quiet >= LOOKS) socket.destroy();
  };
  const timer = setInterval(look, patience / LOOKS);
  socket.on('close', stop);
}

/** What node's sockets write to has beside what is documented. */
interface Handle {
  readonly bytesWritten?: unknown;
  readonly writeQueueSize?: unknown;
}

/** Bytes that the system has taken for the client; where node does not tell, those of whole writes. */
function taken(socket: Socket): number {
  const { _handle: handle } = socket as unknown as { readonly _handle: Handle | null };
  const { bytesWritten, writeQueueSize } = handle ?? {};
  if (typeof bytesWritten === 'number' && typeof writeQueueSize === 'number')
    return bytesWritten - writeQueueSize;
  return socket.bytesWritten - socket.writableLength;
}
