import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

/** Ticks per second that /proc counts processor time in (proc(5), sysconf(_SC_CLK_TCK)). */
const TICKS = Number(spawnSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }).stdout) || 100;

/**
 * Processor time, user and system, of a process, its threads and all its descendants so far, those that have
 * ended among them; s. NaN without /proc.
 */
export function cpuSeconds(pid: number): number {
  const ticks = family(pid).flatMap((each) => statFields(each).slice(11, 15).map(Number));
  return ticks.length === 0 ? Number.NaN : ticks.reduce((sum, some) => sum + some, 0) / TICKS;
}

/**
 * The most resident memory that a process and each of its descendants ever had (VmHWM), added up; bytes. What
 * they share counts several times. NaN without /proc.
 */
export function peakMemory(pid: number): number {
  const sizes = family(pid).map((each) => /^VmHWM:\s*(\d+) kB/m.exec(read(each, 'status'))?.[1]);
  const known = sizes.filter((size) => size !== undefined);
  return known.length === 0 ? Number.NaN : known.reduce((sum, size) => sum + Number(size) * 1024, 0);
}

/** A process and its descendants that run; none without /proc. */
function family(pid: number): number[] {
  const parents = new Map<number, number>();
  for (const name of folders()) {
    const each = Number(name);
    if (Number.isInteger(each)) parents.set(each, Number(statFields(each)[1]));
  }
  const found = parents.has(pid) ? [pid] : [];
  for (const ancestor of found) {
    for (const [each, parent] of parents) if (parent === ancestor) found.push(each);
  }
  return found;
}

function folders(): string[] {
  try {
    return readdirSync('/proc');
  } catch {
    return [];
  }
}

/** The fields of /proc/PID/stat from the third on, the state; none where the process is gone. */
function statFields(pid: number): string[] {
  const stat = read(pid, 'stat');
  // The second field is the program's name in parentheses, which may hold anything.
  return stat === '' ? [] : stat.slice(stat.lastIndexOf(')') + 2).split(' ');
}

function read(pid: number, file: 'stat' | 'status'): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'latin1');
  } catch {
    return '';
  }
}
