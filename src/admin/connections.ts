import type { Server } from 'node:http';
import type { Socket } from 'node:net';

/** The connections of the admin port. */
export interface Connections {
  /** A call on this one is being carried out, until what is returned is called. */
  busy(socket: Socket): () => void;
}

/**
 * Holds at most `most` connections. One too many ends the one on which nothing was asked for the longest, half
 * a head or body included, so that whoever asks slowly on very many keeps no probe out.
 */
export function limitConnections(server: Server, most: number): Connections {
  /** In the order of their last call. */
  const waiting = new Set<Socket>();
  const calls = new Map<Socket, number>();

  server.on('connection', (socket: Socket) => {
    if (waiting.size + calls.size >= most) {
      const [longest] = waiting;
      if (longest === undefined) return void socket.destroy();
      waiting.delete(longest);
      longest.destroy();
    }
    waiting.add(socket);
    socket.once('close', () => {
      waiting.delete(socket);
      calls.delete(socket);
    });
  });

  return {
    busy(socket) {
      waiting.delete(socket);
      calls.set(socket, (calls.get(socket) ?? 0) + 1);
      let over = false;
      return () => {
        const left = (calls.get(socket) ?? 0) - 1;
        if (over || left < 0) return;
        over = true;
        if (left > 0) return void calls.set(socket, left);
        calls.delete(socket);
        if (!socket.destroyed) waiting.add(socket);
      };
    },
  };
}
