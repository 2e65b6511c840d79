import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { lexer, type Token, type Tokens } from 'marked';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

export interface Heading {
  readonly depth: number;
  readonly text: string;
  /** What a link names it by, as GitHub makes it. */
  readonly slug: string;
}

/** A code block. */
export interface Block {
  /** First line of its text, from 1. */
  readonly line: number;
  readonly text: string;
  /** First word behind the fence; empty where it has none. */
  readonly language: string;
  /** What follows that word. */
  readonly rest: string;
  readonly fenced: boolean;
  /** The slug of the `##` heading that it stands below; empty above the first. */
  readonly section: string;
  /** The block right behind it, with nothing between. */
  readonly next?: Block;
}

export interface Link {
  readonly href: string;
  readonly section: string;
}

/** One Markdown file of the repository. */
export interface Page {
  /** From the repository's root. */
  readonly path: string;
  readonly headings: readonly Heading[];
  readonly blocks: readonly Block[];
  readonly links: readonly Link[];
  readonly tables: readonly { readonly section: string; readonly table: Tokens.Table }[];
}

/** Not complete yet. */
export const UNDER_WAY = /^docs\/(metrics|tracing)\.md$/;

/** Paths of all Markdown files, but for those of tests. */
export function pagePaths(): string[] {
  const folders = ['docs', 'examples', 'config', 'bench', 'scripts', 'src'];
  const below = folders.flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' }).map((path) => join(folder, path)),
  );
  return [...readdirSync(ROOT), ...below].filter((path) => path.endsWith('.md')).sort();
}

/** @throws Error where there is no such file */
export function readPage(path: string): Page {
  return parsePage(path, readFileSync(join(ROOT, path), 'utf8'));
}

/** A page from its text. */
export function parsePage(path: string, text: string): Page {
  const headings: Heading[] = [];
  const blocks: Block[] = [];
  const links: Link[] = [];
  const tables: { section: string; table: Tokens.Table }[] = [];
  const slugs = new Map<string, number>();
  let section = '';
  let line = 1;
  let before: { block: Block } | undefined;

  const look = (token: Token, at: number): void => {
    if (token.type === 'link') links.push({ href: String(token['href']), section });
    if (token.type === 'table') tables.push({ section, table: token as Tokens.Table });
    if (token.type === 'heading') {
      const { depth, text: said } = token as Tokens.Heading;
      const slug = slugOf(said, slugs);
      headings.push({ depth, text: said, slug });
      if (depth === 2) section = slug;
    }
    if (token.type === 'code') {
      const { text: code, lang = '', codeBlockStyle } = token as Tokens.Code;
      const [language = '', ...words] = lang.split(/\s+/);
      const fenced = codeBlockStyle !== 'indented';
      const first = at + (fenced ? 1 : 0);
      const block: Block = { line: first, text: code, language, rest: words.join(' '), fenced, section };
      if (before !== undefined) Object.assign(before.block, { next: block });
      before = { block };
      blocks.push(block);
    } else if (token.type !== 'space') before = undefined;
    let below = at;
    for (const child of childrenOf(token)) {
      look(child, below);
      below += newlines(child.raw);
    }
  };
  for (const token of lexer(text)) {
    look(token, line);
    line += newlines(token.raw);
  }
  return { path, headings, blocks, links, tables };
}

/** What a link leads to: a file from the repository's root, and the slug within; undefined for other hosts. */
export function targetOf(page: string, href: string): { path: string; slug: string } | undefined {
  if (/^[a-z][a-z+.-]*:/i.test(href)) return undefined;
  const [file = '', slug = ''] = href.split('#');
  return { path: file === '' ? page : normalize(join(dirname(page), decodeURI(file))), slug };
}

function slugOf(text: string, taken: Map<string, number>): string {
  const bare = text
    .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\p{M}\p{Pc} -]/gu, '')
    .replaceAll(' ', '-');
  const count = taken.get(bare) ?? 0;
  taken.set(bare, count + 1);
  return count === 0 ? bare : `${bare}-${count}`;
}

function childrenOf(token: Token): Token[] {
  if (token.type === 'table') {
    const { header, rows } = token as Tokens.Table;
    return [header, ...rows].flat().flatMap((cell) => cell.tokens);
  }
  if (token.type === 'list') return (token as Tokens.List).items;
  return 'tokens' in token && Array.isArray(token.tokens) ? token.tokens : [];
}

const newlines = (text: string): number => text.split('\n').length - 1;
