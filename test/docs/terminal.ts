import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setDesk } from './desk.ts';
import { type Served, serve } from './served.ts';

export interface Ran {
  /** Undefined where it ran to its end without an error. */
  readonly failed?: string;
  readonly stdout: string;
  readonly stderr: string;
}

/** A bash with `set -e` that goes through the commands of one page, as its reader does. */
export interface Terminal {
  /** Takes the commands in the page's words and runs them with this stage's ports. */
  run(commands: string): Promise<Ran>;
  /**
   * Starts commands that serve until they are stopped, one after the other, on ports of their own; the last goes on, and
   * the page's commands reach it. Resolves with what is wrong.
   */
  serve(commands: string): Promise<string[]>;
  /** Another number of the page. */
  name(number: string, port: number): void;
  /** Writes a file of the page. */
  write(name: string, text: string): void;
  /** The page's text with this stage's ports. */
  adapt(text: string): string;
  close(): Promise<void>;
}

export interface TerminalOptions {
  /** Numbers of the page, and what they are here. */
  readonly ports: ReadonlyMap<string, number>;
  readonly env?: Readonly<Record<string, string>>;
  /** Runs before the first commands, such as functions that stand in for programs. */
  readonly prelude?: string;
}

/** What waits longer is stuck; ms. */
const PATIENCE = 20_000;

/** Starts it, in a folder with copies of what pages name. */
export function openTerminal({ ports: given, env = {}, prelude = '' }: TerminalOptions): Terminal {
  const ports = new Map(given);
  const desk = setDesk(env);
  const loop = `set -e -o pipefail\n${prelude}
    while read -r file; do source "$file" >"$file.out" 2>"$file.err" </dev/null; echo done; done`;
  const shell = spawn('bash', ['-c', loop], {
    cwd: desk.folder,
    env: desk.env,
    stdio: ['pipe', 'pipe', 'ignore'],
    detached: true,
  });
  const gone = once(shell, 'exit');
  const lines = createInterface({ input: shell.stdout });
  let count = 0;
  let served: Served | undefined;
  const adapt = (text: string): string =>
    text.replace(/(?<![\d.])\d{4}\b/g, (number) => String(ports.get(number) ?? number));
  return {
    adapt,
    name: (number, port) => void ports.set(number, port),
    write: (name, text) => writeFileSync(join(desk.folder, name), adapt(text)),
    async run(commands) {
      if (shell.exitCode !== null) return { failed: 'bash has ended', stdout: '', stderr: '' };
      count += 1;
      const file = desk.file(`${count}.sh`);
      writeFileSync(file, `${adapt(commands)}\n`);
      let patience: NodeJS.Timeout | undefined;
      const finished = Promise.race([
        once(lines, 'line').then(() => undefined),
        gone.then(([code]) => `ended with ${code}`),
        new Promise<string>((resolve) => {
          patience = setTimeout(() => resolve(`still running after ${PATIENCE} ms`), PATIENCE);
        }),
      ]);
      shell.stdin.write(`${file}\n`);
      const failed = await finished;
      clearTimeout(patience);
      const ran = {
        stdout: readFileSync(`${file}.out`, 'utf8'),
        stderr: readFileSync(`${file}.err`, 'utf8'),
      };
      return failed === undefined ? ran : { failed, ...ran };
    },
    async serve(commands) {
      await served?.stop();
      served = await serve(commands, desk, adapt);
      for (const [number, port] of served.ports) ports.set(number, port);
      return served.wrong;
    },
    async close() {
      await served?.stop();
      try {
        if (shell.pid !== undefined) process.kill(-shell.pid, 'SIGKILL');
      } catch {
        // It has ended, and all that it started with it.
      }
      desk.clear();
    },
  };
}
