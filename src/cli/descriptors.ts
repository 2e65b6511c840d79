import { readFileSync } from 'node:fs';
import type { Config } from '../config/config.ts';

/** Beside connections of clients and to the upstream: those of Redis and the admin port, files, what Node needs. */
const OTHERS = 100;

/** What a process of Cacheside may want to have open, and how much it may. */
export interface DescriptorShortage {
  readonly limit: number;
  readonly needed: number;
  readonly clients: number;
  readonly upstream: number;
}

/** Set where more may be wanted than `limit`; undefined where that suffices, or is not known. */
export function descriptorShortage(
  { downstream, upstream, workers }: Pick<Config, 'downstream' | 'upstream' | 'workers'>,
  limit = openFiles(),
): DescriptorShortage | undefined {
  const clients = Math.ceil(downstream.maxConnections / workers);
  const connections = Math.ceil(upstream.connections / workers);
  const needed = clients + connections + OTHERS;
  if (limit === undefined || limit >= needed) return undefined;
  return { limit, needed, clients, upstream: connections };
}

/** `ulimit -n` of this process, as Node has raised it; undefined where the system does not tell. */
function openFiles(): number | undefined {
  try {
    const soft = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1];
    return soft === undefined ? undefined : Number(soft);
  } catch {
    return undefined;
  }
}
