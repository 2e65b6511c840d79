// npm run bench [-- --quick] [--scenario NAME]… [--update-docs]: Cacheside side by side with a bare
// node:http server. Progress goes to stderr, the table to stdout, everything to bench/results/.

import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { redisBinary } from '../test/fixtures/redis-server.ts';
import { type ContestResult, holdContest, type Schedule } from './contest.ts';
import { type Cores, chooseCores } from './cores.ts';
import { findLoadGenerator } from './load-generator.ts';
import { describeMachine } from './machine.ts';
import { updatePerformancePage } from './performance-page.ts';
import { compilePrograms, RESULTS } from './programs.ts';
import { formatMarkdown, formatTable, type Report, rowsOf } from './report.ts';
import { SCENARIOS, type Scenario } from './scenario.ts';

const LONG: Schedule = { rounds: 9, seconds: 2, warmUp: 3, connections: 64 };
const QUICK: Schedule = { rounds: 3, seconds: 1, warmUp: 1, connections: 64 };

async function main(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      quick: { type: 'boolean', default: false },
      scenario: { type: 'string', multiple: true, default: [] },
      'update-docs': { type: 'boolean', default: false },
    },
  });
  const updateDocs = values['update-docs'];
  if (updateDocs && (values.quick || values.scenario.length > 0)) {
    throw new Error('--update-docs needs a whole run: leave out --quick and --scenario');
  }
  const schedule = values.quick ? QUICK : LONG;
  const redis = redisVersion();
  const scenarios = select(values.scenario).filter(({ name, ...scenario }) => {
    if (!scenario.redis || redis !== undefined) return true;
    progress(`left out: ${name}, since redis-server is not on PATH`);
    return false;
  });

  const cores = chooseCores();
  const programs = compilePrograms();
  try {
    const generator = findLoadGenerator(programs, cores?.load);
    if (generator.warning !== undefined) progress(`WARNING: ${generator.warning}`);
    const method = `${describeSchedule(schedule)}; ${describeCores(cores)}`;
    progress(`${generator.name}; ${method}`);
    const results: ContestResult[] = [];
    for (const scenario of scenarios) {
      // One that is not what it should be leaves the others worth knowing.
      await holdContest(scenario, { schedule, cores, programs, generator, progress }).then(
        (result) => results.push(result),
        complain,
      );
    }
    const date = new Date().toISOString();
    const tools = [generator.name, redis].filter((tool) => tool !== undefined);
    const report: Report = { date, machine: describeMachine(tools), method, results };
    const file = join(RESULTS, `${date.replaceAll(':', '-')}.json`);
    const rows = results.flatMap(rowsOf);
    writeFileSync(file, `${JSON.stringify({ ...report, rows }, undefined, 2)}\n`);
    if (updateDocs && results.length === scenarios.length) updatePerformancePage(formatMarkdown(report));
    console.log(`\n${formatTable(rows)}\n\n${file}`);
  } finally {
    programs.remove();
  }
}

function progress(line: string): void {
  process.stderr.write(`${line}\n`);
}

function select(names: readonly string[]): readonly Scenario[] {
  const unknown = names.find((name) => !SCENARIOS.some((scenario) => scenario.name === name));
  if (unknown !== undefined) {
    const known = SCENARIOS.map(({ name }) => `"${name}"`).join(', ');
    throw new Error(`There is no scenario "${unknown}"; there are ${known}`);
  }
  return names.length === 0 ? SCENARIOS : SCENARIOS.filter(({ name }) => names.includes(name));
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
