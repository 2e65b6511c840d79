import type { Target } from '../traffic/targets.ts';
import { CommandError } from './command-error.ts';

/** What is to be fetched, and what was left out of it. */
export interface WarmList {
  /** Paths, or URLs where a host is known; each once, what was asked for most first, else in the order of the file. */
  readonly paths: readonly string[];
  /** Requests of methods whose answers are not fetched in advance. */
  readonly otherMethods: number;
  /** Requests for URLs beyond those that are remembered. */
  readonly beyond: number;
}

export interface WarmListOptions {
  /** Instead of what the file names. */
  readonly host: string | undefined;
  readonly scheme: 'http' | 'https';
  /** At most so many. */
  readonly limit: number;
}

/** URLs that are told apart while a file is read. */
export const MOST_URLS = 1_000_000;

/** As in a Host field. */
const AUTHORITY = /^(?:[\w.-]+|\[[\da-f:.]+\])(?::\d{1,5})?$/i;

/** Reads all of it: how often a URL was asked for is known at the end. Throws a CommandError for options that do not fit. */
export async function warmList(targets: AsyncIterable<Target>, options: WarmListOptions): Promise<WarmList> {
  const counts = new Map<string, number>();
  let otherMethods = 0;
  let beyond = 0;
  if (options.host !== undefined && !AUTHORITY.test(options.host))
    throw new CommandError('--host: write it as in a Host field: shop.example, or shop.example:8443', 2);
  for await (const { method, target, authority } of targets) {
    if (method !== 'GET' && method !== 'HEAD') {
      otherMethods++;
      continue;
    }
    const host = options.host ?? authority;
    if (host === undefined && options.scheme === 'https')
      throw new CommandError(
        '--scheme https: of paths the host has to be known, too – name it with --host',
        2,
      );
    const path = host === undefined ? target : `${options.scheme}://${host}${target}`;
    const before = counts.get(path);
    if (before === undefined && counts.size >= MOST_URLS) beyond++;
    else counts.set(path, (before ?? 0) + 1);
  }
  const byCount = [...counts].sort(([, a], [, b]) => b - a);
  return { paths: byCount.slice(0, options.limit).map(([path]) => path), otherMethods, beyond };
}
