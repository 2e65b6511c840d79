import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const BENCH = fileURLToPath(new URL('.', import.meta.url));
const TSC = fileURLToPath(new URL('../node_modules/.bin/tsc', import.meta.url));

/** NODE_OPTIONS may hold a test runner's hooks, which tsc does not bear. */
const PLAINLY = 'NODE_OPTIONS= exec "$0" "$@"';

export const RESULTS = join(BENCH, 'results');

const NAMES = [
  'upstream',
  'peer-bare',
  'peer-lru-cache',
  'peer-undici-cache',
  'peer-bentocache',
  'loop-ioredis',
  'load-autocannon',
  'load-each',
  'load-paced',
  'load-stampede',
  'load-stored',
] as const;

export type ProgramName = (typeof NAMES)[number];

/** The benchmark's own processes as plain JavaScript: a loader of TypeScript inside would cost memory. */
export interface Programs {
  path(name: ProgramName): string;
  remove(): void;
}

/** Compiles them, beside the results so that they find their packages. @throws Error with what tsc says */
export function compilePrograms(): Programs {
  mkdirSync(RESULTS, { recursive: true });
  const folder = mkdtempSync(join(RESULTS, 'programs-'));
  const sources = NAMES.map((name) => join(BENCH, `${name}.ts`));
  const options = ['--ignoreConfig', '--noCheck', '--target', 'ES2023', '--module', 'NodeNext'];
  const rewriting = ['--rewriteRelativeImportExtensions', '--rootDir', BENCH, '--outDir', folder];
  const { status, stdout, stderr } = spawnSync(
    'sh',
    ['-c', PLAINLY, TSC, ...options, ...rewriting, ...sources],
    {
      encoding: 'utf8',
    },
  );
  if (status !== 0) throw new Error(`the benchmark's programs were not compiled:\n${stdout}${stderr}`);
  return {
    path: (name) => join(folder, `${name}.js`),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
