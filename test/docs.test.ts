import { readFileSync } from 'node:fs';
import t from 'tap';

const read = (path: string) => readFileSync(new URL(`../${path}`, import.meta.url), 'utf8');

/** The words of a closed list in the source. */
function union(path: string, name: string): string[] {
  const list = new RegExp(`export type ${name} =([^;]*);`).exec(read(path))?.[1] ?? '';
  return [...list.matchAll(/'([a-z-]+)'/g)].map(([, word = '']) => word);
}

/** The words in the first column of the tables of some sections. */
function explained(sections: readonly string[]): string[] {
  const cells = [...sections.join('').matchAll(/^\| (`[^|]*`) \|/gm)];
  const words = cells.flatMap(([, cell = '']) => [...cell.matchAll(/`([a-z-]+)(?: [A-Z]+)?`/g)]);
  return [...new Set(words.map(([, word = '']) => word))].filter((word) => word !== 'detail').sort();
}

const SECTIONS = read('docs/cache-status.md').split(/^## /m).slice(1);
const isOfTrace = (section: string) => section.startsWith('The trace');

t.test('docs/cache-status.md explains every detail, and no other', async (t) => {
  const words = union('src/policy/cache-status.ts', 'Detail');
  t.ok(words.length > 30, 'the list is found');
  t.same(explained(SECTIONS.filter((section) => !isOfTrace(section))), words.sort());
});

t.test('docs/cache-status.md explains every word of the trace, and no other', async (t) => {
  const words = union('src/policy/trace.ts', 'TraceWord');
  t.ok(words.length > 30, 'the list is found');
  t.same(explained(SECTIONS.filter(isOfTrace)), words.sort());
});
