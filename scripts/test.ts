// npm test [-- FILE…]: lint, types, build, then the tests against real Redis servers, stopping at
// the first step that fails. The last line is always `N passed, N failed`, which counts tap's test
// points (each assertion is one); a step before the tests that fails counts as one failure.

import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { canInstall, install, missing, type Tool } from './debian.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

const TOOLS: readonly Tool[] = [
  { binaries: ['redis-server'], debian: 'redis-server', macos: 'brew install redis' },
  { binaries: ['chromium', 'google-chrome'], debian: 'chromium', macos: 'brew install chromium' },
  { binaries: ['promtool'], debian: 'prometheus', macos: 'brew install prometheus' },
];

interface Totals {
  readonly passed: number;
  readonly failed: number;
}

type Step = readonly [heading: string, tool: string, args: readonly string[]];

function main(files: readonly string[]): Totals {
  const { NO_COLOR } = process.env;
  const colors = process.stdout.isTTY && !NO_COLOR ? 'force' : 'off';
  const steps: readonly Step[] = [
    ...(runnerIsBuilt() ? [] : [['Test runner', 'tap', ['build']] satisfies Step]),
    ['Lint and format', 'biome', ['ci', `--colors=${colors}`, '.']],
    ['Types', 'tsc', ['--noEmit']],
    ['Build', 'npm', ['run', '--silent', 'build']],
  ];
  if (!haveTools()) return { passed: 0, failed: 1 };
  for (const [heading, tool, args] of steps) {
    console.log(`\n== ${heading}: ${tool} ${args.join(' ')}`);
    if (run(tool, args) !== 0) {
      console.log(`\n== FAILED: ${heading}`);
      return { passed: 0, failed: 1 };
    }
  }
  console.log('\n== Tests: tap run');
  return runTap(files);
}

/**
 * After a fresh install tap still has the TypeScript plugin that .taprc leaves out, which does not know
 * this TypeScript. Left to itself, tap rebuilds only after the first run has failed over it.
 */
function runnerIsBuilt(): boolean {
  const built = join(ROOT, 'node_modules/@tapjs/test/test-built/dist/esm/index.js');
  return existsSync(built) && !readFileSync(built, 'utf8').includes('@tapjs/typescript');
}

/** Runs the tests and reads the totals that tap itself counted at the end of its raw output. */
function runTap(files: readonly string[]): Totals {
  const folder = mkdtempSync(join(tmpdir(), 'cacheside-test-'));
  try {
    const output = join(folder, 'output.tap');
    const reporter = process.stdout.isTTY ? 'terse' : 'min';
    const status = run('tap', ['run', `--reporter=${reporter}`, `--output-file=${output}`, ...files], {
      CACHESIDE_TEST_BUILT: 'yes',
    });
    const totals = readTotals(existsSync(output) ? readFileSync(output, 'utf8') : '');
    if (totals === undefined) console.log('\n== FAILED: tap ended before it counted its tests');
    else if (totals.passed + totals.failed === 0) console.log('\n== FAILED: no tests ran');
    else if (status !== 0) console.log('\n== FAILED: Tests');
    const { passed, failed } = totals ?? { passed: 0, failed: 0 };
    return { passed, failed: status === 0 && totals !== undefined ? failed : Math.max(failed, 1) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** From tap's closing comment, such as `# { total: 8, pass: 6, fail: 2 }`; a zero is left out there. */
function readTotals(tap: string): Totals | undefined {
  const comment = [...tap.matchAll(/^# \{ (total: .*) \}$/gm)].at(-1)?.[1];
  if (comment === undefined) return undefined;
  const counted = new Map(comment.split(', ').map((part) => part.split(': ', 2) as [string, string]));
  return { passed: Number(counted.get('pass') ?? 0), failed: Number(counted.get('fail') ?? 0) };
}

/** Finds what the tests run, or installs Debian's packages where that is possible without asking. */
function haveTools(): boolean {
  let lacking = missing(TOOLS);
  if (lacking.length > 0 && canInstall()) {
    const packages = lacking.map(({ debian }) => debian);
    console.log(`== Installing ${packages.join(', ')}`);
    install(packages);
    lacking = missing(TOOLS);
  }
  for (const { binaries, debian, macos } of lacking) {
    console.log(`\n== FAILED: ${binaries.join(' or ')} was not found, and the tests run the real one.`);
    console.log(`   Debian, Ubuntu: apt-get install ${debian}    macOS: ${macos}`);
  }
  return lacking.length === 0;
}

function run(tool: string, args: readonly string[], more: Readonly<Record<string, string>> = {}): number {
  const { PATH = '' } = process.env;
  const { status, error } = spawnSync(tool, args, {
    cwd: ROOT,
    stdio: 'inherit',
    env: { ...process.env, PATH: `${join(ROOT, 'node_modules', '.bin')}:${PATH}`, ...more },
  });
  if (error !== undefined) console.log(`${tool}: ${error.message}`);
  return status ?? 1;
}

const { passed, failed } = main(process.argv.slice(2));
console.log(`\n${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
