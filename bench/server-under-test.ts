import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Child, startChild } from '../scripts/demo/child.ts';
import { pinnedTo } from './cores.ts';

/** A server as a process of its own, pinned to a core. */
export interface RunningServer {
  readonly url: string;
  readonly pid: number;
  stop(): Promise<void>;
}

/** Cacheside, and where it tells what it did. */
export interface RunningCacheside extends RunningServer {
  readonly adminUrl: string;
}

/** The tree that this file stands in, with what is built there. */
export const OWN_TREE = fileURLToPath(new URL('..', import.meta.url));
const YAML = fileURLToPath(new URL('proxy.yaml', import.meta.url));

/** Cacheside as shipped, and without one part of it, which shows what that part costs or buys. */
export type VariantId = 'shipped' | 'no-log' | 'no-fast-door' | 'no-fast-reader';

export const VARIANTS: Readonly<Record<VariantId, Variant>> = {
  'no-log': { name: 'Cacheside, no access log', accessLog: false, fastDoor: true, fastReader: true },
  shipped: { name: 'Cacheside', accessLog: true, fastDoor: true, fastReader: true },
  'no-fast-door': { name: 'Cacheside, no fast door', accessLog: true, fastDoor: false, fastReader: true },
  'no-fast-reader': { name: 'Cacheside, no fast reader', accessLog: true, fastDoor: true, fastReader: false },
};

interface Variant {
  readonly name: string;
  readonly accessLog: boolean;
  readonly fastDoor: boolean;
  readonly fastReader: boolean;
}

/** What bench/proxy.yaml is filled in with. */
export interface CachesideSettings {
  /** The folder that holds bin/cacheside and dist/. */
  readonly tree: string;
  readonly upstreamUrl: string;
  /** The memory tier's limit in MiB; 0: off. */
  readonly memory: number;
  readonly redisUrl: string | undefined;
  readonly accessLog: boolean;
  readonly fastDoor: boolean;
  readonly fastReader: boolean;
}

/** Starts the built bin/cacheside on free ports. */
export async function startCacheside(
  settings: CachesideSettings,
  core: number | undefined,
): Promise<RunningCacheside> {
  const child = start([process.execPath, join(settings.tree, 'bin/cacheside'), '--config', YAML], core, {
    UPSTREAM_URL: settings.upstreamUrl,
    MEMORY: settings.memory === 0 ? 'off' : `${settings.memory}MiB`,
    REDIS_URL: settings.redisUrl ?? '',
    ACCESS_LOG: String(settings.accessLog),
    FAST_DOOR: String(settings.fastDoor),
    FAST_READER: String(settings.fastReader),
  });
  const [, url = '', adminUrl = ''] = await child.line(/(http:\S+) in front of .* admin (http:\S+)/);
  return { ...running(child, url), adminUrl };
}

/** Starts a program of the benchmark (see programs.ts) and waits until it tells its URL. */
export async function startProgram(
  path: string,
  args: readonly string[],
  core: number | undefined,
): Promise<RunningServer> {
  const child = start([process.execPath, path, ...args], core);
  const [, url = ''] = await child.line(/listening on (\S+)/);
  return running(child, url);
}

export function running(child: Child, url: string): RunningServer {
  const { pid } = child;
  const stop = async () => void (await child.stop());
  return { url, pid, stop };
}

/**
 * Every server writes its standard output, the access log among it, to nowhere: nobody has to read it.
 * NODE_OPTIONS is not passed on: what runs is what is shipped.
 */
export function start(
  command: readonly string[],
  core: number | undefined,
  env: Readonly<Record<string, string>> = {},
): Child {
  const pinned = [...pinnedTo(core), ...command];
  const child = startChild('sh', ['-c', 'NODE_OPTIONS= exec "$@" >/dev/null', 'sh', ...pinned], { env });
  groups.add(child.pid);
  void child.exited.then(() => groups.delete(child.pid));
  return child;
}

/** Each server leads a process group. */
const groups = new Set<number>();

// A master that is killed leaves its workers behind: where this process ends before its servers, all are told.
process.on('exit', () => {
  for (const group of groups) {
    try {
      process.kill(-group, 'SIGTERM');
    } catch {
      // Gone already.
    }
  }
});
