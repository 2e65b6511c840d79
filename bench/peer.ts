import { mkdirSync, writeFileSync } from 'node:fs';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort } from '../test/fixtures/redis-server.ts';
import { nginxCommand, nginxConf, nginxVersion } from './nginx.ts';
import type { Programs } from './programs.ts';
import { type RunningServer, running, start, startProgram } from './server-under-test.ts';
import { varnishCommand, varnishVcl, varnishVersion } from './varnish.ts';

/** What Cacheside is compared with. */
export const PEER_NAMES = {
  nginx: 'nginx',
  varnish: 'Varnish',
  'lru-cache': 'node:http + undici + lru-cache',
  'undici-cache': 'node:http + undici cache',
  bentocache: 'node:http + BentoCache',
  bare: 'bare node:http',
  /** No server: a loop of commands. */
  'ioredis-loop': 'ioredis getBuffer loop',
} as const;

export type PeerId = keyof typeof PEER_NAMES;

/** Of each server that is no package: its version, or undefined where it is not installed. */
export function installedServers(): Readonly<Partial<Record<PeerId, string | undefined>>> {
  return { nginx: nginxVersion(), varnish: varnishVersion() };
}

export interface PeerSettings {
  readonly programs: Programs;
  readonly upstreamUrl: string;
  readonly redisUrl: string | undefined;
  /** Limit of what is stored; bytes. */
  readonly memory: number;
  /** Of the upstream's bodies; bytes. */
  readonly largestBody: number;
  /** Where Cacheside gives the answer that the bare server repeats. */
  readonly shownUrl: string;
  /** A new folder for all that it writes. */
  readonly folder: string;
}

/** Starts a peer on a free port; resolves once it accepts connections. */
export async function startPeer(
  id: Exclude<PeerId, 'ioredis-loop'>,
  settings: PeerSettings,
  core: number | undefined,
): Promise<RunningServer> {
  const { programs, upstreamUrl, redisUrl = '', memory, shownUrl } = settings;
  switch (id) {
    case 'nginx':
      return startNginx(settings, core);
    case 'varnish':
      return startVarnish(settings, core);
    case 'bare':
      return startProgram(programs.path('peer-bare'), [shownUrl], core);
    case 'bentocache':
      return startProgram(programs.path('peer-bentocache'), [upstreamUrl, redisUrl], core);
    case 'lru-cache':
    case 'undici-cache':
      return startProgram(programs.path(`peer-${id}`), [upstreamUrl, String(memory)], core);
    default:
      return id satisfies never;
  }
}

async function startNginx(settings: PeerSettings, core: number | undefined): Promise<RunningServer> {
  const { folder } = settings;
  const port = await freePort();
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'nginx.conf'), nginxConf({ ...settings, port }, process.getuid?.() === 0));
  return listening(nginxCommand(settings), port, core);
}

async function startVarnish(settings: PeerSettings, core: number | undefined): Promise<RunningServer> {
  const { folder, upstreamUrl } = settings;
  const port = await freePort();
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'bench.vcl'), varnishVcl(upstreamUrl));
  return listening(varnishCommand({ ...settings, port }), port, core);
}

async function listening(
  command: readonly string[],
  port: number,
  core: number | undefined,
): Promise<RunningServer> {
  const child = start(command, core);
  for (const until = performance.now() + 15_000; !(await accepts(port)); await delay(2)) {
    if (child.running && performance.now() < until) continue;
    await child.stop();
    throw new Error(`${command[0]} does not listen; it said:\n${child.lines.join('\n')}`);
  }
  return running(child, `http://127.0.0.1:${port}`);
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection({ host: '127.0.0.1', port });
    const end = (accepted: boolean) => {
      socket.destroy();
      resolve(accepted);
    };
    socket.once('connect', () => end(true)).once('error', () => end(false));
  });
}
