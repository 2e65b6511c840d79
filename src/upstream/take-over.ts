import type { Socket } from 'node:net';
import { Client } from 'undici';

const CHUNKED_HEAD = Buffer.from('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n', 'latin1');

/**
 * A client whose one connection is this socket, on which a request went out and the upstream has answered
 * `unread` so far. The request that the client sends is not written again. `isBody`: what comes begins with a
 * chunk, and the client is shown a head that says so.
 */
export function takeOver(
  origin: string,
  options: Client.Options,
  socket: Socket,
  unread: Buffer,
  isBody: boolean,
): Client {
  const bytes = isBody ? Buffer.concat([CHUNKED_HEAD, unread]) : unread;
  const read = socket.read;
  let isAwaited = false;
  // Before undici has written its request, it takes what it reads for an answer to nothing.
  socket.read = (size) => (isAwaited ? read.call(socket, size) : null);
  const swallow = (): boolean => {
    if (!isAwaited) {
      isAwaited = true;
      socket.unshift(bytes);
      process.nextTick(() => socket.emit('readable'));
    }
    return true;
  };
  socket.write = swallow;
  let isGiven = false;
  return new Client(origin, {
    ...options,
    connect(_options, callback) {
      // There is no other: what undici would send again, or on a connection that is gone, has failed.
      const isGone = isGiven || socket.destroyed;
      isGiven = true;
      queueMicrotask(() =>
        isGone ? callback(new Error('other side closed'), null) : callback(null, socket),
      );
    },
  });
}
