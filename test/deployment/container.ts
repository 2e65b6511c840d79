import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Image } from '../../scripts/image/build.ts';
import { findBinary } from '../fixtures/redis-server.ts';
import { listenTo } from './output.ts';

const UNSHARE = findBinary('unshare') ?? '';
const NSENTER = findBinary('nsenter') ?? '';
/** What the test runner puts into NODE_OPTIONS would load its hooks inside. */
const ENV = findBinary('env') ?? '';
const PLAIN = ['-u', 'NODE_OPTIONS'];
const OWN = ['--mount', '--pid', '--fork', '--kill-child'];

/** Whether processes and mounts of their own can be made here: as root on Linux, where nobody forbids it. */
export const canContain = NSENTER !== '' && spawnSync(UNSHARE, [...OWN, 'true']).status === 0;

/**
 * Node and the libraries of this machine stand in for those of the base. All of it is read-only, and there is no /tmp.
 * Its variables are those of the image, but while the folders are prepared.
 */
const ENTER = `
set -e
path=$PATH
PATH=/usr/sbin:/usr/bin:/sbin:/bin
root=$1 node=$2 user=$3
shift 3
mount --bind "$root" "$root"
for libraries in lib lib64 usr/lib; do
  if [ -d /$libraries ]; then mount --bind -o ro /$libraries "$root/$libraries"; fi
done
mount --bind "$node" "$root/nodejs/bin/node"
mount -t proc proc "$root/proc"
mount -o remount,bind,ro "$root"
enter=$(command -v chroot)
PATH=$path
exec "$enter" --userspec="$user" "$root" "$@"
`;

/** An image at work. */
export interface Container {
  /** As the machine counts; 1 inside. */
  readonly pid: number;
  /** Both outputs so far. */
  output(): string;
  /** Runs words inside, as `docker exec` and a health check do. */
  exec(words: readonly string[]): { readonly status: number | null; readonly output: string };
  /** What `docker stop` sends; resolves with the exit code. */
  stop(): Promise<number | null>;
}

/** Runs the image with these arguments behind its entry point, and more variables; resolves once it listens. */
export async function startContainer(
  image: Image,
  args: readonly string[],
  more: Readonly<Record<string, string>> = {},
): Promise<Container> {
  for (const folder of ['lib', 'lib64', 'usr/lib', 'proc', 'nodejs/bin'])
    mkdirSync(join(image.root, folder), { recursive: true });
  writeFileSync(join(image.root, 'nodejs/bin/node'), '');
  const env = { ...image.env, ...more };
  const words = [image.root, process.execPath, image.user, ...image.entrypoint, ...args];
  const child = spawn(ENV, [...PLAIN, UNSHARE, ...OWN, '/bin/sh', '-c', ENTER, 'sh', ...words], { env });
  const { text, until, ended } = listenTo(child);
  await until(/ in front of /);
  const pid = Number(readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8'));
  const [uid = '', gid = ''] = image.user.split(':');
  return {
    pid,
    output: text,
    exec(inside) {
      const enter = ['--target', String(pid), '--mount', '--pid', '--root', '--setuid', uid, '--setgid', gid];
      const { status, stdout, stderr } = spawnSync(ENV, [...PLAIN, NSENTER, ...enter, ...inside], {
        env,
        encoding: 'utf8',
      });
      return { status, output: stdout + stderr };
    },
    async stop() {
      if (child.exitCode === null) process.kill(pid, image.stopSignal as NodeJS.Signals);
      return await ended;
    },
  };
}
