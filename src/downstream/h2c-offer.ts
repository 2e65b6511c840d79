import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { sameName } from '../policy/fields.ts';
import type { ClientConnection } from './client-connection.ts';

/**
 * Whether a request offers HTTP/2 over cleartext, which is not spoken. Some clients do so with the first request of each
 * connection and want it answered as any other (RFC 9110 §7.8 lets a server go on).
 */
export function offersH2c(req: IncomingMessage): boolean {
  return /(?:^|[\s,])h2c(?:$|[\s,])/i.test(req.headers.upgrade ?? '');
}

/** Bytes read ahead while answers are under way. */
const AHEAD = 64 * 1024;

/**
 * Puts a request that offers h2c back in front of `behind`, the bytes that came with it, as one that offers nothing:
 * node's parser stops at an offer, taken up or not, and what node has read behind it would be lost. `readOn` gives the
 * socket to node again, once all that came before is answered: node would put answers of two readers in any order.
 * `onTimeout`: the socket was idle for its time-out until then.
 */
export function declineH2c(
  req: IncomingMessage,
  behind: Buffer,
  socket: Socket,
  connection: ClientConnection,
  { readOn, onTimeout }: { readOn(): void; onTimeout(): void },
): void {
  const unread = [headWithoutOffer(req), behind];
  let ahead = 0;
  const listeners: Readonly<Record<string, (bytes: Buffer) => void>> = {
    data(bytes) {
      if (connection.closing) return;
      unread.push(bytes);
      ahead += bytes.length;
      if (ahead > AHEAD) socket.pause();
    },
    // What node does for its sockets, and has ceased to.
    drain: () => connection.open[0]?.onDrain?.(),
    end: () => void socket.end(),
    error: () => {},
    timeout: onTimeout,
  };
  for (const [name, listener] of Object.entries(listeners)) socket.on(name, listener);
  connection.whenAnswered(() => {
    for (const [name, listener] of Object.entries(listeners)) socket.off(name, listener);
    socket.pause();
    socket.unshift(Buffer.concat(unread));
    readOn();
    socket.resume();
  });
}

/**
 * As it came but for white space around its values: what else Connection says, and what is to be refused, is seen by
 * whoever reads it again. Only a tab behind some of them, `chunked` for one, is lawful and yet refused by node elsewhere.
 */
function headWithoutOffer({ method, url, httpVersion, rawHeaders }: IncomingMessage): Buffer {
  let head = `${method} ${url} HTTP/${httpVersion}\r\n`;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] as string;
    if (!sameName(name, 'upgrade')) head += `${name}: ${rawHeaders[i + 1]}\r\n`;
  }
  return Buffer.from(`${head}\r\n`, 'latin1');
}
