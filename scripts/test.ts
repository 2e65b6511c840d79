// npm test [-- FILE…]: lint, types, build, then the tests against real Redis servers, stopping at
// the first step that fails. The last line is always `N passed, N failed`, which counts tap's test
// points (each assertion is one); a step before the tests that fails counts as one failure.

import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { redisBinary } from '../test/fixtures/redis-server.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

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
    ['Build', 'tsc', ['-p', 'tsconfig.build.json']],
  ];
  if (!haveRedis()) return { passed: 0, failed: 1 };
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

/** Finds redis-server, or installs Debian's package where that is possible without asking. */
function haveRedis(): boolean {
  if (onPath()) return true;
  const debian = existsSync('/etc/debian_version') && process.getuid?.() === 0;
  if (!debian || !installRedis() || !onPath()) {
    console.log('\n== FAILED: redis-server was not found, and the tests run against real Redis servers.');
    console.log('   Debian, Ubuntu: apt-get install redis-server    macOS: brew install redis');
    return false;
  }
  return true;
}

function onPath(): boolean {
  try {
    redisBinary();
    return true;
  } catch {
    return false;
  }
}

/** Installs the package without starting its service: Debian asks policy-rc.d, and 101 forbids it. */
function installRedis(): boolean {
  console.log('== Installing redis-server');
  const policy = '/usr/sbin/policy-rc.d';
  const ours = !existsSync(policy);
  if (ours) writeFileSync(policy, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  try {
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
    const apt = (...args: string[]) => spawnSync('apt-get', args, { stdio: 'inherit', env }).status === 0;
    return apt('update', '-q') && apt('install', '-q', '-y', '--no-install-recommends', 'redis-server');
  } finally {
    if (ours) rmSync(policy, { force: true });
  }
}

function run(tool: string, args: readonly string[], more: Readonly<Record<string, string>> = {}): number {
  const { status, error } = spawnSync(join(ROOT, 'node_modules', '.bin', tool), args, {
    cwd: ROOT,
    stdio: 'inherit',
    env: { ...process.env, ...more },
  });
  if (error !== undefined) console.log(`${tool}: ${error.message}`);
  return status ?? 1;
}

const { passed, failed } = main(process.argv.slice(2));
console.log(`\n${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
