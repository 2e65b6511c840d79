import { once } from 'node:events';
import { connect } from 'node:net';

/** One answer, as far as the load generators look at it. */
export interface RawAnswer {
  readonly status: number;
  /** Of head and body. */
  readonly bytes: number;
  readonly bodyBytes: number;
  /** A body of at most 32 bytes, as latin1; empty for a longer one. */
  readonly body: string;
}

/** A keep-alive connection that has one request under way at a time. */
export interface RawConnection {
  /** Sends a whole request; `done` is told of its answer. */
  ask(request: string, done: (answer: RawAnswer) => void): void;
  close(): void;
}

/** Bytes; longer bodies are counted and not looked at. */
const SHORT = 32;

const HEAD_END = Buffer.from('\r\n\r\n');

/**
 * Connects to `url`. `failed` is told once where the connection ends or something comes that cannot be
 * read: only answers with a Content-Length, and those that have no body, can.
 */
export async function openConnection(url: string, failed: (error: Error) => void): Promise<RawConnection> {
  const { hostname, port } = new URL(url);
  const socket = connect({ host: hostname, port: Number(port), noDelay: true });
  await once(socket, 'connect');
  let waiting: ((answer: RawAnswer) => void) | undefined;
  let head: string | undefined;
  let unread: Buffer | undefined;
  let body = '';
  let status = 0;
  let bodyBytes = 0;
  let missing = 0;

  const fail = (error: Error) => {
    if (socket.destroyed && waiting === undefined) return;
    socket.destroy();
    failed(error);
  };
  const finish = () => {
    const done = waiting;
    const answer = { status, bytes: (head ?? '').length + 4 + bodyBytes, bodyBytes, body };
    waiting = undefined;
    head = undefined;
    done?.(answer);
  };
  socket.on('error', fail).on('end', () => fail(new Error('the server hung up')));
  socket.on('data', (chunk: Buffer) => {
    if (head !== undefined) {
      missing -= chunk.length;
    } else {
      const bytes = unread === undefined ? chunk : Buffer.concat([unread, chunk]);
      const end = bytes.indexOf(HEAD_END);
      unread = end < 0 ? bytes : undefined;
      if (end < 0) return;
      const read = bytes.toString('latin1', 0, end);
      head = read;
      status = Number(read.slice(9, 12));
      const length = /\r\ncontent-length: *(\d+)/i.exec(read)?.[1];
      if (length === undefined && status !== 304) return fail(new Error(`no Content-Length in:\n${read}`));
      bodyBytes = status === 304 ? 0 : Number(length);
      missing = bodyBytes - (bytes.length - end - 4);
      body = bodyBytes <= SHORT ? bytes.toString('latin1', end + 4) : '';
    }
    if (missing === 0) finish();
    else if (missing < 0) fail(new Error('more was sent than the Content-Length says'));
  });

  return {
    ask(request, done) {
      waiting = done;
      socket.write(request, 'latin1');
    },
    close() {
      waiting = undefined;
      socket.destroy();
    },
  };
}
