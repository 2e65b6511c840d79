import { subscribe } from 'node:diagnostics_channel';
import type { Socket } from 'node:net';

/** How far a connection is in what it reads. */
interface Reading {
  /** A request went out, and its final response has not begun. */
  awaitsHead: boolean;
  /** Bytes that do not tell yet what they begin. */
  held: Buffer;
}

const NOTHING = Buffer.alloc(0);
const readings = new WeakMap<object, Reading>();

// The only place where undici says which connection a request goes out on.
subscribe('undici:client:sendHeaders', (message) => {
  const reading = readings.get((message as { socket: object }).socket);
  if (reading !== undefined) reading.awaitsHead = true;
});

/**
 * Takes each `100 Continue` out of what is read from a connection to the upstream: nobody asked for one, a
 * client has to take it all the same (RFC 9110 §15.2), and undici ends the connection before any handler
 * hears of it. Only where a response is to begin is anything looked at.
 */
export function dropUnaskedContinue(socket: Socket): void {
  const reading: Reading = { awaitsHead: false, held: NOTHING };
  readings.set(socket, reading);
  const read = socket.read.bind(socket);
  socket.read = (size) => {
    const chunk: Buffer | null = read(size);
    return chunk === null || !reading.awaitsHead ? chunk : withoutContinue(reading, chunk);
  };
}

const LONGEST_HEAD = 64 * 1024;
const STATUS_LINE = 'HTTP/1.1 100'.length;
const INTERIM = /^HTTP\/1\.[01] 1\d\d$/;
/** What may still become the beginning of an interim response. */
const BEGUN = /^H(?:T(?:T(?:P(?:\/(?:1(?:\.(?:[01](?: (?:1\d?)?)?)?)?)?)?)?)?)?$/;

/** What of it is undici's to read; null while that cannot be told. */
function withoutContinue(reading: Reading, chunk: Buffer): Buffer | null {
  let rest = reading.held.length === 0 ? chunk : Buffer.concat([reading.held, chunk]);
  const passed: Buffer[] = [];
  while (rest.length > 0) {
    const start = rest.toString('latin1', 0, STATUS_LINE);
    const end = INTERIM.test(start) ? rest.indexOf('\r\n\r\n') : -1;
    if (end >= 0) {
      if (!start.endsWith('100')) passed.push(rest.subarray(0, end + 4));
      rest = rest.subarray(end + 4);
    } else if ((INTERIM.test(start) && rest.length <= LONGEST_HEAD) || BEGUN.test(start)) {
      break;
    } else {
      passed.push(rest);
      rest = NOTHING;
      reading.awaitsHead = false;
    }
  }
  reading.held = rest;
  if (passed.length <= 1) return passed[0] ?? null;
  return Buffer.concat(passed);
}
