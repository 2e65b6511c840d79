/** The validator of everything that the benchmark's upstream answers. */
export const ETAG = '"5f2b-18c9a7d4e10"';

const TEXT = Buffer.from('{"id":42,"name":"Walnut desk","category":"furniture"},');

/** Sizes of bodies in bytes; where they differ, each path has its own. */
export interface Sizes {
  readonly least: number;
  readonly most: number;
}

/**
 * The size of what `path` answers; bytes. The same each time, between the two bounds, small ones more
 * frequent than large ones (log-uniform), told from the number that the path ends with.
 */
export function sizeOf(path: string, { least, most }: Sizes): number {
  if (least === most) return least;
  const number = Number(/\d+$/.exec(path)?.[0] ?? 0);
  // Knuth's multiplicative hash spreads neighbours over the whole range.
  const share = (Math.imul(number, 2_654_435_761) >>> 0) / 2 ** 32;
  return Math.round(least * (most / least) ** share);
}

/** A body of so many bytes. */
export function bodyOf(size: number): Buffer {
  return Buffer.alloc(size, TEXT);
}

/** Head and body of a 200, or the head of a 304, as they are written. `date` is an IMF-fixdate. */
export function answerBytes(status: 200 | 304, size: number, cacheControl: string, date: string): Buffer {
  const shared = `ETag: ${ETAG}\r\nCache-Control: ${cacheControl}\r\nDate: ${date}\r\n`;
  if (status === 304) return Buffer.from(`HTTP/1.1 304 Not Modified\r\n${shared}\r\n`);
  const head = `HTTP/1.1 200 OK\r\nContent-Type: application/json; charset=utf-8\r\nContent-Length: ${size}\r\n${shared}\r\n`;
  return Buffer.concat([Buffer.from(head), bodyOf(size)]);
}
