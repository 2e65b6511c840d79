import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';

const { PATH: searched, CACHESIDE_TEST_BUILT: built } = process.env;
/** What `npm test` has just built starts in half the time. */
const ENTRY: readonly string[] = built
  ? [fileURLToPath(new URL('../../bin/cacheside', import.meta.url))]
  : ['--import=tsx', fileURLToPath(new URL('./cacheside.ts', import.meta.url))];

/** The command line, for a shell: what tap put into the environment is left out. */
export const COMMAND = ['env', '-u', 'NODE_OPTIONS', process.execPath, ...ENTRY].join(' ');

export interface Finished {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The command line as a process of its own. */
export interface Running {
  readonly child: ChildProcessByStdio<null, Readable, Readable>;
  /** Resolves with the match once the output has it; rejects where the process ends before. */
  until(pattern: RegExp): Promise<RegExpExecArray>;
  readonly finished: Promise<Finished>;
}

/** Starts the command line, from its source where it may not be built, with this environment alone. */
export function start(args: readonly string[], env: Readonly<Record<string, string>> = {}): Running {
  // tap's own loader, which it slips into each process, loads no executable without an extension.
  const child = spawn('env', ['-u', 'NODE_OPTIONS', process.execPath, ...ENTRY, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: searched, ...env },
  });
  const output = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (chunk: string) => {
      output[name] += chunk;
      child.emit('output');
    });
  }
  const finished = once(child, 'close').then(([code]) => ({ code: code as number | null, ...output }));
  return {
    child,
    finished,
    async until(pattern) {
      for (;;) {
        const match = pattern.exec(output.stdout + output.stderr);
        if (match !== null) return match;
        const ended = await Promise.race([
          once(child, 'output').then(() => false),
          finished.then(() => true),
        ]);
        if (ended && !pattern.test(output.stdout + output.stderr)) {
          throw new Error(`ended without ${pattern}:\n${output.stdout}${output.stderr}`);
        }
      }
    },
  };
}

/** Runs the command line to its end. */
export function run(args: readonly string[], env?: Readonly<Record<string, string>>): Promise<Finished> {
  return start(args, env).finished;
}
