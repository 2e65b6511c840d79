import { once } from 'node:events';
import type { Socket } from 'node:net';
import { type RawUpstream, startRawUpstream } from '../fixtures/raw-upstream.ts';
import { pause } from '../proxy/start.ts';

/** Ends the upstream's side of the connection; resets it; lets what was sent arrive by itself. */
export const FIN = '<fin>';
export const RESET = '<reset>';
export const PAUSE = '<pause>';
/** What the upstream sends: bytes (latin1), and these. */
export type Script = readonly string[];

/** Plays a script on a connection. */
export async function play(socket: Socket, script: Script): Promise<void> {
  for (const step of script) {
    if (socket.destroyed) return;
    if (step === FIN) socket.end();
    else if (step === RESET) socket.resetAndDestroy();
    else if (step === PAUSE) await pause(4);
    // What was handed to the kernel arrives, whatever comes behind it.
    else if (step !== '') await new Promise((resolve) => socket.write(step, 'latin1', resolve));
  }
}

/** One request as a scripted upstream received it. */
export interface Played {
  readonly path: string;
  readonly head: string;
  readonly socket: Socket;
  /** 1: the first on its connection. */
  readonly onConnection: number;
}

/** An upstream that answers each path by its scripts, one a request; and from then on with `clean`. */
export interface ScriptedUpstream extends RawUpstream {
  readonly played: readonly Played[];
  readonly scripts: Map<string, Script[]>;
  /** Resolves once all that was begun has been sent. */
  settled(): Promise<unknown>;
}

export const CLEAN = 'HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\nContent-Length: 5\r\n\r\nclean';

/** `more`: field lines of the clean answer. */
export async function startScriptedUpstream(more = ''): Promise<ScriptedUpstream> {
  const played: Played[] = [];
  const scripts = new Map<string, Script[]>();
  const clean = CLEAN.replace('\r\n', `\r\n${more}`);
  const seen = new WeakMap<Socket, number>();
  let playing: Promise<unknown> = Promise.resolve();
  const upstream = await startRawUpstream((socket, head) => {
    const [method, path = ''] = head.split(' ');
    const onConnection = (seen.get(socket) ?? 0) + 1;
    seen.set(socket, onConnection);
    played.push({ path, head, socket, onConnection });
    const script = scripts.get(path)?.shift() ?? [method === 'HEAD' ? clean.slice(0, -5) : clean];
    playing = Promise.all([playing, play(socket, script)]);
  });
  return { ...upstream, played, scripts, settled: () => playing };
}

/** Resolves once nothing more can come from this connection, or with false after a second. */
export async function isDropped(socket: Socket): Promise<boolean> {
  if (socket.destroyed) return true;
  return once(socket, 'close', { signal: AbortSignal.timeout(1_000) }).then(
    () => true,
    () => false,
  );
}
