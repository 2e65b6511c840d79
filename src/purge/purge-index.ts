import type { Purgeable } from '../policy/stored-response.ts';
import { pathAndQuery, pathOf } from './effective-url.ts';
import { type PurgeIndexSnapshot, patternMarks, patternsOf } from './index-snapshot.ts';
import { compilePattern, type Pattern } from './pattern.ts';
import { type Blame, blame } from './purge-blame.ts';
import { absorbMark, confirmMark, isAfter, newMark, type SelectorMarks } from './purge-mark.ts';
import { type Purge, type PurgeVerdict, type Selector, selectorName } from './selector.ts';
import { isSharedPosition } from './stream-id.ts';

/**
 * What has been purged, by two clocks. The *position* is the log's and means the same at every
 * sidecar; the *serial* counts the purges applied in this process, however they came. A response in
 * memory is judged by serial, one just read from Redis (`heard` -1) by position. No wall clock is read.
 */
export interface PurgeIndex {
  /** Grows with every purge applied here. `stored.heard === index.serial` is all a hit has to ask. */
  readonly serial: number;
  /**
   * Applies one purge; `position` is Infinity while the log has not confirmed it. Idempotent by
   * position: the newest purge of a selector applied again under its position changes nothing.
   * Returns the serial under which it counts.
   */
  apply(purge: Purge, position: number): number;
  /**
   * The log took, at `position`, the purge that `apply` counted under `serial` (0: some application
   * before). Touches nothing that was fetched meanwhile.
   */
  confirm(purge: Purge, position: number, serial: number): void;
  /** Everything fetched so far, and everything stored as of a position before this one, is purged. */
  raiseFloor(position: number): void;
  /** The same of what is read from Redis alone. */
  raiseStoredFloor(position: number): void;
  /** Remembers in `stored.heard` that it was found valid. */
  verdict(stored: Purgeable): PurgeVerdict;
  /** The purge that a verdict other than `valid` is for, a hard one first; of several of one kind the newest. Touches nothing. */
  blame(stored: Purgeable): Blame | undefined;
  /** What a response carries as `heard`; to be taken before its upstream request is sent. */
  heardNow(): number;
  stats(): PurgeIndexStats;
  /** What an index of another process begins with, so that it judges as this one does. A copy. */
  snapshot(): PurgeIndexSnapshot;
}

export interface PurgeIndexStats {
  readonly selectors: number;
  readonly patterns: number;
  readonly serial: number;
  /** Everything stored as of an earlier position counts as purged; 0: no such floor. */
  readonly floor: number;
}

export interface PurgeIndexOptions {
  /** How many URLs, tags and routes are told apart; beside them, as many paths. */
  readonly maxSelectors?: number;
  /** How many prefixes and globs are told apart. */
  readonly maxPatterns?: number;
  /** What another index knew; it is this one's from now on. */
  readonly from?: PurgeIndexSnapshot;
}

/**
 * An index that knows nothing. Over its bounds the selectors purged longest ago are forgotten into
 * the purges of everything: more misses, never a stale answer.
 */
