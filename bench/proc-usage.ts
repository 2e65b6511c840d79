import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** Ticks per second that /proc counts processor time in (proc(5), sysconf(_SC_CLK_TCK)). */
const TICKS = Number(spawnSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }).stdout) || 100;

/** Processor time of a process and its threads so far, user and system, in seconds; NaN without /proc. */
export function cpuSeconds(pid: number): number {
  const stat = read(pid, 'stat');
  // The second field is the program's name in parentheses, which may hold anything.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11] ?? Number.NaN) + Number(fields[12] ?? Number.NaN)) / TICKS;
}

/** The most resident memory that a process ever had (VmHWM), in bytes; NaN without /proc. */
export function peakMemory(pid: number): number {
  const kibibytes = /^VmHWM:\s*(\d+) kB/m.exec(read(pid, 'status'))?.[1];
  return kibibytes === undefined ? Number.NaN : Number(kibibytes) * 1024;
}

function read(pid: number, file: 'stat' | 'status'): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'latin1');
  } catch {
    return '';
  }
}
