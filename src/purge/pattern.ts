import { compileGlob, compileGlobStart } from './glob.ts';
import type { SelectorMarks } from './purge-mark.ts';
import type { Selector } from './selector.ts';

/** A prefix or glob, and what is known of its purges. */
export interface Pattern extends SelectorMarks {
  /** Whether it speaks of path and query, or of the URL with scheme and authority. */
  readonly relative: boolean;
  readonly matches: (text: string) => boolean;
  /** Whether a URL of this path matches, with whatever query. */
  readonly matchesSome: (path: string) => boolean;
}

export function compilePattern(selector: Extract<Selector, { kind: 'prefix' | 'glob' }>): Pattern {
  const marks = { hard: undefined, soft: undefined };
  if (selector.kind === 'prefix') {
    const { prefix } = selector;
    const matches = (url: string) => url.startsWith(prefix);
    return {
      ...marks,
      relative: prefix.startsWith('/'),
      matches,
      matchesSome: (path) => matches(path) || prefix.startsWith(`${path}?`),
    };
  }
  const { glob } = selector;
  const matches = compileGlob(glob);
  // Compiled where it is needed: few responses answer for many queries.
  let matchesStart: ((start: string) => boolean) | undefined;
  return {
    ...marks,
    relative: glob.startsWith('/'),
    matches,
    matchesSome(path) {
      if (matches(path)) return true;
      matchesStart ??= compileGlobStart(glob);
      return matchesStart(`${path}?`);
    },
  };
}
