import type { Socket } from 'node:net';
import type { DoorSettings, Inside } from './door.ts';
import { FastConnection, type FastDoorParts } from './fast-connection.ts';
import { createPlainHeads } from './plain-head.ts';
import { SWEEP } from './sweep.ts';

/**
 * Stands in front of the node:http door and answers plain requests without its objects. Narrower than
 * the law, never different: whatever is not plain is passed on with the rest of its connection.
 */
export interface FastDoor {
  take(socket: Socket): void;
  /** From now on each connection ends behind its next answer, or when it is idle. */
  drain(): void;
  /** Cuts what is left. */
  cut(): void;
}

/** `passOn`: gives a socket to the node:http door. `now`: ms since the epoch. */
export function createFastDoor(
  settings: DoorSettings,
  inside: Inside,
  { passOn, now }: { passOn(socket: Socket, waited: number): void; now(): number },
): FastDoor {
  const connections = new Set<FastConnection>();
  const seconds = Math.floor(settings.keepAlive / 1000);
  let draining = false;
  let sweep: NodeJS.Timeout | undefined;
  const parts: FastDoorParts = {
    settings,
    inside,
    readPlainHead: createPlainHeads(settings),
    passOn,
    now,
    onGone: (connection) => connections.delete(connection),
    get draining() {
      return draining;
    },
    keptLines: `Connection: keep-alive\r\nKeep-Alive: timeout=${seconds}\r\n`,
  };
  const sweepAll = () => {
    for (const connection of connections) connection.sweep();
    if (connections.size === 0) {
      clearInterval(sweep);
      sweep = undefined;
    }
  };
  return {
    take(socket) {
      connections.add(new FastConnection(socket, parts));
      sweep ??= setInterval(sweepAll, SWEEP).unref();
    },
    drain() {
      draining = true;
      for (const connection of connections) connection.beginDrain();
    },
    cut() {
      for (const { socket } of connections) socket.destroy();
    },
  };
}
