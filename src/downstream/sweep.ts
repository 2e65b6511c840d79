import type { Socket } from 'node:net';
import { performance } from 'node:perf_hooks';
import type { Duplex } from 'node:stream';
import type { ClientConnection } from './client-connection.ts';
import { watchStall } from './stall.ts';

/** How often connections are looked after, by either door; ms. */
export const SWEEP = 1_000;

/** Durations in ms. */
interface Patience {
  readonly headTimeout: number;
  readonly keepAlive: number;
  readonly stallTimeout: number;
}

/**
 * Looks after the connections that node reads while there are any, for what its own time-outs let pass: a client that
 * talks and takes nothing; one that sends empty lines in front of a head; one that another reader waited for.
 */
export function createSweep(
  connections: ReadonlyMap<Duplex, ClientConnection>,
  tunnels: ReadonlySet<Duplex>,
  { headTimeout, keepAlive, stallTimeout }: Patience,
): { start(): void } {
  let timer: NodeJS.Timeout | undefined;
  const sweep = (): void => {
    const now = performance.now();
    for (const [socket, connection] of connections) {
      watchStall(socket as Socket, stallTimeout);
      if (connection.closing || connection.open.length > 0 || tunnels.has(socket)) continue;
      // node's own clocks come first.
      const patience = SWEEP + headTimeout + (connection.hasServed ? keepAlive : 0);
      if (now - connection.idleSince > patience) connection.refuse(408, 'the request head took too long');
    }
    if (connections.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };
  return {
    start() {
      timer ??= setInterval(sweep, SWEEP).unref();
    },
  };
}
