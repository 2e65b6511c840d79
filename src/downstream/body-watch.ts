import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ClientConnection } from './client-connection.ts';

/** What a client's request body must keep up. */
export interface Pace {
  /** Within this long, ms … */
  readonly requestTimeout: number;
  /** … this many bytes come, or the end. */
  readonly requestProgress: number;
}

/** Refuses a request whose body comes too slowly, or not at all. One that the upstream, or we, hold back is not slow. */
export function watchBody(
  req: IncomingMessage,
  res: ServerResponse,
  { requestTimeout, requestProgress }: Pace,
  connection: ClientConnection,
  awaitsContinue: boolean,
): void {
  let come = 0;
  const timer = setTimeout(() => {
    if (req.isPaused() || (awaitsContinue && res.socket === null)) timer.refresh();
    else connection.refuse(408, 'the request body took too long');
  }, requestTimeout);
  const begin = () => {
    come = 0;
    timer.refresh();
  };
  const stop = () => clearTimeout(timer);
  req.on('data', (chunk: Buffer) => {
    come += chunk.byteLength;
    if (come >= requestProgress) begin();
  });
  req.on('resume', begin);
  req.on('end', stop);
  req.on('close', stop);
  // Answered before it was complete, it never closes.
  res.on('close', stop);
}
