import { readFileSync } from 'node:fs';
import t from 'tap';

const read = (path: string) => readFileSync(new URL(`../${path}`, import.meta.url), 'utf8');

/** Words of the list that nothing says yet. */
const UNSAID = ['range', 'uncacheable-memory', 'eager-refresh'];

t.test('docs/cache-status.md explains every detail, and no other', async (t) => {
  const union = /export type Detail =([^;]*);/.exec(read('src/policy/cache-status.ts'))?.[1] ?? '';
  const words = [...union.matchAll(/'([a-z-]+)'/g)].map(([, word]) => word);
  const tables = read('docs/cache-status.md').split(/^## /m).slice(1).join('');
  const explained = [...tables.matchAll(/^\| (`[^|]*`) \|/gm)]
    .flatMap(([, cell = '']) => [...cell.matchAll(/`([a-z-]+)(?: [A-Z]+)?`/g)].map(([, word]) => word))
    .filter((word) => word !== 'detail');
  t.ok(words.length > 30, 'the list is found');
  t.same(
    words.filter((word) => word !== undefined && !UNSAID.includes(word)).sort(),
    [...new Set(explained)].sort(),
  );
});
