import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

/** A child process that is watched by its output lines and never left behind. */
export interface Child {
  readonly pid: number;
  /** What it wrote to stdout and stderr last, at most 1,000 lines. */
  readonly lines: readonly string[];
  /** Resolves with its exit code, or its signal's name. */
  readonly exited: Promise<number | string>;
  readonly running: boolean;
  /** Waits for an output line, also one already written. Rejects when the process ends or `withinMs` pass first. */
  line(pattern: RegExp, withinMs?: number): Promise<RegExpExecArray>;
  /** Hands on every line from now on. */
  follow(listener: (line: string) => void): void;
  signal(name: NodeJS.Signals): void;
  /** SIGTERM, and SIGKILL after `graceMs`; resolves once the process is gone. */
  stop(graceMs?: number): Promise<number | string>;
}

/** Ends `pid` as soon as this process is gone, however it went: the pipe to its stdin closes. */
function guard(pid: number): ChildProcess {
  const process_ = spawn('sh', ['-c', 'read _; kill -9 "$1"', 'sh', String(pid)], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  });
  process_.unref();
  return process_;
}

/** Starts `command` and follows its output. `env` is added to this process's environment. */
export function startChild(
  command: string,
  args: readonly string[],
  options: { env?: Readonly<Record<string, string>>; cwd?: string } = {},
): Child {
  const process_ = spawn(command, args, {
    cwd: options.cwd,
    env: { ...process.env, ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
    // Its own group: a Ctrl-C in the terminal reaches the parent alone, which then ends the children in order.
    detached: true,
  });
  const watchman = process_.pid === undefined ? undefined : guard(process_.pid);
  const lines: string[] = [];
  const watchers = new Set<(line: string) => void>();
  for (const stream of [process_.stdout, process_.stderr]) {
    createInterface({ input: stream }).on('line', (line) => {
      if (lines.push(line) > 1_000) lines.shift();
      for (const watcher of watchers) watcher(line);
    });
  }
  let running = true;
  const exited = new Promise<number | string>((resolve) => {
    process_.once('error', (error) => {
      lines.push(error.message);
      resolve(127);
    });
    process_.once('close', (code, signal) => resolve(code ?? signal ?? 1));
  }).finally(() => {
    running = false;
    watchman?.kill('SIGKILL');
  });

  const child: Child = {
    pid: process_.pid ?? 0,
    lines,
    exited,
    get running() {
      return running;
    },
    line(pattern, withinMs = 15_000) {
      for (const line of lines) {
        const found = pattern.exec(line);
        if (found !== null) return Promise.resolve(found);
      }
      return new Promise((resolve, reject) => {
        const settle = (finish: () => void) => {
          watchers.delete(watch);
          clearTimeout(timer);
          finish();
        };
        const told = () =>
          lines.length === 0 ? 'it said nothing' : `it said:\n${lines.slice(-20).join('\n')}`;
        const give = (why: string) =>
          settle(() => reject(new Error(`${command} ${args.join(' ')} ${why}; ${told()}`)));
        const watch = (line: string) => {
          const found = pattern.exec(line);
          if (found !== null) settle(() => resolve(found));
        };
        const timer = setTimeout(() => give(`did not print ${pattern} within ${withinMs} ms`), withinMs);
        watchers.add(watch);
        exited.then((code) => give(`ended with ${code}`));
      });
    },
    follow: (listener) => void watchers.add(listener),
    signal: (name) => void process_.kill(name),
    async stop(graceMs = 5_000) {
      process_.kill('SIGTERM');
      const timer = setTimeout(() => process_.kill('SIGKILL'), graceMs);
      const code = await exited;
      clearTimeout(timer);
      return code;
    },
  };
  return child;
}
