import { spawn, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { pinnedTo } from './cores.ts';
import type { Programs } from './programs.ts';

/** Which paths to ask for: always one, `count` in turn, or none twice (`prefix` must be new each time). */
export type Paths =
  | { readonly kind: 'one'; readonly path: string }
  | { readonly kind: 'cycle'; readonly prefix: string; readonly count: number }
  | { readonly kind: 'new'; readonly prefix: string };

/** Keep-alive connections that each ask again as soon as they are answered. */
export interface Load {
  /** Scheme, host and port. */
  readonly url: string;
  readonly seconds: number;
  readonly connections: number;
  readonly paths: Paths;
}

export interface LoadResult {
  readonly requests: number;
  readonly requestsPerSecond: number;
  /** ms. */
  readonly p50: number;
  /** ms. */
  readonly p99: number;
  /** Failed connections, time-outs and statuses that are not a success. */
  readonly errors: number;
}

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
    async run({ url, seconds, connections, paths }) {
      const [target, ...rest] = argumentsFor(paths);
      const fixed = ['wrk', '-t1', `-c${connections}`, `-d${seconds}s`, '--timeout', '10s', '-s', SCRIPT];
      const path = paths.kind === 'one' ? paths.path : '/';
      const output = await run([...pinnedTo(core), ...fixed, url + path, '--', paths.kind, target, ...rest]);
      const figures = JSON.parse(/^\{.*\}$/m.exec(output)?.[0] ?? 'null') as WrkFigures | null;
      if (figures === null) throw new Error(`wrk told no figures:\n${output}`);
      const { requests, microseconds, p50, p99, errors } = figures;
      const requestsPerSecond = (requests / microseconds) * 1e6;
      return { requests, requestsPerSecond, p50: p50 / 1000, p99: p99 / 1000, errors };
    },
  };
}

/** What load.lua prints; times in µs. */
interface WrkFigures {
  readonly requests: number;
  readonly microseconds: number;
  readonly p50: number;
  readonly p99: number;
  readonly errors: number;
}

function argumentsFor(paths: Paths): [string, ...string[]] {
  if (paths.kind === 'one') return [paths.path];
  return paths.kind === 'cycle' ? [paths.prefix, String(paths.count)] : [paths.prefix];
}

export function createAutocannon(programs: Programs, core: number | undefined): LoadGenerator {
  return {
    name: 'autocannon',
    warning:
      'wrk was not found, so autocannon makes the load. It is slower than the servers and measures ' +
      'itself: ratios come out near 1 and say little. Debian, Ubuntu: apt-get install wrk',
    async run(load) {
      const program = [process.execPath, programs.path('load-autocannon'), JSON.stringify(load)];
      return JSON.parse(await run([...pinnedTo(core), ...program])) as LoadResult;
    },
  };
}

/** Runs a program to its end; its standard output. @throws Error with what it said where it fails */
function run([command = '', ...args]: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
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
