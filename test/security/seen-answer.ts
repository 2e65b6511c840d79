import type { Wire } from '../fixtures/sidecar.ts';

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
