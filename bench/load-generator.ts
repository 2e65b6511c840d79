import { spawn, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { pinnedTo } from './cores.ts';
import type { Load, LoadResult } from './load.ts';
import type { ProgramName, Programs } from './programs.ts';

export interface LoadGenerator {
  /** Name and version. */
  readonly name: string;
  /** What its figures suffer from. */
  readonly warning: string | undefined;
  /** Rejects where the program fails; errors of single requests are counted in the result. */
  run(load: Load): Promise<LoadResult>;
}

/** wrk where it is on PATH, else autocannon; pinned to `core`. */
export function findLoadGenerator(programs: Programs, core: number | undefined): LoadGenerator {
  const version = spawnSync('wrk', ['--version'], { encoding: 'utf8' });
  return version.error === undefined
    ? createWrk(/^wrk \S+/.exec(version.stdout)?.[0] ?? 'wrk', core)
    : createAutocannon(programs, core);
}

const SCRIPT = fileURLToPath(new URL('load.lua', import.meta.url));

function createWrk(name: string, core: number | undefined): LoadGenerator {
  return {
    name,
    warning: undefined,
    async run({ url, seconds, connections, file, turn }) {
      const fixed = ['wrk', '-t1', `-c${connections}`, `-d${seconds}s`, '--timeout', '10s', '-s', SCRIPT];
      const output = await run([...pinnedTo(core), ...fixed, url, '--', file, String(turn)]);
      const figures = JSON.parse(/^\{.*\}$/m.exec(output)?.[0] ?? 'null') as WrkFigures | null;
      if (figures === null) throw new Error(`wrk told no figures:\n${output}`);
      const { requests, microseconds, p50, p99, p999, slowest, bytes, errors } = figures;
      const requestsPerSecond = (requests / microseconds) * 1e6;
      const times = { p50: p50 / 1000, p99: p99 / 1000, p999: p999 / 1000, slowest: slowest / 1000 };
      return { requests, requestsPerSecond, ...times, bytes, errors };
    },
  };
}

/** What load.lua prints; times in µs. */
type WrkFigures = Omit<LoadResult, 'requestsPerSecond'> & { readonly microseconds: number };

export function createAutocannon(programs: Programs, core: number | undefined): LoadGenerator {
  return {
    name: 'autocannon',
    warning:
      'wrk was not found, so autocannon makes the load. It is slower than the servers and measures ' +
      'itself: ratios come out near 1 and say little. Debian, Ubuntu: apt-get install wrk',
    run: (load) => runProgram<LoadResult>(programs, 'load-autocannon', [JSON.stringify(load)], core),
  };
}

/** Runs one of the benchmark's own programs to its end; what it printed as JSON. @throws Error where it fails */
export async function runProgram<Result>(
  programs: Programs,
  name: ProgramName,
  args: readonly string[],
  core: number | undefined,
): Promise<Result> {
  return JSON.parse(await run([...pinnedTo(core), process.execPath, programs.path(name), ...args])) as Result;
}

/** Runs a program to its end; its standard output. @throws Error with what it said where it fails */
function run([command = '', ...args]: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const env = { ...process.env, NODE_OPTIONS: '' };
    const child = spawn(command, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    let complaints = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      complaints += text;
    });
    child.once('error', reject);
    child.once('close', (code) => {
      if (code === 0) resolve(output);
      else reject(new Error(`${command} ${args.join(' ')} ended with ${code}:\n${complaints || output}`));
    });
  });
}
