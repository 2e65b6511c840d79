/** Bodies up to this many bytes leave in one write with their head; larger ones are not worth the copy. */
export const ONE_WRITE = 16 * 1024;

/** The bytes as a string of as many characters, to be joined with a head. */
export function latin1(bytes: Uint8Array): string {
  const buffer = Buffer.isBuffer(bytes)
    ? bytes
    : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return buffer.toString('latin1');
}
