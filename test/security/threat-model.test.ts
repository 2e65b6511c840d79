import { existsSync, readFileSync } from 'node:fs';
import t from 'tap';

const file = (path: string) => new URL(`../../${path}`, import.meta.url);
const read = (path: string) => readFileSync(file(path), 'utf8');

const SECURITY = read('SECURITY.md');

/** Defaults by their path in the file, as the generated reference has them. */
function defaults(): Map<string, string> {
  const found = new Map<string, string>();
  for (const section of read('docs/configuration.md').split(/^## /m)) {
    const [title = ''] = section.split('\n', 1);
    const base = title === 'The file' ? '' : `${title}.`;
    for (const [, key = '', value = ''] of section.matchAll(
      /^\| `([^`|]+)` \|(?:[^|\\]|\\.)*\| `([^`]*)` \|/gm,
    ))
      found.set(base + key, value);
  }
  return found;
}

const rows = (SECURITY.split('\n## What each default prevents\n')[1] ?? '')
  .split('\n## ', 1)[0]
  ?.split('\n')
  .filter((line) => line.startsWith('| ') && !line.startsWith('| default |'))
  .map((line) => line.slice(2, -2).split(' | '));

t.test('each default has an attack that it prevents, and a test that is there', async (t) => {
  t.ok((rows?.length ?? 0) > 25, 'the table is found');
  for (const [cell = '', attack = '', tests = ''] of rows ?? []) {
    t.not(attack.trim(), '', cell);
    const paths = [...tests.matchAll(/`([^`]+)`/g)].map(([, path = '']) => path);
    t.ok(paths.length > 0, `${cell}: shown by something`);
    for (const path of paths) t.ok(/^test\/.*\.test\.ts$/.test(path) && existsSync(file(path)), path);
  }
});

t.test('the defaults are those of the reference', async (t) => {
  const known = defaults();
  t.ok(known.size > 50, 'the reference is found');
  let settings = 0;
  for (const [cell = ''] of rows ?? []) {
    for (const [, key = '', value = ''] of cell.matchAll(/`([a-z][a-z.-]+): ([^`]+)`/g)) {
      t.equal(known.get(key), value, `${key}: ${value}`);
      settings++;
    }
  }
  t.ok(settings > 25, `${settings} settings`);
});

t.test('each switch that gives up a protection is explained', async (t) => {
  const switches = [
    ...read('src/config/loud-switches.ts').matchAll(/'(unsafe\.[a-z-]+|[a-z-]+(?:\.[a-z-]+)*: [a-z]+)'/g),
  ];
  t.ok(switches.length >= 10, `${switches.length} switches`);
  for (const [, name = ''] of switches) t.ok(SECURITY.includes(`\`${name}\``), name);
});

t.test('its links lead somewhere', async (t) => {
  for (const [, path = '', anchor] of SECURITY.matchAll(/\]\(([^)#]+)(?:#([^)]+))?\)/g)) {
    t.ok(existsSync(file(path)), path);
    if (anchor === undefined) continue;
    const titles = [...read(path).matchAll(/^#+ (.+)$/gm)].map(([, title = '']) =>
      title
        .toLowerCase()
        .replaceAll(/[^\w\- ]/g, '')
        .replaceAll(' ', '-'),
    );
    t.ok(titles.includes(anchor), `${path}#${anchor}`);
  }
});
