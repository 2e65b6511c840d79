// npm run bench [-- OPTIONS]: Cacheside side by side with its peers; --help names the options. Progress goes
// to stderr, the tables to stdout, everything to bench/results/.

import { spawnSync } from 'node:child_process';
import { accessSync, constants, mkdtempSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { redisBinary } from '../test/fixtures/redis-server.ts';
import { holdContest } from './contest.ts';
import { type Cores, chooseCores } from './cores.ts';
import type { Ground, Schedule } from './ground.ts';
import { findLoadGenerator } from './load-generator.ts';
import { describeMachine } from './machine.ts';
import type { ContestResult } from './measurement.ts';
import { type Options, readOptions, USAGE } from './options.ts';
import { installedServers, PEER_NAMES, type PeerId } from './peer.ts';
import { updatePerformancePage } from './performance-page.ts';
import { compilePrograms, RESULTS } from './programs.ts';
import { formatReport, type Report } from './report.ts';
import { rowsOf } from './row.ts';
import { SCENARIOS } from './scenarios.ts';
import { VARIANTS } from './server-under-test.ts';

async function main(args: readonly string[]): Promise<void> {
  if (args.includes('--help')) return console.log(USAGE);
  const options = readOptions(args);
  if (options.list) return list();
  const redis = redisVersion();
  const scenarios = options.scenarios.filter(({ name, ...scenario }) => {
    if (!scenario.redis || redis !== undefined) return true;
    progress(`left out: ${name}, since redis-server is not on PATH`);
    return false;
  });
  const installed = installedServers();
  const missing = (Object.keys(installed) as PeerId[]).filter((id) => installed[id] === undefined);
  for (const id of missing) {
    if (options.peers.includes(id)) progress(`left out: ${PEER_NAMES[id]}, which is not on PATH`);
  }

  const cores = chooseCores();
  const programs = compilePrograms();
  const folder = mkdtempSync(join(memoryFolder(), 'bench-'));
  process.once('exit', () => {
    programs.remove();
    rmSync(folder, { recursive: true, force: true });
  });

  const generator = findLoadGenerator(programs, cores?.load);
  if (generator.warning !== undefined) progress(`WARNING: ${generator.warning}`);
  const method = `${describeSchedule(options.schedule)}; ${describeCores(cores)}`;
  progress(`${generator.name}; ${method}`);
  const peers = new Set(options.peers.filter((id) => !missing.includes(id)));
  const { schedule, tree, against, variants } = options;
  const ground: Ground = {
    schedule,
    cores,
    programs,
    generator,
    tree,
    against,
    peers,
    variants,
    folder,
    progress,
  };
  const results: ContestResult[] = [];
  const tools = [generator.name, ...Object.values(installed), redis].filter((tool) => tool !== undefined);
  const publishAll = () => {
    if (results.length === 0) return;
    const whole = results.length === SCENARIOS.length;
    const date = new Date().toISOString();
    publish({ date, machine: describeMachine(tools), method, whole, results }, options);
  };
  // A run that is broken off tells what it has.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      publishAll();
      process.exit(1);
    });
  }
  for (const scenario of scenarios) {
    // One that is not what it should be leaves the others worth knowing.
    await holdContest(scenario, ground).then((result) => results.push(result), complain);
  }
  publishAll();
}

function publish(report: Report, { updateDocs }: Options): void {
  const file = join(RESULTS, `${report.date.replaceAll(':', '-')}.json`);
  const rows = report.results.flatMap(rowsOf);
  writeFileSync(file, `${JSON.stringify({ ...report, rows }, undefined, 2)}\n`);
  const text = formatReport(report);
  if (updateDocs && report.whole) updatePerformancePage(text);
  else if (updateDocs) progress('docs/performance.md was left as it is, since some scenarios are missing');
  console.log(`\n${text}\n\n${file}`);
}

function list(): void {
  for (const { name, about } of SCENARIOS) console.log(`--scenario '${name}': ${about}`);
  for (const [id, name] of Object.entries(PEER_NAMES)) console.log(`--peer ${id}: ${name}`);
  for (const [id, { name }] of Object.entries(VARIANTS)) console.log(`--variant ${id}: ${name}`);
}

function progress(line: string): void {
  process.stderr.write(`${line}\n`);
}

/** What nginx stores in a scenario takes less; bytes. */
const ENOUGH = 4 * 2 ** 30;

/** A folder whose files stay in memory, so that nginx's cache does; else the one for temporary files. */
function memoryFolder(): string {
  try {
    accessSync('/dev/shm', constants.W_OK);
    const { bavail, bsize } = statfsSync('/dev/shm');
    return bavail * bsize > ENOUGH ? '/dev/shm' : tmpdir();
  } catch {
    return tmpdir();
  }
}

function describeSchedule({ rounds, seconds, connections }: Schedule): string {
  return `medians of ${rounds} rounds of ${seconds} s each, in turns, ${connections} connections`;
}

function describeCores(cores: Cores | undefined): string {
  if (cores === undefined) return 'nothing pinned to a core (no taskset, or one core alone)';
  const { server, load, behind } = cores;
  const where =
    behind === load
      ? `load, upstream and Redis on core ${load}`
      : `load on core ${load}, upstream and Redis on core ${behind}`;
  return `server on core ${server}, ${where}`;
}

function redisVersion(): string | undefined {
  try {
    const { stdout } = spawnSync(redisBinary(), ['--version'], { encoding: 'utf8' });
    return `redis-server ${/v=(\S+)/.exec(stdout)?.[1] ?? ''}`.trim();
  } catch {
    return undefined;
  }
}

/** Tells what went wrong, and lets the process end as failed. */
function complain(error: unknown): void {
  progress(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}

await main(process.argv.slice(2)).catch(complain);
