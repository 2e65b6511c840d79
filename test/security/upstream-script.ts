import { once } from 'node:events';
import type { Socket } from 'node:net';
import { type RawUpstream, startRawUpstream } from '../fixtures/raw-upstream.ts';
import type { Wire } from '../fixtures/sidecar.ts';
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

/** What a client makes of the bytes it got. */
export interface Seen {
  readonly status: number;
  /** `Name: value` each, as they came. */
  readonly lines: readonly string[];
  readonly body: string;
}

/** The final answer at the start of `text`, behind interim ones; undefined while it is not whole. */
export function readAnswer(text: string, method: string): Seen | undefined {
  let rest = text;
  for (;;) {
    const end = rest.indexOf('\r\n\r\n');
    const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(rest)?.[1]);
    if (end < 0 || Number.isNaN(status)) return undefined;
    const [, ...lines] = rest.slice(0, end).split('\r\n');
    rest = rest.slice(end + 4);
    if (status < 200) continue;
    const value = (name: string) => lines.find((line) => line.toLowerCase().startsWith(`${name}: `));
    const length = value('content-length');
    const isEmpty = method === 'HEAD' || status === 204 || status === 304;
    const body = isEmpty ? rest : length === undefined ? unchunked(rest) : rest;
    if (body === undefined) return undefined;
    if (!isEmpty && length !== undefined && body.length < Number(length.slice(16))) return undefined;
    return { status, lines, body };
  }
}

function unchunked(text: string): string | undefined {
  let body = '';
  for (let rest = text; ; ) {
    const size = /^([0-9a-f]+)\r\n/i.exec(rest);
    if (size === null) return undefined;
    const bytes = Number.parseInt(size[1] ?? '', 16);
    if (bytes === 0) return rest === '0\r\n\r\n' ? body : undefined;
    const from = size[0].length;
    if (rest.length < from + bytes + 2) return undefined;
    body += rest.slice(from, from + bytes);
    rest = rest.slice(from + bytes + 2);
  }
}

/** Sends one request and waits for its end; `cut` where the connection ended before the answer did. */
export async function exchange(
  wire: Wire,
  method: string,
  path: string,
  more = '',
  body = '',
): Promise<Seen | 'cut'> {
  const before = wire.text.length;
  wire.send(`${method} ${path} HTTP/1.1\r\nHost: a.test\r\n${more}\r\n${body}`);
  const seen = () => readAnswer(wire.text.slice(before), method);
  await wire.until(() => seen() !== undefined).catch(() => {});
  return seen() ?? 'cut';
}
