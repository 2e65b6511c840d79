import { ownText } from '../own-text.ts';
import type { LineFormat } from './formats.ts';

/** What became of what was read, told to whoever asked for it: nothing is left out in silence. */
export interface Reading {
  /** Lines of logs and lists. */
  readonly lines: number;
  /** Requests found, by how they were written. */
  readonly found: Readonly<Record<LineFormat | 'sitemap', number>>;
  /** Empty lines, comments, lines that tell of no request. */
  readonly skipped: number;
  readonly unreadable: number;
  /** The first of the unreadable ones. */
  readonly examples: readonly Unreadable[];
  /** Sitemaps that an index names and that do not stand beside it. */
  readonly elsewhere: readonly string[];
}

export interface Unreadable {
  /** The file, or `-`. */
  readonly source: string;
  /** From 1. */
  readonly line: number;
  /** Its beginning. */
  readonly text: string;
  readonly why: string;
}

/** Counts what was read as it is read. */
export interface ReadingCount extends Reading {
  lines: number;
  readonly found: Record<LineFormat | 'sitemap', number>;
  skipped: number;
  unreadable: number;
  readonly examples: Unreadable[];
  readonly elsewhere: string[];
}

const MOST_EXAMPLES = 5;
const SHOWN = 120;

export function newReading(): ReadingCount {
  return {
    lines: 0,
    found: { targets: 0, combined: 0, json: 0, sitemap: 0 },
    skipped: 0,
    unreadable: 0,
    examples: [],
    elsewhere: [],
  };
}

export function countUnreadable(reading: ReadingCount, { source, line, text, why }: Unreadable): void {
  reading.unreadable++;
  if (reading.examples.length >= MOST_EXAMPLES) return;
  reading.examples.push({ source, line, text: ownText(text.slice(0, SHOWN)), why });
}

/** How many requests were found in all. */
export function requestsFound({ found }: Reading): number {
  return found.targets + found.combined + found.json + found.sitemap;
}

/** Terminals act on control characters. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these it is about
const CONTROL = /[\x00-\x1f\x7f-\x9f]/g;

/** The reading as lines for people; empty where all of it was read. */
export function describeReading(reading: Reading): string[] {
  const { unreadable, examples, elsewhere } = reading;
  const lines: string[] = [];
  if (unreadable > 0) {
    lines.push(`${unreadable} ${unreadable === 1 ? 'line' : 'lines'} could not be read:`);
    for (const { source, line, text, why } of examples) {
      const shown = text.replace(CONTROL, '·');
      lines.push(
        `  ${source === '-' ? 'line ' : `${source}:`}${line}: ${why}${shown === '' ? '' : `: ${shown}`}`,
      );
    }
    if (unreadable > examples.length) lines.push(`  … and ${unreadable - examples.length} more`);
  }
  if (elsewhere.length > 0) {
    lines.push(`${elsewhere.length} sitemaps of an index are not here and were not fetched:`);
    for (const url of elsewhere.slice(0, MOST_EXAMPLES)) lines.push(`  ${url.replace(CONTROL, '·')}`);
    if (elsewhere.length > MOST_EXAMPLES) lines.push(`  … and ${elsewhere.length - MOST_EXAMPLES} more`);
  }
  return lines;
}
