import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** Where the parts of a run are pinned; undefined: nowhere, the scheduler decides. */
export interface Cores {
  readonly server: number;
  /** The load generator's, and on a machine with two cores the upstream's and Redis's too. */
  readonly load: number;
  readonly behind: number;
}

/** Different cores for server and load; undefined without `taskset` or with one core alone. */
export function chooseCores(): Cores | undefined {
  if (spawnSync('taskset', ['--version']).error !== undefined) return undefined;
  const [server, load, behind = load] = allowedCores();
  return server === undefined || load === undefined || behind === undefined
    ? undefined
    : { server, load, behind };
}

/** The command in front of another that pins it; nothing where there is no core to pin to. */
export function pinnedTo(core: number | undefined): readonly string[] {
  return core === undefined ? [] : ['taskset', '-c', String(core)];
}

/** Pins a process that runs already. */
export function pin(pid: number, core: number | undefined): void {
  if (core !== undefined) spawnSync('taskset', ['-a', '-c', '-p', String(core), String(pid)]);
}

/** Cores this process may run on, from a list such as `0-3,8`. */
function allowedCores(): number[] {
  const list = /^Cpus_allowed_list:\s*(\S+)/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? '';
  return list.split(',').flatMap((part) => {
    const [first = 0, last = first] = part.split('-').map(Number);
    return Array.from({ length: last - first + 1 }, (_, i) => first + i);
  });
}
