import type { Readable, Writable } from 'node:stream';
import type { Environment } from '../config/interpolation.ts';

/** What the shell is told: fine, a problem at run, bad usage or configuration, done but not all of it. */
export type ExitCode = 0 | 1 | 2 | 3;

/** A stream that may be a terminal, `columns` wide and `rows` high. */
export type Output = Writable & {
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
};

export type Input = Readable & {
  readonly isTTY?: boolean;
  setRawMode?(isRaw: boolean): unknown;
};

/** Where a command reads and writes, and whom it tells how it ended. */
export interface Terminal {
  readonly env: Environment;
  readonly stdin: Input;
  /** What was asked for, and nothing else. */
  readonly stdout: Output;
  /** What is said to people. */
  readonly stderr: Output;
  /** Aborts with the first SIGINT or SIGTERM once it was asked for, and when nobody reads `stdout` any more. */
  ended(): AbortSignal;
  exit(code: ExitCode): void;
}

/** This process. */
export function processTerminal(): Terminal {
  const { env, stdin, stdout, stderr } = process;
  const end = new AbortController();
  // Whoever reads them may be gone.
  stdout.on('error', () => end.abort());
  stderr.on('error', () => {});
  let isHeld = false;
  return {
    env,
    stdin,
    stdout,
    stderr,
    ended() {
      if (!isHeld)
        for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => end.abort());
      isHeld = true;
      return end.signal;
    },
    exit(code) {
      process.exitCode = code;
    },
  };
}

/** Colours only where a terminal shows them, and nobody asked for none (https://no-color.org). */
export function isColored({ env }: Terminal, output: Output): boolean {
  return output.isTTY === true && !env['NO_COLOR'] && env['TERM'] !== 'dumb';
}
