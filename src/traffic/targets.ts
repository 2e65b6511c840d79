import type { TrafficFormat } from './formats.ts';
import type { Reading } from './reading.ts';
import { readTraffic } from './traffic.ts';

/** One URL to ask for. */
export interface Target {
  readonly method: string;
  /** Path and query. */
  readonly target: string;
  /** Host and port in lower case; undefined: none was named. */
  readonly authority: string | undefined;
}

/** Can be read once; `reading` tells what could not be read, as far as it has come. */
export interface Targets extends AsyncIterable<Target> {
  readonly reading: Reading;
}

/**
 * The URLs of a file, or of standard input where it is called `-`, in their order and as often as they come: a list of
 * paths or URLs, an access log, a sitemap; packed by gzip or not. Throws OperatorError while it is read, where it cannot
 * be. `describeReading` (./reading.ts) says what was left out.
 */
export function openTargets(source: string, format: TrafficFormat = 'auto'): Targets {
  const traffic = readTraffic([source], { format, unredacted: true });
  async function* read(): AsyncGenerator<Target, void> {
    for await (const requests of traffic) {
      for (const { method, target, authority } of requests) yield { method, target, authority };
    }
  }
  return { reading: traffic.reading, [Symbol.asyncIterator]: read };
}
