import { accessSync, constants } from 'node:fs';
import { basename } from 'node:path';

/** MiB that each of V8's young spaces may grow to; by itself 32, three of them, and as much again in buffers. */
const YOUNG = 4;

/** Bytes from which on a buffer is given back as soon as it is free. glibc would raise it to 32 MiB by and by. */
const MAPPED = 128 * 1024;

type Execve = (file: string, args: readonly string[], env: NodeJS.ProcessEnv) => never;

/**
 * Starts this process anew, in its place, with what keeps its memory small and can only be said at the start: how far the
 * young generation may grow (workers inherit it), and that glibc use one arena, since what is freed in many is
 * hardly ever used again. Returns where that was said by whoever started it – MALLOC_ARENA_MAX is set –, where Node
 * cannot – before 22.15, or on Windows –, and for a command that is over in a moment.
 */
export function takeProcessSettings(): void {
  const { env, execPath, execArgv, argv, channel } = process;
  if (!servesProxy(argv[2])) return;
  const { MALLOC_ARENA_MAX, MALLOC_MMAP_THRESHOLD_ = String(MAPPED), NODE_OPTIONS = '' } = env;
  // A parent's channel would not outlive it, nor a debugger's session.
  if (MALLOC_ARENA_MAX !== undefined || channel !== undefined) return;
  const said = [...execArgv, NODE_OPTIONS].join(' ');
  if (said.includes('--inspect') || !isNode(execPath)) return;
  const { execve } = process as NodeJS.Process & { readonly execve?: Execve };
  if (execve === undefined || process.platform === 'win32') return;
  const young = /max.semi.space.size/.test(said) ? [] : [`--max-semi-space-size=${YOUNG}`];
  try {
    execve.call(process, execPath, [execPath, ...execArgv, ...young, ...argv.slice(1)], {
      ...env,
      MALLOC_ARENA_MAX: '1',
      MALLOC_MMAP_THRESHOLD_,
    });
  } catch {
    // Not permitted (--permission): it does without.
  }
}

/** Without a command, or with that one, the proxy is run; options of a command stand behind its name. */
function servesProxy(first = ''): boolean {
  return first === '' || first.startsWith('-') || first === 'serve';
}

/** Under its loader, or once it was replaced by another file, it cannot be started anew: a failure would end the process. */
function isNode(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return basename(path).startsWith('node');
  } catch {
    return false;
  }
}
