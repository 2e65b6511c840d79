import { ownText } from '../own-text.ts';
import { isId, isMomentary, isPersonal, isPrefix, isSlug, isStaticFile } from './path-segment.ts';

/** What stands at one place of all paths that were asked for. */
export interface PathNode {
  /** Requests that end here. */
  here: number;
  /** Requests that end here or below. */
  all: number;
  readonly literals: Map<string, PathNode>;
  /** What stands for one thing among many. */
  param: PathNode | undefined;
  /** Requests for static files here. */
  files: number;
  /** Requests for what is deeper than is told apart. */
  deeper: number;
}

/** Segments that are told apart. */
const DEEPEST = 8;

/** Children of one place that are told apart while reading; beyond it is taken for a place of many things. */
const MOST_CHILDREN = 300;

/** Places that are told apart in all; what would be one more counts as deeper than that. */
const MOST_PLACES = 200_000;

/** Takes paths in, each of which begins with `/`. */
export interface PathTree {
  readonly root: PathNode;
  add(path: string): void;
}

export function createPathTree(): PathTree {
  const root = newPathNode();
  let places = 1;

  const childOf = (node: PathNode, segment: string): PathNode | undefined => {
    const isParam = isId(segment);
    const known = isParam ? node.param : node.literals.get(segment);
    if (known !== undefined) return known;
    if (!isParam && node.literals.size >= MOST_CHILDREN) {
      foldLiterals(node, () => true);
      if (!isWord(segment)) return childOf(node, SOME_ID);
    }
    if (places >= MOST_PLACES) return undefined;
    places++;
    const child = newPathNode();
    if (isParam) node.param = child;
    else node.literals.set(ownText(segment), child);
    return child;
  };

  return {
    root,
    add(path) {
      const segments = path === '/' ? [] : path.slice(1).split('/');
      let node = root;
      node.all++;
      for (const [i, segment] of segments.entries()) {
        const isLast = i === segments.length - 1;
        if (isLast && i > 0 && isStaticFile(segment)) {
          node.files++;
          return;
        }
        const child = i < DEEPEST ? childOf(node, segment) : undefined;
        if (child === undefined) {
          node.deeper++;
          return;
        }
        node = child;
        node.all++;
      }
      node.here++;
    },
  };
}

const SOME_ID = '0';

function newPathNode(): PathNode {
  return { here: 0, all: 0, literals: new Map(), param: undefined, files: 0, deeper: 0 };
}

/** So many different things beside each other are many of a kind; at the root there may be more. */
const MANY = 12;
const MANY_AT_ROOT = 40;
/** Fewer, where most are written like a title. */
const SOME = 4;

/** Folds what stands for one thing among many, in all of the tree. */
export function foldTree(node: PathNode, depth = 0): void {
  const open = [...node.literals].filter(([segment]) => !isWord(segment));
  const slugs = open.filter(([segment]) => isSlug(segment)).length;
  const isMany =
    open.length >= (depth === 0 ? MANY_AT_ROOT : MANY) && areAlike(open.map(([, child]) => child));
  const areTitles = depth > 0 && open.length >= SOME && slugs >= open.length * 0.8;
  if (isMany || areTitles) foldLiterals(node, () => true);
  else if (node.param !== undefined) foldLiterals(node, isSlug);
  for (const child of node.literals.values()) foldTree(child, depth + 1);
  if (node.param !== undefined) foldTree(node.param, depth + 1);
}

/** A word with a meaning of its own stays, wherever it stands. */
function isWord(segment: string): boolean {
  return isPersonal(segment) || isMomentary(segment) || isPrefix(segment) || WORDS.has(segment.toLowerCase());
}

const WORDS = new Set(['search', 'new', 'latest', 'popular', 'featured', 'random', 'count', 'export', 'all']);

function foldLiterals(node: PathNode, isFolded: (segment: string) => boolean): void {
  for (const [segment, child] of node.literals) {
    if (isWord(segment) || !isFolded(segment)) continue;
    node.literals.delete(segment);
    node.param = node.param === undefined ? child : merged(node.param, child);
  }
}

function merged(into: PathNode, other: PathNode): PathNode {
  into.here += other.here;
  into.all += other.all;
  into.files += other.files;
  into.deeper += other.deeper;
  for (const [segment, child] of other.literals) {
    const known = into.literals.get(segment);
    into.literals.set(segment, known === undefined ? child : merged(known, child));
  }
  if (other.param !== undefined)
    into.param = into.param === undefined ? other.param : merged(into.param, other.param);
  return into;
}

/** Resources differ in what stands below them; things of one kind have the same below, or nothing. */
function areAlike(children: readonly PathNode[]): boolean {
  const parents = children.filter(({ literals, param }) => literals.size > 0 || param !== undefined);
  if (parents.length < children.length / 4) return true;
  const counts = new Map<string, number>();
  for (const { literals } of parents)
    for (const segment of literals.keys()) counts.set(segment, (counts.get(segment) ?? 0) + 1);
  return Math.max(0, ...counts.values()) >= parents.length / 2;
}
