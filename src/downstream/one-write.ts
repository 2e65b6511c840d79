import type { Socket } from 'node:net';

/** Longer heads and bodies are not worth the copy; bytes. */
const LONGEST_HEAD = 8 * 1024;
const LONGEST_BODY = 16 * 1024;

/** Where answers are put together, one after the other: what a socket takes at once is the system's when `write` returns. */
let scratch = Buffer.allocUnsafeSlow(LONGEST_HEAD + LONGEST_BODY);

/**
 * Writes a head (latin1) and a whole body in one piece, which costs least; false, and nothing is written, where they are
 * too long for it, or would wait in a copy of their own.
 */
export function writeAsOne(socket: Socket, head: string, body: Uint8Array): boolean {
  if (head.length > LONGEST_HEAD || body.byteLength > LONGEST_BODY || socket.writableLength > 0) return false;
  const start = scratch.write(head, 'latin1');
  scratch.set(body, start);
  socket.write(scratch.subarray(0, start + body.byteLength));
  // Not all of it was taken.
  if (socket.writableLength > 0) scratch = Buffer.allocUnsafeSlow(LONGEST_HEAD + LONGEST_BODY);
  return true;
}
