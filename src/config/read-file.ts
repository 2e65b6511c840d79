import { closeSync, constants, fstatSync, openSync, readFileSync, readSync } from 'node:fs';

/** Bytes; a configuration of 1 MiB is refused by who reads it. */
const MOST = 8 * 1024 * 1024;
/** A pipe that has nothing yet is looked at again after this many ms. */
const AGAIN = 10;

/**
 * The text of a file, or of a pipe (`--config <(…)`), whose writer may take `patience` ms; never waits for longer, as a pipe
 * without a writer would have it. Throws what the system says, and where there is too much of it.
 */
export function readFile(path: string, patience: number): string {
  const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const stat = fstatSync(fd);
    if (stat.isDirectory()) throw Object.assign(new Error('it is a folder'), { code: 'EISDIR' });
    if (!stat.isFile()) return readPipe(fd, patience);
    if (stat.size > MOST) throw tooLarge();
    return readFileSync(fd, 'utf8');
  } finally {
    closeSync(fd);
  }
}

function readPipe(fd: number, patience: number): string {
  const bytes = Buffer.allocUnsafe(MOST + 1);
  let length = 0;
  for (let waited = 0; ; ) {
    try {
      const more = readSync(fd, bytes, length, bytes.length - length, null);
      if (more === 0) return bytes.toString('utf8', 0, length);
      length += more;
      if (length > MOST) throw tooLarge();
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
      if (waited >= patience) throw new Error('its writer does not write');
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, AGAIN);
      waited += AGAIN;
    }
  }
}

function tooLarge(): Error {
  return new Error('it is larger than 8 MiB – is it the right one?');
}
