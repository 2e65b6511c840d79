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

const BIN = fileURLToPath(new URL('../bin/cacheside', import.meta.url));
const YAML = fileURLToPath(new URL('proxy.yaml', import.meta.url));

/** What bench/proxy.yaml is filled in with. */
export interface CachesideSettings {
  readonly upstreamUrl: string;
  /** The memory tier's limit as the file has it, or `off`. */
  readonly memory: string;
  readonly redisUrl: string | undefined;
  readonly accessLog: boolean;
  readonly fastDoor: boolean;
}

/** Starts the built bin/cacheside on free ports. */
export async function startCacheside(
  settings: CachesideSettings,
  core: number | undefined,
): Promise<RunningCacheside> {
  const child = start([BIN, '--config', YAML], core, {
    UPSTREAM_URL: settings.upstreamUrl,
    MEMORY: settings.memory,
    REDIS_URL: settings.redisUrl ?? '',
    ACCESS_LOG: String(settings.accessLog),
    FAST_DOOR: String(settings.fastDoor),
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
  const child = start([path, ...args], core, {});
  const [, url = ''] = await child.line(/listening on (\S+)/);
  return running(child, url);
}

function running(child: Child, url: string): RunningServer {
  const { pid } = child;
  const stop = async () => void (await child.stop());
  return { url, pid, stop };
}

/**
 * Every server writes its standard output, the access log among it, to nowhere: nobody has to read it.
 * NODE_OPTIONS is not passed on: what runs is what is shipped.
 */
function start(
  args: readonly string[],
  core: number | undefined,
  env: Readonly<Record<string, string>>,
): Child {
  const command = [...pinnedTo(core), process.execPath, ...args];
  return startChild('sh', ['-c', 'NODE_OPTIONS= exec "$@" >/dev/null', 'sh', ...command], { env });
}
