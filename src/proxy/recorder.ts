/** Collects a response body while it is streamed, up to a bound. */
export interface Recorder {
  /** False once the body is larger than the bound: what was collected is dropped. */
  push(chunk: Uint8Array): boolean;
  /** Bytes so far. */
  size(): number;
  /** The whole body in memory of its own, never a slice of a read buffer. */
  body(): Uint8Array;
}

/** Chunks that are kept as they came, whatever their size. */
const FEW = 16;
/** Smaller ones beyond these are copied, lest a body of single bytes costs a hundred times its size; bytes. */
const SMALL = 4 * 1024;
const BLOCK = 16 * 1024;

/** `limit` in bytes. */
export function createRecorder(limit: number): Recorder {
  let chunks: Uint8Array[] = [];
  let size = 0;
  /** What of the last chunk is free, where that is a block for copies. */
  let room = 0;
  const copy = (chunk: Uint8Array): void => {
    let block = chunks.at(-1);
    if (block === undefined || room < chunk.byteLength) {
      trim();
      block = Buffer.allocUnsafeSlow(BLOCK);
      chunks.push(block);
      room = BLOCK;
    }
    block.set(chunk, BLOCK - room);
    room -= chunk.byteLength;
  };
  /** Leaves nothing but what was copied in the last block. */
  const trim = (): void => {
    const block = room > 0 ? chunks.pop() : undefined;
    if (block !== undefined) chunks.push(block.subarray(0, BLOCK - room));
    room = 0;
  };
  return {
    push(chunk) {
      size += chunk.byteLength;
      if (size > limit) {
        chunks = [];
        return false;
      }
      if (chunk.byteLength === 0) return true;
      if (chunks.length >= FEW && chunk.byteLength < SMALL) copy(chunk);
      else {
        if (room > 0) trim();
        chunks.push(chunk);
      }
      return true;
    },
    size: () => size,
    body() {
      if (room > 0) trim();
      const body = Buffer.allocUnsafeSlow(size);
      let offset = 0;
      for (const chunk of chunks) {
        body.set(chunk, offset);
        offset += chunk.byteLength;
      }
      return body;
    },
  };
}
