import type { Purgeable } from '../policy/stored-response.ts';
import { pathAndQuery, pathOf } from './effective-url.ts';
import type { Pattern } from './pattern.ts';
import { isAfter, type PurgeMark, type SelectorMarks } from './purge-mark.ts';

/** A purge that has taken a stored response out of use. */
export interface Blame {
  readonly kind: 'hard' | 'soft';
  /** As `selectorName` has it; `all`, too, for what is no longer told apart. */
  readonly selector: string;
  /** In the log; undefined: it is not in there yet. */
  readonly position: number | undefined;
}

/** What a purge index knows. */
interface Known {
  readonly exact: ReadonlyMap<string, SelectorMarks>;
  readonly paths: ReadonlyMap<string, SelectorMarks>;
  readonly patterns: ReadonlyMap<string, Pattern>;
  readonly everything: { readonly hard: PurgeMark; readonly soft: PurgeMark };
  readonly settled: number;
}

/** The same question as the index's verdict, asked at leisure: which purge it was. */
export function blame(stored: Purgeable, known: Known): Blame | undefined {
  let found: { readonly blame: Blame; readonly serial: number } | undefined;
  for (const [selector, marks] of marksOf(stored, known)) {
    for (const kind of ['hard', 'soft'] as const) {
      const mark = marks[kind];
      if (mark === undefined || !isAfter(mark, stored, known.settled)) continue;
      const isBetter =
        found === undefined || (kind === found.blame.kind ? mark.serial > found.serial : kind === 'hard');
      const isPending = mark.pending > 0 || mark.position < 0;
      const position = isPending ? undefined : mark.position;
      if (isBetter) found = { blame: { kind, selector, position }, serial: mark.serial };
    }
  }
  return found?.blame;
}

/** All that may name it, each with the name of its selector. */
function* marksOf(stored: Purgeable, known: Known): Generator<readonly [string, SelectorMarks]> {
  const { exact, paths, patterns, everything } = known;
  const target = pathAndQuery(stored.url);
  const names = [`url:${stored.url}`, `url:${target}`, ...stored.tags.map((tag) => `tag:${tag}`)];
  for (const name of [...names, `route:${stored.route}`]) {
    const marks = exact.get(name);
    if (marks !== undefined) yield [name, marks];
  }
  const isForMany = stored.search !== '';
  for (const path of isForMany ? [pathOf(stored.url), pathOf(target)] : []) {
    const marks = paths.get(path);
    if (marks !== undefined) yield [`url:${path}`, marks];
  }
  for (const [name, pattern] of patterns) {
    const url = pattern.relative ? target : stored.url;
    if (pattern.matches(url) || (isForMany && pattern.matchesSome(pathOf(url)))) yield [name, pattern];
  }
  yield ['all', everything];
}
