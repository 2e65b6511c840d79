import { existsSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { StringDecoder } from 'node:string_decoder';
import { readCombinedLine } from './combined-line.ts';
import type { TrafficFormat } from './formats.ts';
import { readJsonLine } from './json-line.ts';
import { LONGEST_LINE, linesOf } from './lines.ts';
import { countUnreadable, newReading, type Reading, type ReadingCount } from './reading.ts';
import { createSitemapReader, type SitemapPiece } from './sitemap.ts';
import { openSource, STDIN } from './source.ts';
import { readTargetLine } from './target-line.ts';
import { type ReadLine, type TrafficRequest, unreadable } from './traffic-request.ts';

/** What the access log of Cacheside has in place of a secret (observe/redact.ts). */
const REDACTED = '=[redacted]';

/** The requests of files, as many at a time as come together; `reading` is true of what was taken so far. */
export interface Traffic extends AsyncIterable<readonly TrafficRequest[]> {
  readonly reading: Reading;
}

export interface ReadOptions {
  readonly format?: TrafficFormat;
  /** Whether a URL counts as unreadable in which whoever logged it replaced a secret: it was never asked for. */
  readonly unredacted?: boolean;
}

/**
 * Reads logs, lists of paths and sitemaps in this order; `-` is standard input. Bounded memory. Throws OperatorError while it
 * is read, where a file cannot be.
 */
export function readTraffic(names: readonly string[], options: ReadOptions = {}): Traffic {
  const reading = newReading();
  async function* read(): AsyncGenerator<readonly TrafficRequest[], void> {
    for (const name of names) yield* readOne(name, options, reading);
  }
  return { reading, [Symbol.asyncIterator]: read };
}

async function* readOne(
  name: string,
  options: ReadOptions,
  reading: ReadingCount,
): AsyncGenerator<readonly TrafficRequest[], void> {
  const { format = 'auto' } = options;
  const pieces = openSource(name);
  const first = await pieces.next();
  if (first.done) return;
  const isXml = format === 'sitemap' || (format === 'auto' && beginsAsXml(first.value));
  const all = withFirst(first.value, pieces);
  yield* isXml ? readSitemap(name, all, reading) : readLines(name, all, options, reading);
}

async function* withFirst(first: Buffer, rest: AsyncGenerator<Buffer, void>): AsyncGenerator<Buffer, void> {
  yield first;
  yield* rest;
}

function beginsAsXml(piece: Buffer): boolean {
  return piece
    .toString('utf8', 0, 1_024)
    .replace(/^\ufeff/, '')
    .trimStart()
    .startsWith('<');
}

async function* readLines(
  source: string,
  pieces: AsyncIterable<Buffer>,
  { format = 'auto', unredacted = false }: ReadOptions,
  reading: ReadingCount,
): AsyncGenerator<readonly TrafficRequest[], void> {
  let number = 0;
  for await (const lines of linesOf(pieces)) {
    const requests: TrafficRequest[] = [];
    for (const line of lines) {
      number++;
      reading.lines++;
      let read = readLine(line, format);
      if (unredacted && read.kind === 'request' && read.request.target.includes(REDACTED))
        read = unreadable('a value in it was left out when it was logged');
      if (read.kind === 'request') {
        reading.found[read.format]++;
        requests.push(read.request);
      } else if (read.kind === 'skipped') reading.skipped++;
      else countUnreadable(reading, { source, line: number, text: line, why: read.why });
    }
    if (requests.length > 0) yield requests;
  }
}

/** By its first character: nothing else begins like an object of JSON, or like a path. */
function readLine(line: string, format: TrafficFormat): ReadLine {
  if (line.length > LONGEST_LINE) return unreadable(`longer than ${LONGEST_LINE} characters`);
  const start = line.trimStart();
  if (start === '' || start.startsWith('#')) return { kind: 'skipped' };
  if (format === 'json') return readJsonLine(start);
  if (format === 'combined') return readCombinedLine(start);
  if (format === 'targets') return readTargetLine(start);
  if (start.startsWith('{')) return readJsonLine(start);
  return start.includes('] "') ? readCombinedLine(start) : readTargetLine(start);
}

/** Sitemaps that an index names are read where they stand beside it. */
async function* readSitemap(
  source: string,
  pieces: AsyncIterable<Buffer>,
  reading: ReadingCount,
  isNamedByIndex = false,
): AsyncGenerator<readonly TrafficRequest[], void> {
  const reader = createSitemapReader();
  const decoder = new StringDecoder('utf8');
  const beside: string[] = [];
  const take = (piece: SitemapPiece): readonly TrafficRequest[] => {
    reading.found.sitemap += piece.requests.length;
    for (const mistake of piece.unreadable) countUnreadable(reading, { source, ...mistake });
    for (const url of piece.sitemaps) {
      const file = isNamedByIndex ? undefined : fileBeside(source, url);
      if (file === undefined) reading.elsewhere.push(url);
      else beside.push(file);
    }
    return piece.requests;
  };
  for await (const piece of pieces) yield take(reader.read(decoder.write(piece)));
  yield take(reader.end());
  for (const file of beside) yield* readSitemap(file, openSource(file), reading, true);
}

/** The file that the last segment of a URL names, in the folder of the index; undefined where there is none. */
function fileBeside(index: string, url: string): string | undefined {
  const name = basename(url.replace(/[?#].*$/s, ''));
  if (index === STDIN || name === '' || name === '..' || name === '.') return undefined;
  const file = join(dirname(index), name);
  return existsSync(file) ? file : undefined;
}
