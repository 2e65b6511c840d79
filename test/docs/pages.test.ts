import { existsSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { parse, parseAllDocuments } from 'yaml';
import { type SchemaNode, valueSchema } from '../../src/config/json-schema.ts';
import { loadBlock } from './configuration.ts';
import { type Page, pagePaths, parsePage, ROOT, readPage, targetOf, UNDER_WAY } from './page.ts';

/** Languages that are shown alone; the others are loaded or run. */
const SHOWN = [
  'text',
  'promql',
  'json',
  'nginx',
  'vcl',
  'http',
  'ini',
  'caddyfile',
  'dockerfile',
  'graphql',
  'ts',
];

/** Of two keys that exclude each other one is shown. */
const EITHER: Readonly<Record<string, readonly string[]>> = { 'admin.token': ['admin.tokens'] };

const pages = new Map(pagePaths().map((path) => [path, readPage(path)]));

/** What is wrong with the blocks of a page. */
function wrongBlocks({ path, blocks }: Page): string[] {
  return blocks.flatMap(({ line, text, language, rest, fenced }) => {
    const where = `${path}:${line}`;
    if (!fenced) return [`${where} is an indented block: fence it, and say what it is`];
    if (language === 'sh') {
      const isKnown = rest === '' || rest === 'serve' || /^no-run \S/.test(rest);
      return isKnown ? [] : [`${where} \`${rest}\`: write \`serve\`, \`no-run REASON\` or nothing`];
    }
    const problem = language === 'yaml' ? wrongYaml(text, rest) : language === 'json' ? wrongJson(text) : '';
    if (problem !== '') return [`${where} ${problem}`];
    const isKnown = language === 'yaml' || SHOWN.includes(language);
    return isKnown ? [] : [`${where} has the language \`${language}\`, and no test knows it`];
  });
}

function wrongYaml(text: string, rest: string): string {
  try {
    if (rest === '') loadBlock(text);
    else for (const { errors } of parseAllDocuments(text)) for (const error of errors) throw error;
    return '';
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function wrongJson(text: string): string {
  try {
    JSON.parse(text);
    return '';
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** Links that lead nowhere. */
function brokenLinks(page: Page): string[] {
  const { path, links } = page;
  return links.flatMap(({ href }) => {
    const target = targetOf(path, href);
    if (target === undefined) return [];
    if (target.path !== path && !existsSync(join(ROOT, target.path)))
      return [`${path} → ${href}: no such file`];
    if (target.slug === '' || !target.path.endsWith('.md')) return [];
    const there = target.path === page.path ? page : pages.get(target.path);
    const isThere = there?.headings.some(({ slug }) => slug === target.slug);
    return isThere ? [] : [`${path} → ${href}: no such heading`];
  });
}

/** Headings that the table of contents, above the first of them, does not lead to. */
function missingContents({ path, headings, links }: Page): string[] {
  const sections = headings.filter(({ depth }) => depth === 2);
  if (!path.startsWith('docs/') || path.startsWith('docs/adr/') || sections.length <= 3) return [];
  const named = new Set(links.filter(({ section }) => section === '').map(({ href }) => href));
  return sections
    .filter(({ slug }) => !named.has(`#${slug}`))
    .map(({ text }) => `${path}: no link to “${text}” above the first section`);
}

for (const page of [...pages.values()].filter(({ path }) => !UNDER_WAY.test(path))) {
  t.test(page.path, async (t) => {
    t.same(wrongBlocks(page), [], 'blocks');
    t.same(brokenLinks(page), [], 'links');
    t.same(missingContents(page), [], 'table of contents');
  });
}

t.test('docs/README.md names every page of docs', async (t) => {
  const index = pages.get('docs/README.md')?.links.map(({ href }) => targetOf('docs/README.md', href)?.path);
  const all = [...pages.keys()].filter(
    (path) => path.startsWith('docs/') && path !== 'docs/README.md' && !UNDER_WAY.test(path),
  );
  t.same(
    all.filter((path) => !index?.includes(path)),
    [],
  );
});

/** Every key with its section's, such as `upstream.tls.ca`; items of lists and choices count as what is in them. */
function keysOf(node: SchemaNode, at: string): string[] {
  const inner = [node, node.items, ...(node.anyOf ?? [])].filter((part) => part !== undefined);
  return inner.flatMap((part) => [
    ...Object.entries(part.properties ?? {}).flatMap(([name, child]) => {
      const key = at === '' ? name : `${at}.${name}`;
      return [key, ...keysOf(child, key)];
    }),
    ...(part === node ? [] : keysOf(part, at)),
  ]);
}

/** Every key that a document sets. */
function keysIn(value: unknown, at: string): string[] {
  if (Array.isArray(value)) return value.flatMap((item) => keysIn(item, at));
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, child]) => {
    const key = at === '' ? name : `${at}.${name}`;
    return [key, ...keysIn(child, key)];
  });
}

t.test('docs/configuration.md has an example of every key', async (t) => {
  const blocks =
    pages.get('docs/configuration.md')?.blocks.filter(({ language }) => language === 'yaml') ?? [];
  const shown = new Set(blocks.flatMap(({ text }) => keysIn(parse(text), '')));
  const keys = keysOf(valueSchema(), '').filter((key) => !key.startsWith('defaults.'));
  t.ok(keys.length > 100 && keys.includes('routes.concurrency.limit'), 'the keys are found');
  const isShown = (key: string) => shown.has(key) || EITHER[key]?.some((other) => shown.has(other));
  t.same(
    [...new Set(keys)].filter((key) => !isShown(key)),
    [],
  );
});

t.test('what is wrong with a page is found', async (t) => {
  const page = (text: string) => parsePage('docs/x.md', text);
  const blocks: readonly [text: string, problem: RegExp][] = [
    ['    curl x', /indented/],
    ['- a\n\n      curl x', /indented/],
    ['```\nx\n```', /language/],
    ['```bash\nx\n```', /`bash`/],
    ['```sh no-run\nx\n```', /no-run REASON/],
    ['```json\n{,}\n```', /JSON/],
    ['```yaml compose\na: [\n```', /flow/i],
    ['a\n\n```yaml\nroutes:\n  - match: /a\n    tll: 5m\n```', /docs\/x\.md:4 .*tll/s],
  ];
  for (const [text, problem] of blocks) t.match(wrongBlocks(page(text)).join(), problem, text);
  t.same(wrongBlocks(page('```yaml\nroutes: [{ match: /a, ttl: 5m }]\n```')), []);
  t.match(brokenLinks(page('[a](nowhere.md)')).join(), /no such file/);
  t.match(brokenLinks(page('# A\n\n| x |\n|---|\n| [a](#b) |')).join(), /no such heading/);
  t.same(
    brokenLinks(page("## A `b`: c's\n\n[a](#a-b-cs) [b](admin.md#post-purge) [c](https://x.example)")),
    [],
  );
  const long = '## A\n\n## B\n\n## C\n\n## D\n';
  t.equal(missingContents(page(`[a](#a) [b](#b) [c](#c)\n\n${long}`)).length, 1);
  t.same(missingContents(page(`[a](#a) [b](#b) [c](#c) [d](#d)\n\n${long}`)), []);
});
