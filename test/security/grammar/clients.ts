import { connect } from 'node:net';

/** One client: what it sends, and what it got. */
export interface Client {
  /** All that came, latin1. */
  readonly text: string;
  /** The other side has ended the connection. */
  readonly ended: boolean;
  send(bytes: string): void;
  /** Ends its side. */
  end(): void;
  destroy(): void;
}

/** `onProgress`: told of everything that comes. */
export function openClient(port: number, onProgress: () => void): Client {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true, allowHalfOpen: true });
  let text = '';
  let ended = false;
  socket.setEncoding('latin1').on('data', (more: string) => {
    text += more;
    onProgress();
  });
  const over = () => {
    ended = true;
    onProgress();
  };
  socket.on('end', over).on('close', over).on('error', over);
  return {
    get text() {
      return text;
    },
    get ended() {
      return ended;
    },
    send(bytes) {
      if (socket.writable) socket.write(bytes, 'latin1');
    },
    end() {
      if (socket.writable) socket.end();
    },
    destroy: () => void socket.resetAndDestroy(),
  };
}

/** Resolves once nothing happened for so many turns of the event loop. */
export async function calm(progress: () => number, turns: number): Promise<void> {
  let last = -1;
  for (let still = 0; still < turns; still++) {
    await new Promise(setImmediate);
    if (progress() !== last) still = 0;
    last = progress();
  }
}
