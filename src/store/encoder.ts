import * as zlib from 'node:zlib';
import type { Coding } from '../policy/content-coding.ts';
import { ownMemory } from './own-memory.ts';

/** Compresses bodies off the event loop, on the threads that Node keeps for that. */
export type Encode = (coding: Coding, body: Uint8Array) => Promise<Uint8Array>;

/** Beyond these levels the last few per cent cost several times the time (8 KiB of JSON: 0.2 ms here, 3 ms at Brotli's 9). */
const BROTLI_QUALITY = 6;
const GZIP_LEVEL = 6;
const ZSTD_LEVEL = 9;

type Done = (error: Error | null, coded: Buffer) => void;

/** The parts of node:zlib that Node 20 does not have. */
interface Zstd {
  zstdCompress?(body: Uint8Array, options: { params: Record<number, number> }, done: Done): void;
  readonly constants: { readonly ZSTD_c_compressionLevel?: number };
}

/** The body in a coding, in memory of its own. Rejects where Node knows no such coding, or has no memory for it. */
export const encode: Encode = (coding, body) =>
  new Promise((resolve, reject) => {
    start(coding, body, (error, coded) => (error === null ? resolve(ownMemory(coded)) : reject(error)));
  });

function start(coding: Coding, body: Uint8Array, done: Done): void {
  switch (coding) {
    case 'br':
      return zlib.brotliCompress(body, { params: brotliParams(body.byteLength) }, done);
    case 'gzip':
      return zlib.gzip(body, { level: GZIP_LEVEL }, done);
    case 'zstd': {
      const { zstdCompress, constants } = zlib as Zstd;
      const level = constants.ZSTD_c_compressionLevel;
      if (zstdCompress === undefined || level === undefined) throw new Error('This Node has no zstd.');
      return zstdCompress(body, { params: { [level]: ZSTD_LEVEL } }, done);
    }
    default:
      coding satisfies never;
  }
}

/** No window larger than the body: the encoder takes memory for it, and so does whoever decodes. */
function brotliParams(size: number): Record<number, number> {
  const { constants } = zlib;
  const { BROTLI_MIN_WINDOW_BITS: least, BROTLI_DEFAULT_WINDOW: most } = constants;
  const bits = Math.max(least, Math.min(most, Math.ceil(Math.log2(size + 16))));
  return {
    [constants.BROTLI_PARAM_QUALITY]: BROTLI_QUALITY,
    [constants.BROTLI_PARAM_LGWIN]: bits,
    [constants.BROTLI_PARAM_SIZE_HINT]: size,
  };
}
