import type { Duplex } from 'node:stream';
import { mastersOf, type RedisClient } from '../redis-client.ts';

/**
 * A function that collects what is sent in this turn of the event loop into one write for each server,
 * whatever connections the requests came on: each of them has a tick of its own, but all that the loop
 * found readable share a turn. `sent` is told when what was collected has left.
 */
export function createCork(client: RedisClient, sent: () => void): () => void {
  let isCorked = false;
  let streams: Duplex[] = [];
  const uncork = (): void => {
    const corked = streams;
    isCorked = false;
    streams = [];
    for (const stream of corked) stream.uncork();
    sent();
  };
  return () => {
    if (isCorked) return;
    isCorked = true;
    for (const { stream } of mastersOf(client)) {
      if (stream === undefined) continue;
      stream.cork();
      streams.push(stream);
    }
    setImmediate(uncork);
  };
}
