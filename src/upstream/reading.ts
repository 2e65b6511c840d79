import { subscribe } from 'node:diagnostics_channel';
import type { Socket } from 'node:net';
import { closedByUpstream } from './failure.ts';
import { withoutContinue } from './unasked-continue.ts';

/** How far a connection is in what undici reads from it. */
export interface Reading {
  /** A request went out, and its final response has not begun. */
  awaitsHead: boolean;
  /** Bytes that do not tell yet what they begin. */
  held: Buffer;
  /** Bytes of the interim responses that were taken out since the request. */
  takenOut: number;
  /** Of the response that is read; undefined: none that undici should have taken for one. */
  version: '1.0' | '1.1' | undefined;
  /** How many requests went out on it. */
  requests: number;
  /** Something came since the last of them. */
  isAnswered: boolean;
  isBroken: boolean;
  /** The last of them was answered in full. */
  isIdle: boolean;
}

/** What undici does not tell of the connection that it is reading. */
export interface Readings {
  /** Watches a connection from here on; to be called ahead of undici's own listeners. */
  watch(socket: Socket): void;
  /** That of the connection whose bytes or end undici was just given. */
  readonly current: Reading | undefined;
  /** Its answer is complete: whatever comes before the next request ends the connection. */
  rest(): void;
  /** True for what ended a kept connection that had brought nothing since its last request went out. */
  wasUnanswered(error: Error): boolean;
}

const readings = new WeakMap<object, Reading>();

// The only place where undici says which connection a request goes out on.
subscribe('undici:client:sendHeaders', (message) => {
  const reading = readings.get((message as { socket: object }).socket);
  if (reading === undefined) return;
  reading.requests++;
  reading.awaitsHead = true;
  reading.isAnswered = false;
  reading.isIdle = false;
  reading.takenOut = 0;
  reading.version = '1.1';
});

const NOTHING = Buffer.alloc(0);

export function createReadings(): Readings {
  const unanswered = new WeakSet<Error>();
  let current: Reading | undefined;
  return {
    watch(socket) {
      const reading: Reading = {
        awaitsHead: false,
        held: NOTHING,
        takenOut: 0,
        version: undefined,
        requests: 0,
        isAnswered: false,
        isBroken: false,
        isIdle: false,
      };
      readings.set(socket, reading);
      const read = socket.read.bind(socket);
      socket.read = (size) => {
        current = reading;
        const chunk: Buffer | null = read(size);
        if (chunk !== null && reading.isIdle) {
          // undici would let line breaks pass.
          socket.destroy(closedByUpstream());
          return null;
        }
        if (chunk === null || !reading.awaitsHead) return chunk;
        reading.isAnswered = true;
        return withoutContinue(reading, chunk);
      };
      const speaks = (): void => {
        current = reading;
      };
      socket.on('end', () => {
        speaks();
        // A reset right behind other bytes is told of as an end; but then there is no peer.
        if (socket.remotePort === undefined) reading.isBroken = true;
      });
      socket.on('close', speaks);
      socket.on('error', (cause) => {
        speaks();
        reading.isBroken = true;
        if (reading.requests > 1 && !reading.isAnswered) unanswered.add(cause);
      });
    },
    get current() {
      return current;
    },
    rest() {
      if (current !== undefined) current.isIdle = true;
    },
    wasUnanswered: (error) => unanswered.has(error),
  };
}
