import { readdirSync, readFileSync } from 'node:fs';
import { join, posix, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';

const SRC = fileURLToPath(new URL('../src', import.meta.url));

/** Longer files are named in the output; they do not fail. */
const LONG_FILE = 250;

const FORBIDDEN_NAMES = new Set(['utils', 'util', 'helpers', 'helper', 'common', 'types', 'misc']);

/** What a file of one folder may import beside its own folder; `types` by `import type` alone. */
interface Arrows {
  readonly any: readonly string[];
  readonly types?: readonly string[];
}

/** A name without `.ts` is a folder; a single file of one is named where its functions are pure. */
const ARROWS: Readonly<Record<string, Arrows>> = {
  policy: { any: [] },
  store: { any: ['policy'] },
  purge: { any: ['policy'] },
  observe: { any: ['policy'] },
  proxy: {
    any: ['policy', 'purge/selector.ts'],
    types: ['store', 'purge', 'observe'],
  },
  downstream: { any: ['policy', 'proxy'] },
  upstream: { any: ['policy'], types: ['proxy'] },
  admin: {
    any: [
      'policy',
      'purge/selector.ts',
      'observe/audit.ts',
      'observe/redact.ts',
      'observe/outcome-word.ts',
      'observe/stats-window.ts',
    ],
    types: ['store', 'purge', 'observe'],
  },
  explain: {
    any: [
      'policy',
      'proxy',
      'downstream/request-head.ts',
      'store/lookup.ts',
      'store/stored-size.ts',
      'store/tiered-store.ts',
      'observe/detail-meaning.ts',
      'observe/outcome-word.ts',
      'observe/redact.ts',
      'config/duration.ts',
    ],
    types: ['admin', 'store', 'purge', 'observe'],
  },
  dashboard: { any: [], types: ['admin', 'observe', 'purge'] },
  config: { any: ['policy'] },
  workers: {
    any: ['policy', 'observe', 'purge/arrivals.ts', 'purge/selector.ts'],
    types: ['store', 'purge', 'config', 'admin/explanation.ts'],
  },
  traffic: {
    any: [
      'policy',
      'config',
      'proxy/route-table.ts',
      'proxy/settle.ts',
      'proxy/stored-target.ts',
      'purge/purge-index.ts',
      'store',
      'observe/redact.ts',
    ],
    types: ['purge'],
  },
  cli: {
    any: [
      'app.ts',
      'app/uncaught.ts',
      'config',
      'observe/audit.ts',
      'observe/logger.ts',
      'observe/log-sink.ts',
      'traffic',
    ],
    types: ['policy', 'purge', 'observe', 'admin'],
  },
};

/** The one package that policy reads with: pure functions over text. */
const PARSER = 'structured-headers';

/** Single files beside the rooms: open to every room but policy, and importing nothing of them. */
const OPEN = [
  'address.ts',
  'circuit-breaker.ts',
  'clock.ts',
  'errors.ts',
  'own-text.ts',
  'problem.ts',
  'redis-client.ts',
  'redis-url.ts',
  'sliding-share.ts',
  'suggestion.ts',
  'version.ts',
  'two-spans.ts',
];

interface SourceFile {
  /** Below src, with `/`. */
  readonly path: string;
  readonly text: string;
}

interface Import {
  readonly from: string;
  readonly typeOnly: boolean;
}

const COMMENT_OR_LITERAL = new RegExp(
  [
    String.raw`(?<comment>\/\/[^\n]*|\/\*[\s\S]*?\*\/)`,
    String.raw`(?<string>'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*")`,
    String.raw`(?<template>\`(?:\\[\s\S]|[^\`\\])*\`)`,
    String.raw`(?<regexp>(?<=(?:[(=,:[!&|?{};>]|\breturn)\s*)\/(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n[])+\/[a-z]*)`,
  ].join('|'),
  'g',
);

/** The text without comments and regular expressions; `strings: 'blank'` empties string literals too. */
function codeOf(text: string, strings: 'keep' | 'blank'): string {
  return text.replace(COMMENT_OR_LITERAL, (match, ...rest) => {
    const { comment, regexp, string } = rest.at(-1) as Record<string, string | undefined>;
    if (comment !== undefined) return ' ';
    if (regexp !== undefined) return '/x/';
    if (string !== undefined && strings === 'blank') return "''";
    return match;
  });
}

/** Every module a file names: import and export … from, side-effect, `import()`, `import('…').Type`. */
function importsOf(text: string): Import[] {
  const code = codeOf(text, 'keep');
  const found: Import[] = [];
  const statement = /\b(?:import|export)\b(?<what>[^'"`;()]*?)\bfrom\s*['"](?<from>[^'"]+)['"]/g;
  for (const match of code.matchAll(statement)) {
    const { what = '', from = '' } = match.groups ?? {};
    const members = /^\{([^}]*)\}$/
      .exec(what.trim())?.[1]
      ?.split(',')
      .filter((member) => member.trim() !== '');
    const typeOnly =
      /^type\s+[^\s,]/.test(what.trim()) || members?.every((member) => /^\s*type\s/.test(member));
    found.push({ from, typeOnly: typeOnly ?? false });
  }
  for (const match of code.matchAll(/\bimport\s*\(?\s*['"`](?<from>[^'"`]+)['"`]/g)) {
    const { from = '' } = match.groups ?? {};
    found.push({ from, typeOnly: false });
  }
  return found;
}

/** Everything in `files` that breaks the rules of the house, one sentence each. */
function findFaults(files: readonly SourceFile[]): string[] {
  return files.flatMap(({ path, text }) => [
    ...misnamed(path),
    ...wrongArrows(path, text),
    ...impurities(path, text),
  ]);
}

function misnamed(path: string): string[] {
  const wrong = path.split('/').find((part) => FORBIDDEN_NAMES.has(part.replace(/\.ts$/, '')));
  return wrong === undefined ? [] : [`${path}: "${wrong}" is not the name of one noun`];
}

function wrongArrows(path: string, text: string): string[] {
  const room = path.split('/', 1).join('');
  if (room === 'app.ts' || room === 'app') return [];
  const arrows: Arrows | undefined = OPEN.includes(room) ? { any: [] } : ARROWS[room];
  if (arrows === undefined) return [`${path}: is in no room of the house`];
  const faults: string[] = [];
  for (const { from, typeOnly } of importsOf(text)) {
    if (!from.startsWith('.')) {
      if (room === 'dashboard' && !path.endsWith('.d.ts') && !typeOnly)
        faults.push(`${path}: a browser finds no package "${from}"`);
      if (room === 'policy' && from !== PARSER) faults.push(`${path}: policy imports "${from}"`);
      continue;
    }
    const target = posix.join(posix.dirname(path), from);
    const inRoom = (allowed: string) => target === allowed || target.startsWith(`${allowed}/`);
    if (inRoom(room) || arrows.any.some(inRoom)) continue;
    if (OPEN.includes(target) && room !== 'policy' && !OPEN.includes(room)) continue;
    if (!arrows.types?.some(inRoom)) faults.push(`${path}: imports ${target}`);
    else if (!typeOnly) faults.push(`${path}: imports more than types of ${target}`);
  }
  return faults;
}

/** Ways to a clock, to chance or to the outside. `Date.UTC`, `Date.parse` and dates of a given time are pure. */
const IMPURE =
  /(?<![.\w$])(?:(?:performance|process|globalThis|setTimeout|setInterval|setImmediate|fetch|console)\b|Math\.random\b|new\s+Date\b(?!\s*\(\s*[^\s)])|Date\b(?!\s*\.\s*(?:UTC|parse)\b)(?<!new\s+Date))/g;

function impurities(path: string, text: string): string[] {
  if (!path.startsWith('policy/')) return [];
  return [...codeOf(text, 'blank').matchAll(IMPURE)].map(([word]) => `${path}: policy uses ${word}`);
}

t.test('src keeps the rules of the house', async (t) => {
  const files = readdirSync(SRC, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => join(entry.parentPath, entry.name))
    .map((path) => ({ path: relative(SRC, path).replaceAll('\\', '/'), text: readFileSync(path, 'utf8') }));
  t.ok(files.length > 20, 'src was found');
  t.same(findFaults(files), []);
  for (const { path, text } of files) {
    const lines = text.split('\n').length - 1;
    if (lines > LONG_FILE) t.comment(`${path} has ${lines} lines`);
  }
});

for (const { id, path, text, expect } of [
  { id: 'store knows proxy', path: 'store/a.ts', text: "import { p } from '../proxy/p.ts';", expect: 1 },
  {
    id: 'store knows types of proxy',
    path: 'store/a.ts',
    text: "import type { P } from '../proxy/p.ts';",
    expect: 1,
  },
  {
    id: 'policy knows the clock',
    path: 'policy/a.ts',
    text: "import type { Clock } from '../clock.ts';",
    expect: 1,
  },
  { id: 'policy knows errors', path: 'policy/a.ts', text: "export * from '../errors.ts';", expect: 1 },
  {
    id: 'policy knows node',
    path: 'policy/a.ts',
    text: "import { createHash } from 'node:crypto';",
    expect: 1,
  },
  { id: 'policy knows a package', path: 'policy/a.ts', text: "import 'undici';", expect: 1 },
  { id: 'policy loads a module', path: 'policy/a.ts', text: "const a = await import('node:fs');", expect: 1 },
  { id: 'a type by import()', path: 'policy/a.ts', text: "type F = import('node:fs').Stats;", expect: 1 },
  {
    id: 'an import over lines',
    path: 'store/a.ts',
    text: "import {\n  a, // one\n  b,\n} from '../app.ts';",
    expect: 1,
  },
  { id: 'a re-export', path: 'config/a.ts', text: "export { a } from '../store/a.ts';", expect: 1 },
  {
    id: 'a value of a port',
    path: 'proxy/a.ts',
    text: "import { a } from '../store/memory-tier.ts';",
    expect: 1,
  },
  {
    id: 'a value among types',
    path: 'proxy/a.ts',
    text: "import { type A, a } from '../store/a.ts';",
    expect: 1,
  },
  { id: 'a default named type', path: 'proxy/a.ts', text: "import type from '../store/a.ts';", expect: 1 },
  { id: 'cli knows the store', path: 'cli/a.ts', text: "import type { A } from '../store/a.ts';", expect: 1 },
  {
    id: 'errors know a folder',
    path: 'errors.ts',
    text: "import type { A } from './policy/a.ts';",
    expect: 1,
  },
  { id: 'an unknown folder', path: 'shared/a.ts', text: '', expect: 1 },
  { id: 'a file of no noun', path: 'store/utils.ts', text: '', expect: 1 },
  { id: 'a folder of no noun', path: 'proxy/helpers/a.ts', text: '', expect: 1 },
  { id: 'Date.now', path: 'policy/a.ts', text: 'const a = Date.now();', expect: 1 },
  { id: 'Date handed on', path: 'policy/a.ts', text: 'const { now } = Date;', expect: 1 },
  { id: 'performance', path: 'policy/a.ts', text: 'const a = performance.now();', expect: 1 },
  { id: 'the present as a Date', path: 'policy/a.ts', text: 'const a = new Date( );', expect: 1 },
  { id: 'Date without parentheses', path: 'policy/a.ts', text: 'const a = new Date;', expect: 1 },
  { id: 'the environment', path: 'policy/a.ts', text: "const a = process.env['A'];", expect: 1 },
  { id: 'chance', path: 'policy/a.ts', text: 'const a = Math.random();', expect: 1 },
  { id: 'behind a regular expression', path: 'policy/a.ts', text: "const a = /'/; Date.now();", expect: 1 },
  { id: 'behind a URL', path: 'policy/a.ts', text: "const a = 'http://x'; Date.now();", expect: 1 },
  { id: 'a date of a given time', path: 'policy/a.ts', text: 'new Date(now).toUTCString();', expect: 0 },
  {
    id: 'a date made of numbers',
    path: 'policy/a.ts',
    text: 'Date.UTC(2026, 1) + Date.parse(text);',
    expect: 0,
  },
  { id: 'words in comments', path: 'policy/a.ts', text: "// Date.now\n/* import 'x' */", expect: 0 },
  { id: 'words in strings', path: 'policy/a.ts', text: "const a = 'process';", expect: 0 },
  { id: 'a property called process', path: 'policy/a.ts', text: 'rule.process === 1;', expect: 0 },
  {
    id: 'types of a port',
    path: 'proxy/a.ts',
    text: "import type { A } from '../store/ports.ts';",
    expect: 0,
  },
  {
    id: 'types by member',
    path: 'proxy/a.ts',
    text: "import { type A } from '../store/ports.ts';",
    expect: 0,
  },
  { id: 'selectors', path: 'admin/a.ts', text: "import { a } from '../purge/selector.ts';", expect: 0 },
  { id: 'its own folder', path: 'store/a.ts', text: "import { b } from './b.ts';", expect: 0 },
  { id: 'a package', path: 'store/a.ts', text: "import { Redis } from 'ioredis';", expect: 0 },
  { id: 'app knows everyone', path: 'app.ts', text: "import { a } from './store/a.ts';", expect: 0 },
]) {
  t.test(`${expect === 0 ? 'accepts' : 'notices'}: ${id}`, async (t) => {
    const faults = findFaults([{ path, text }]);
    t.equal(faults.length, expect, faults.join('; ') || 'no fault');
  });
}

t.test('what tap leaves out runs by room', async (t) => {
  const root = new URL('..', import.meta.url);
  const left = /test\/\{(.*)\}\/\*\*/.exec(readFileSync(new URL('.taprc', root), 'utf8'))?.[1]?.split(',');
  for (const room of left ?? [])
    t.match(readFileSync(new URL(`test/rooms/${room}.test.ts`, root), 'utf8'), `['${room}']`);
  t.ok(left?.length);
});
