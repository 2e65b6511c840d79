import { PassThrough } from 'node:stream';
import { main } from '../../src/cli/main.ts';
import type { ExitCode, Terminal } from '../../src/cli/terminal.ts';
import { eventually } from '../fixtures/eventually.ts';

export interface TerminalOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** Of a terminal; without it nobody looks. */
  readonly size?: { readonly columns: number; readonly rows: number };
}

/** What came of a command. */
export interface Ran {
  readonly code: ExitCode;
  readonly stdout: string;
  readonly stderr: string;
}

/** A command that runs in this process. */
export interface Session {
  readonly ran: Promise<Ran>;
  /** Changes of raw mode. */
  readonly raw: readonly boolean[];
  /** Resolves once the output, of both kinds, matches. */
  until(pattern: RegExp): Promise<void>;
  type(keys: string): void;
  /** Ctrl-C. */
  interrupt(): void;
}

/** Starts the command line within this process. */
export function open(args: readonly string[], { env = {}, size }: TerminalOptions = {}): Session {
  const tty = size === undefined ? {} : { isTTY: true, ...size };
  const raw: boolean[] = [];
  const stdin = Object.assign(new PassThrough(), tty, { setRawMode: (isRaw: boolean) => raw.push(isRaw) });
  const stdout = Object.assign(new PassThrough(), tty);
  const stderr = Object.assign(new PassThrough(), tty);
  const said = { stdout: '', stderr: '' };
  stdout.setEncoding('utf8').on('data', (text) => {
    said.stdout += text;
  });
  stderr.setEncoding('utf8').on('data', (text) => {
    said.stderr += text;
  });
  let code: ExitCode = 0;
  const end = new AbortController();
  const terminal: Terminal = {
    env: { TERM: 'xterm', ...env },
    stdin,
    stdout,
    stderr,
    ended: () => end.signal,
    exit(told) {
      code = told;
    },
  };
  const run = async (): Promise<Ran> => {
    await main(['node', 'cacheside', ...args], terminal);
    // What was written last is read in a later turn.
    await new Promise((resolve) => setImmediate(resolve));
    return { code, ...said };
  };
  return {
    ran: run(),
    raw,
    until: (pattern) => eventually(() => pattern.test(said.stdout + said.stderr), 10_000),
    type: (keys) => void stdin.write(keys),
    interrupt: () => end.abort(),
  };
}