export function createPurgeIndex(options: PurgeIndexOptions = {}): PurgeIndex {
  const { maxSelectors = 100_000, maxPatterns = 1_000, from } = options;
  // Each in the order of its newest purge, oldest first.
  const exact = new Map<string, SelectorMarks>(from?.exact);
  /** By URL without its query: the purges of any URL of that path. */
  const paths = new Map<string, SelectorMarks>(from?.paths);
  const patterns = from === undefined ? new Map<string, Pattern>() : patternsOf(from.patterns);
  /** Purges of everything; the hard one is the floor as well. */
  const everything = from?.everything ?? { hard: newMark(), soft: newMark() };
  let serial = from?.serial ?? 0;
  /** Serial of the newest hard purge of everything that is in the log: it covers all before it. */
  let settled = from?.settled ?? 0;

  function known(selector: Selector): SelectorMarks | undefined {
    if (selector.kind === 'all') return everything;
    return exact.get(selectorName(selector)) ?? patterns.get(selectorName(selector));
  }

  /** The marks of a selector, moved to the young end. */
  function renew(selector: Selector): SelectorMarks {
    if (selector.kind === 'all') return everything;
    const name = selectorName(selector);
    if (selector.kind !== 'prefix' && selector.kind !== 'glob') return renewIn(exact, name);
    const pattern = patterns.get(name) ?? compilePattern(selector);
    patterns.delete(name);
    patterns.set(name, pattern);
    forgetOldest(patterns, Math.max(1, maxPatterns));
    return pattern;
  }

  function renewIn(marked: Map<string, SelectorMarks>, name: string): SelectorMarks {
    const marks = marked.get(name) ?? { hard: undefined, soft: undefined };
    marked.delete(name);
    marked.set(name, marks);
    forgetOldest(marked, Math.max(1, maxSelectors));
    return marks;
  }

  /** In batches of a hundredth, since deleting the oldest key of a large Map costs a scan. */
  function forgetOldest(marked: Map<string, SelectorMarks>, bound: number): void {
    if (marked.size <= bound) return;
    let batch = Math.ceil(bound / 100);
    for (const [name, { hard, soft }] of marked) {
      if (batch-- === 0) break;
      if (hard !== undefined) absorbMark(everything.hard, hard);
      if (soft !== undefined) absorbMark(everything.soft, soft);
      marked.delete(name);
    }
  }

  function judge(stored: Purgeable): PurgeVerdict {
    let soft = false;
    const isHard = (marks: SelectorMarks | undefined): boolean => {
      if (marks === undefined) return false;
      soft ||= isAfter(marks.soft, stored, settled);
      return isAfter(marks.hard, stored, settled);
    };
    const target = pathAndQuery(stored.url);
    if (isHard(everything)) return 'hard';
    if (isHard(exact.get(`url:${stored.url}`)) || isHard(exact.get(`url:${target}`))) return 'hard';
    // It answers for other queries of its path as well, and nobody here knows which they are.
    const isForMany = stored.search !== '';
    if (isForMany && (isHard(paths.get(pathOf(stored.url))) || isHard(paths.get(pathOf(target)))))
      return 'hard';
    for (const tag of stored.tags) if (isHard(exact.get(`tag:${tag}`))) return 'hard';
    if (isHard(exact.get(`route:${stored.route}`))) return 'hard';
    for (const pattern of patterns.values()) {
      const { hard: hardMark, soft: softMark } = pattern;
      if (!isAfter(hardMark, stored, settled) && !isAfter(softMark, stored, settled)) continue;
      const url = pattern.relative ? target : stored.url;
      const isMeant = pattern.matches(url) || (isForMany && pattern.matchesSome(pathOf(url)));
      if (isMeant && isHard(pattern)) return 'hard';
    }
    return soft ? 'soft' : 'valid';
  }

  function raiseStoredFloor(position: number): void {
    everything.hard.position = Math.max(everything.hard.position, position);
  }

  return {
    get serial() {
      return serial;
    },
    apply(purge, position) {
      const before = known(purge.selector)?.[softness(purge)];
      if (before?.position === position && !isSharedPosition(position)) return before.serial;
      serial++;
      setMark(renew(purge.selector), purge, position, serial);
      const { selector } = purge;
      if (selector.kind === 'url') setMark(renewIn(paths, pathOf(selector.url)), purge, position, serial);
      return serial;
    },
    confirm(purge, position, ofSerial) {
      if (purge.selector.kind === 'all' && !purge.soft) settled = Math.max(settled, ofSerial);
      // What was forgotten meanwhile lives on in the purges of everything.
      confirmMark(
        known(purge.selector)?.[softness(purge)] ?? everything[softness(purge)],
        position,
        ofSerial,
      );
      const { selector } = purge;
      // A later purge of another URL of the path covers this one: what is stored as of its position
      // was fetched after both.
      const ofPath = selector.kind === 'url' ? paths.get(pathOf(selector.url))?.[softness(purge)] : undefined;
      if (ofPath !== undefined) confirmMark(ofPath, position, ofSerial);
      // A forgotten pending purge is covered once any later one has a position: whatever is stored as
      // of that position was fetched after both.
      for (const mark of [everything.hard, everything.soft]) {
        if (mark.pending !== 0 && mark.pending <= ofSerial) confirmMark(mark, position, ofSerial);
      }
    },
    raiseFloor(position) {
      serial++;
      everything.hard.serial = serial;
      raiseStoredFloor(position);
    },
    raiseStoredFloor,
    verdict(stored) {
      if (stored.heard === serial) return 'valid';
      const verdict = judge(stored);
      if (verdict === 'valid') stored.heard = serial;
      return verdict;
    },
    blame: (stored) => blame(stored, { exact, paths, patterns, everything, settled }),
    heardNow: () => serial,
    stats: () => ({
      selectors: exact.size,
      patterns: patterns.size,
      serial,
      floor: Math.max(0, everything.hard.position),
    }),
    snapshot: () =>
      structuredClone({ exact, paths, patterns: patternMarks(patterns), everything, serial, settled }),
  };
}

function softness(purge: Purge): 'hard' | 'soft' {
  return purge.soft ? 'soft' : 'hard';
}

function setMark(marks: SelectorMarks, purge: Purge, position: number, serial: number): void {
  const mark = marks[softness(purge)] ?? newMark();
  marks[softness(purge)] = mark;
  mark.serial = serial;
  if (position === Number.POSITIVE_INFINITY) mark.pending = serial;
  else mark.position = Math.max(mark.position, position);
}
