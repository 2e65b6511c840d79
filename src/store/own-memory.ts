/**
 * The same bytes in memory of their own. A small view into a pooled read buffer would keep all of
 * that buffer alive (64 KiB for a body of 200 bytes), uncounted; up to 1/8 and 1 KiB of slack is
 * cheaper to keep than to copy.
 */
export function ownMemory(bytes: Uint8Array): Uint8Array {
  const { byteLength } = bytes;
  if (bytes.buffer.byteLength <= byteLength + byteLength / 8 + 1024 && !isPooled(bytes)) return bytes;
  const own = Buffer.allocUnsafeSlow(byteLength);
  own.set(bytes);
  return own;
}

/** Small Buffers share an 8 KiB slab with whatever else was allocated at the time. */
function isPooled(bytes: Uint8Array): boolean {
  return bytes.buffer.byteLength === Buffer.poolSize && bytes.byteLength < Buffer.poolSize;
}
