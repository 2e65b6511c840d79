import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';

/** A client's connection without a network: what a door needs of a socket, piece by piece as a test says. */
export interface MemorySocket {
  readonly socket: Socket;
  /** These bytes came, as latin1. */
  feed(piece: string): void;
  /** All that was written to the client, as latin1. */
  readonly sent: string;
  /** The other side ended or cut it. */
  readonly ended: boolean;
  cut(): void;
}

/** `address`: of the peer, to tell connections apart by. `slow`: each write takes a turn of the event loop. */
export function memorySocket(address: string, slow = false): MemorySocket {
  const sent: string[] = [];
  const stream = new Duplex({
    decodeStrings: false,
    writableHighWaterMark: slow ? 1024 : 2 ** 30,
    read() {},
    write(chunk: string | Buffer, _encoding, done) {
      sent.push(typeof chunk === 'string' ? chunk : chunk.toString('latin1'));
      if (slow) setImmediate(done);
      else done();
    },
  });
  const same = () => stream;
  const socket = Object.assign(stream, {
    remoteAddress: address,
    setTimeout: same,
    setNoDelay: same,
    setKeepAlive: same,
    ref: same,
    unref: same,
    destroySoon: () => void stream.end(() => stream.destroy()),
  }) as Duplex as Socket;
  return {
    socket,
    feed: (piece) => void stream.push(Buffer.from(piece, 'latin1')),
    get sent() {
      return sent.join('');
    },
    get ended() {
      return stream.writableEnded || stream.destroyed;
    },
    cut: () => void stream.destroy(),
  };
}
