import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { pipeline, Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { OperatorError } from '../errors.ts';

/** The name of standard input. */
export const STDIN = '-';

const GZIP = [0x1f, 0x8b];

/** What is told apart by its first bytes, but not unpacked here; and what does it. */
const PACKED: readonly (readonly [bytes: readonly number[], by: string])[] = [
  [[0x28, 0xb5, 0x2f, 0xfd], 'zstdcat'],
  [[0x42, 0x5a, 0x68], 'bzcat'],
  [[0xfd, 0x37, 0x7a, 0x58, 0x5a], 'xzcat'],
  [[0x50, 0x4b, 0x03, 0x04], 'unzip -p'],
];

const LONGEST_MAGIC = 5;

/**
 * The bytes of a file, or of standard input where it is called `-`, piece by piece; those of gzip are unpacked, whatever it
 * is called. Throws OperatorError where it cannot be read.
 */
export async function* openSource(
  name: string,
  stdin: Readable = process.stdin,
): AsyncGenerator<Buffer, void> {
  const raw = name === STDIN ? stdin : await openFile(name);
  try {
    const pieces = withWholeMagic(raw);
    const first = await pieces.next();
    if (first.done) return;
    const start = first.value;
    const packed = PACKED.find(([bytes]) => beginsWith(start, bytes));
    if (packed !== undefined) {
      throw new OperatorError(
        `${shownName(name)} is packed in a way that is not read here – use \`${packed[1]} FILE | cacheside … -\``,
      );
    }
    const rest = follow(start, pieces);
    yield* beginsWith(start, GZIP) ? unpacked(rest) : rest;
  } catch (error) {
    if (error instanceof OperatorError || !(error instanceof Error)) throw error;
    throw new OperatorError(`${shownName(name)} can't be read to its end: ${error.message}`);
  }
}

/** As it is called in a message. */
export function shownName(name: string): string {
  return name === STDIN ? 'standard input' : name;
}

async function openFile(name: string): Promise<Readable> {
  const found = await stat(name).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') throw new OperatorError(`there is no file ${name} – check the path`);
    if (error.code === 'EACCES') throw new OperatorError(`${name} may not be read – check its permissions`);
    throw new OperatorError(`${name} can't be read: ${error.message}`);
  });
  if (found.isDirectory()) throw new OperatorError(`${name} is a folder – name a file`);
  return createReadStream(name, { highWaterMark: 256 * 1024 });
}

/** The first piece long enough to be told apart, where there is as much: a pipe may give a byte at a time. */
async function* withWholeMagic(stream: Readable): AsyncGenerator<Buffer, void> {
  let start: Buffer | undefined = Buffer.alloc(0);
  for await (const piece of stream as AsyncIterable<Buffer | string>) {
    const bytes = typeof piece === 'string' ? Buffer.from(piece) : piece;
    if (start === undefined) {
      yield bytes;
      continue;
    }
    start = Buffer.concat([start, bytes]);
    if (start.length < LONGEST_MAGIC) continue;
    yield start;
    start = undefined;
  }
  if (start !== undefined && start.length > 0) yield start;
}

async function* follow(first: Buffer, rest: AsyncGenerator<Buffer, void>): AsyncGenerator<Buffer, void> {
  yield first;
  yield* rest;
}

/** Its errors come out where it is read. */
function unpacked(pieces: AsyncGenerator<Buffer, void>): AsyncIterable<Buffer> {
  return pipeline(Readable.from(pieces), createGunzip({ chunkSize: 256 * 1024 }), () => {});
}

function beginsWith(bytes: Buffer, magic: readonly number[]): boolean {
  return magic.every((byte, i) => bytes[i] === byte);
}
