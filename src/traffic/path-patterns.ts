import { isPrefix, singular } from './path-segment.ts';
import type { PathNode } from './path-tree.ts';

/** What many paths have in common, as a route matches it. */
export interface PathPattern {
  /** `/products/:id`, `/assets/*`. */
  readonly pattern: string;
  /** Literals and `:params`, without the star. */
  readonly segments: readonly string[];
  readonly isTail: boolean;
  readonly requests: number;
}

/** Below this many requests, and this share of all, nothing can be said of a pattern. */
const LEAST = 5;
const LEAST_SHARE = 0.0005;

/** The patterns of a folded tree in which each is matched before one that would take its place. */
export function patternsOf(root: PathNode): PathPattern[] {
  const least = Math.max(LEAST, root.all * LEAST_SHARE);
  const found: PathPattern[] = [];
  collect(root, [], least, found);
  return found.sort(bySpecificity);
}

function collect(node: PathNode, segments: readonly string[], least: number, found: PathPattern[]): void {
  const path = `/${segments.join('/')}`;
  if (segments.length > 0 && filesIn(node) === node.all && node.all >= least) {
    found.push({ pattern: `${path}/*`, segments, isTail: true, requests: node.all });
    return;
  }
  if (node.here >= least) found.push({ pattern: path, segments, isTail: false, requests: node.here });
  const tail = node.files + node.deeper;
  if (tail >= least && segments.length > 0)
    found.push({ pattern: `${path}/*`, segments, isTail: true, requests: tail });
  for (const [segment, child] of node.literals)
    if (isWritable(segment)) collect(child, [...segments, segment], least, found);
  if (node.param !== undefined) collect(node.param, [...segments, paramName(segments)], least, found);
}

function filesIn(node: PathNode): number {
  let files = node.files + (node.param === undefined ? 0 : filesIn(node.param));
  for (const child of node.literals.values()) files += filesIn(child);
  return files;
}

/** What a pattern can hold as it is: no star and no colon of its own (config/route-match.ts). */
function isWritable(segment: string): boolean {
  return (
    segment !== '' && /^[A-Za-z0-9\-._~!$&'()+,=@%]+$/.test(segment) && !/%(?![0-9A-F]{2})/.test(segment)
  );
}

/** `:id`, and behind another parameter with the name of what it stands for. */
function paramName(segments: readonly string[]): string {
  if (!segments.some((segment) => segment.startsWith(':'))) return ':id';
  const thing = segments.findLast((segment) => !segment.startsWith(':') && !isPrefix(segment)) ?? '';
  const word = singular(thing).replace(/[^A-Za-z0-9]+(.?)/g, (_, next: string) => next.toUpperCase());
  const name = /^[A-Za-z]/.test(word) ? `:${word}Id` : ':id';
  if (!segments.includes(name)) return name;
  return `:${segments.length}`.replace(':', ':p');
}

/** A literal before a parameter, at the first place where they differ; what takes all the rest comes last. */
function bySpecificity(a: PathPattern, b: PathPattern): number {
  for (let i = 0; i < Math.max(a.segments.length, b.segments.length); i++) {
    const rank = rankOf(a, i) - rankOf(b, i);
    if (rank !== 0) return rank;
    const [mine = '', other = ''] = [a.segments[i], b.segments[i]];
    if (mine !== other) return mine < other ? -1 : 1;
  }
  return Number(a.isTail) - Number(b.isTail);
}

function rankOf({ segments, isTail }: PathPattern, at: number): number {
  const segment = segments[at];
  if (segment === undefined) return isTail ? 3 : 0;
  return segment.startsWith(':') ? 2 : 1;
}
