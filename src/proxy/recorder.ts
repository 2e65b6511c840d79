/** Collects a response body while it is streamed, up to a bound. */
export interface Recorder {
  /** False once the body is larger than the bound: what was collected is dropped. */
  push(chunk: Uint8Array): boolean;
  /** The whole body in memory of its own, never a slice of a read buffer. */
  body(): Uint8Array;
}

/** `limit` in bytes. */
export function createRecorder(limit: number): Recorder {
  let chunks: Uint8Array[] = [];
  let size = 0;
  return {
    push(chunk) {
      size += chunk.byteLength;
      if (size > limit) {
        chunks = [];
        return false;
      }
      chunks.push(chunk);
      return true;
    },
    body() {
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
