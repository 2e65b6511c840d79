import { readFileSync } from 'node:fs';
import t from 'tap';
import { takeProcessSettings } from '../src/cli/process-settings.ts';

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

/** What the process would start itself anew with. */
function processSettings(): string[] {
  const {
    MALLOC_ARENA_MAX: _arenas,
    MALLOC_MMAP_THRESHOLD_: _mapped,
    NODE_OPTIONS: _options,
    ...env
  } = process.env;
  const own = Object.getOwnPropertyDescriptors(process);
  let settings: string[] = [];
  const execve = (_file: string, args: readonly string[], given: NodeJS.ProcessEnv) => {
    const variables = Object.entries(given).filter(([name]) => name.startsWith('MALLOC_'));
    const flags = args.filter((arg) => /semi-space/.test(arg));
    settings = [...flags, ...variables.map((variable) => variable.join('='))].sort();
  };
  Object.defineProperty(process, 'execve', { value: execve, configurable: true });
  Object.defineProperty(process, 'env', { value: env, configurable: true });
  // tap has a channel to each of its tests.
  Object.defineProperty(process, 'channel', { value: undefined, configurable: true });
  try {
    takeProcessSettings();
  } finally {
    Object.defineProperty(process, 'env', own.env);
    if (own.channel === undefined) Reflect.deleteProperty(process, 'channel');
    else Object.defineProperty(process, 'channel', own.channel);
    const before = Object.getOwnPropertyDescriptor(own, 'execve')?.value;
    if (before === undefined) Reflect.deleteProperty(process, 'execve');
    else Object.defineProperty(process, 'execve', before);
  }
  return settings;
}

t.test(
  'the Dockerfile and docs/deployment.md say what the process would start itself anew with',
  async (t) => {
    const settings = processSettings();
    t.match(settings, [
      /^--max-semi-space-size=\d+$/,
      /^MALLOC_ARENA_MAX=\d+$/,
      /^MALLOC_MMAP_THRESHOLD_=\d+$/,
    ]);
    const said = (path: string) =>
      read(path)
        .match(/(?:--max-semi-space-size|MALLOC_\w+)=\d+/g)
        ?.sort();
    t.same(said('Dockerfile'), settings);
    const twice = settings.flatMap((setting) => [setting, setting]);
    t.same(said('docs/deployment.md'), twice, 'what it does, and how to do it by hand');
  },
);
