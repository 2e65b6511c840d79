import {
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type Pair,
  parseDocument,
  type Scalar,
  type YAMLMap,
} from 'yaml';
import { type Environment, interpolate } from './interpolation.ts';
import { shown } from './parsed.ts';
import { formatPath, type Path } from './problems.ts';

/** Aliases followed in one file, nested ones counted each time: what bounds an alias bomb. */
const MAX_ALIASES = 100;
const MAX_CHARACTERS = 1_048_576;

/** A problem with its place in the file, both from 1. */
export interface PlacedProblem {
  readonly line: number;
  readonly column: number;
  readonly path: string;
  readonly message: string;
}

/** A YAML file: its plain value, and where each part of it stands. */
export interface Document {
  /** Objects have no prototype. What had a problem of its own is left out. */
  readonly value: Record<string, unknown>;
  readonly problems: readonly PlacedProblem[];
  /** Whether the value is worth looking at: false after a syntax error. */
  readonly readable: boolean;
  /** The place of what stands at `path`, or of the nearest part around it. */
  locate(path: Path, part: 'key' | 'value'): { line: number; column: number };
}

/** Reads YAML 1.2, variables of `env` replaced in scalar values after parsing. Never throws. */
export function readDocument(text: string, env: Environment): Document {
  const lines = new LineCounter();
  const problems: PlacedProblem[] = [];
  const place = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(1, line), column: Math.max(1, col) };
  };
  const report = (offset: number, path: Path, message: string) => {
    problems.push({ ...place(offset), path: formatPath(path), message });
  };
  const unreadable = (message: string): Document => {
    report(0, [], message);
    return { value: {}, problems, readable: false, locate: () => place(0) };
  };

  if (text.length > MAX_CHARACTERS) return unreadable('the file is larger than 1 MiB – is it the right one?');
  const doc = readYaml(text, lines);
  if (doc === undefined) return unreadable('nested too deeply – is it the right file?');

  let readable = true;
  for (const error of [...doc.errors, ...doc.warnings]) {
    // An empty alias; told where the value is read, as every alias of nothing.
    if (error.code === 'BAD_ALIAS') continue;
    if (error.code === 'DUPLICATE_KEY') {
      const key = /^["']?([^\s:"']*)/.exec(text.slice(error.pos[0]))?.[1] ?? '';
      report(error.pos[0], [], `\`${key}\` stands twice in the same place – keep one of them`);
    } else {
      readable = false;
      const [offset] = error.pos;
      const message = error.code === 'MULTIPLE_DOCS' ? SECOND_DOCUMENT : missingSpace(text.slice(offset));
      report(offset, [], message ?? `not valid YAML: ${error.message} – correct the syntax here`);
    }
  }

  let aliases = 0;
  /** The maps and lists around what is being read. */
  const around = new Set<Node>();
  const follow = (node: Node | null | undefined): Node | undefined => {
    let target = node ?? undefined;
    for (let hops = 0; isAlias(target) && hops < MAX_ALIASES; hops++) target = target.resolve(doc);
    return target;
  };

  const scalarValue = (node: Scalar, path: Path, offset: number): unknown => {
    const { value } = node;
    if (value === null) {
      report(offset, path, 'has no value – give it one, or remove the key');
      return undefined;
    }
    if (typeof value !== 'string' || !value.includes('${')) return value;
    const result = interpolate(value, env);
    if ('problem' in result) {
      report(offset, path, result.problem);
      return undefined;
    }
    return node.type === 'PLAIN' ? plainValue(result.value) : result.value;
  };

  const plainOf = (node: Node | null | undefined, path: Path, parent: number): unknown => {
    const offset = node?.range?.[0] ?? parent;
    if (isAlias(node)) {
      if (++aliases > MAX_ALIASES) {
        if (aliases === MAX_ALIASES + 1)
          report(offset, path, `more than ${MAX_ALIASES} aliases – write the values out`);
        return undefined;
      }
      const target = follow(node);
      const written = `*${node.source}`;
      if (target === undefined) {
        report(
          offset,
          path,
          `${shown(written)} is an alias in YAML, and of nothing – quote it: '${written}'`,
        );
      } else if (around.has(target)) {
        report(offset, path, `${shown(written)} stands inside what it is an alias of – write the value out`);
        return undefined;
      }
      return plainOf(target, path, offset);
    }
    if (node?.tag !== undefined) {
      report(offset, path, `the tag ${shown(node.tag)} is not understood – write the value without it`);
      return undefined;
    }
    if (isScalar(node)) return scalarValue(node, path, offset);
    if (node === undefined || node === null) return undefined;
    around.add(node);
    let plain: unknown;
    if (isMap(node)) plain = plainMap(node, path, offset);
    else if (isSeq(node))
      plain = node.items.map((item, i) => plainOf(item as Node | null, [...path, i], offset));
    around.delete(node);
    return plain;
  };

  const plainMap = (node: YAMLMap, path: Path, offset: number): Record<string, unknown> => {
    const object: Record<string, unknown> = Object.create(null);
    for (const pair of node.items) {
      const key = keyOf(pair);
      const keyOffset = nodeOffset(pair.key) ?? offset;
      if (key === undefined) report(keyOffset, path, 'a key must be a plain word – write `key: value`');
      else if (key === '__proto__')
        report(keyOffset, [...path, key], `unknown key ${shown(key)} – remove it`);
      else if (pair.value === null) {
        const [name = ''] = key.split(':');
        report(
          keyOffset,
          [...path, name],
          missingSpace(key) ?? 'has no value – give it one, or remove the key',
        );
      } else {
        const value = plainOf(pair.value as Node, [...path, key], keyOffset);
        if (value !== undefined) object[key] = value;
      }
    }
    return object;
  };

  const root = follow(doc.contents);
  let value: Record<string, unknown> = {};
  if (readable && isMap(root)) value = plainOf(root, [], 0) as Record<string, unknown>;
  else if (readable && root !== undefined && !(isScalar(root) && root.value === null)) {
    return unreadable(
      missingSpace(isScalar(root) && root.value) ??
        'the file is not a list of keys and values – begin with `upstream: http://127.0.0.1:3000`',
    );
  }

  const locate = (path: Path, part: 'key' | 'value') => {
    let node = root;
    let offset = nodeOffset(root) ?? 0;
    for (const [depth, step] of path.entries()) {
      let next: Node | undefined;
      if (isMap(node)) {
        const pair = node.items.find((candidate) => keyOf(candidate) === String(step));
        if (pair === undefined) break;
        next = follow(pair.value as Node | null);
        const atKey =
          (part === 'key' && depth === path.length - 1) || !(isScalar(next) || isAlias(pair.value));
        offset = (atKey ? nodeOffset(pair.key) : nodeOffset(pair.value)) ?? offset;
      } else if (isSeq(node)) {
        const item = node.items[Number(step)] as Node | undefined;
        next = follow(item);
        offset = nodeOffset(item) ?? offset;
      }
      if (next === undefined) break;
      node = next;
    }
    return place(offset);
  };
  return { value, problems, readable, locate };
}

