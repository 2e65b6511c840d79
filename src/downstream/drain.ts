import type { Server } from 'node:http';
import { Server as NetServer, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import { type ClientConnection, hangUp } from './client-connection.ts';
import type { FastDoor } from './fast-door.ts';

/**
 * How long a connection without a request is left open at most, in ms: who has one in use sends the next request by then, and is
 * told with its answer that the connection ends. One that is closed the moment its client sends loses a request.
 */
export const IDLE_GRACE = 5_000;

/** Other processes may take a moment longer until they close the same port; ms. */
const SIBLINGS = 50;

/** How often idle connections are looked for; ms. */
const LOOK = 50;

/** How long a moment is waited for in which nobody connects; ms. */
const QUIET_WITHIN = 100;
/** A turn of the event loop in which nothing happens takes less; ms. */
const BRIEF = 0.1;

/** What a drain ends. */
export interface DrainParts {
  readonly server: Server;
  readonly connections: ReadonlyMap<Duplex, ClientConnection>;
  readonly tunnels: ReadonlySet<Duplex>;
  readonly fast: FastDoor | undefined;
  /** How long clients were told that a connection without a request is kept; ms. */
  readonly keepAlive: number;
}

/** How long a drain may take; ms. */
export interface DrainTimes {
  /** Connections are taken on for so long. */
  readonly delay: number;
  /** From then on, requests under way may take as long. */
  readonly within: number;
}

/**
 * Goes on for `delay` ms, closes the listener, and ends all connections behind the answer to their next request, or once
 * they are idle. Resolves when none is left; what its time is over for is cut. `announce`: called when nobody can connect any
 * more, lest those who are told that their connection ends come back at once.
 */
export async function drain(
  { server, connections, tunnels, fast, keepAlive }: DrainParts,
  { delay, within }: DrainTimes,
  announce: () => void,
): Promise<void> {
  if (delay > 0) await pause(delay);
  const cut = setTimeout(() => {
    // Tunnels among them, and those that no parser of node's reads right now.
    for (const socket of connections.keys()) socket.destroy();
    fast?.cut();
  }, within);
  await quietTurn(server);
  // The listener alone: node's own close cuts answers that their clients are still taking.
  const closed = new Promise<void>((resolve) => {
    NetServer.prototype.close.call(server, () => resolve());
  });
  await pause(SIBLINGS);
  announce();
  fast?.drain();
  for (const tunnel of tunnels) (tunnel as Socket).destroySoon?.();
  const isOver = watchIdle(Math.min(keepAlive, IDLE_GRACE));
  const look = setInterval(() => {
    for (const [socket, { open }] of connections) {
      if (isOver(socket as Socket, open.length === 0)) hangUp(socket);
    }
  }, LOOK);
  await closed;
  clearTimeout(cut);
  clearInterval(look);
  server.close();
}

/**
 * Resolves right after a turn of the event loop in which nobody connected, and that was too short for somebody to have done so
 * meanwhile. Who is connected and not accepted yet when the listener closes is reset, and with it the request that it has sent.
 */
async function quietTurn(server: Server): Promise<void> {
  let isQuiet = false;
  const hear = () => {
    isQuiet = false;
  };
  server.on('connection', hear);
  const until = performance.now() + QUIET_WITHIN;
  for (let now = performance.now(), began = now; !isQuiet || now - began > BRIEF; now = performance.now()) {
    if (now > until) break;
    isQuiet = true;
    began = now;
    await new Promise(setImmediate);
  }
  server.off('connection', hear);
}

/** Whether a connection was without a request, and silent, for `grace` ms; those that were never looked at begin now. */
function watchIdle(grace: number): (socket: Socket, isUnused: boolean) => boolean {
  const seen = new WeakMap<Socket, { bytes: number; since: number }>();
  return (socket, isUnused) => {
    const now = performance.now();
    const bytes = socket.bytesRead + socket.bytesWritten;
    const last = seen.get(socket);
    if (last !== undefined && last.bytes === bytes && isUnused && socket.writableLength === 0)
      return now - last.since >= grace;
    seen.set(socket, { bytes, since: now });
    return false;
  };
}