const SECOND_DOCUMENT = 'a second document begins here – keep one in a file, and no `---` between its parts';

/** The key of a text that begins with `key:value`, which YAML takes for one word. */
const GLUED = /^([A-Za-z][\w-]*):(?!\/\/|[\s,{}[\]]|$)/;

/** What to say of a value that lacks the space behind a colon; undefined for any other. It may be a secret. */
export function missingSpace(value: unknown): string | undefined {
  const key = typeof value === 'string' ? GLUED.exec(value)?.[1] : undefined;
  return key && `\`${key}:\` has no space behind its colon – write \`${key}: VALUE\``;
}

function readYaml(text: string, lineCounter: LineCounter) {
  try {
    return parseDocument(text, { lineCounter, prettyErrors: false, version: '1.2', logLevel: 'error' });
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/** What an unquoted scalar means once its variables are in: a number and a boolean become one. */
function plainValue(text: string): unknown {
  if (text === 'true') return true;
  if (text === 'false') return false;
  return /^-?(0|[1-9]\d{0,14})(\.\d{1,9})?$/.test(text) ? Number(text) : text;
}

/** Keys count as they are written: `404` is the text 404. */
function keyOf(pair: Pair): string | undefined {
  if (!isScalar(pair.key) || pair.key.value === null) return undefined;
  return pair.key.source ?? String(pair.key.value);
}

function nodeOffset(node: unknown): number | undefined {
  return (node as Node | null | undefined)?.range?.[0];
}
