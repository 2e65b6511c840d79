/** One final answer as a client reads it; latin1. */
export interface ReadAnswer {
  readonly status: number;
  /** Names in lower case. */
  readonly fields: ReadonlyMap<string, string>;
  readonly body: string;
}

/** All that a client was told. */
export interface Told {
  readonly answers: readonly ReadAnswer[];
  /** Statuses of interim answers. */
  readonly interim: readonly number[];
  /** What is no answer, or half a one. */
  readonly rest: string;
}

const HEAD = /HTTP\/1\.1 (\d{3}) [^\r\n]*\r\n((?:[^\r\n:]+:[^\r\n]*\r\n)*)\r\n/y;
const CHUNK = /([0-9a-f]+)\r\n/y;

/** Reads answers by the lengths that they name (RFC 9112 §6.3). `methods`: of what is answered, as far as it could be read. */
export function readAnswers(text: string, methods: readonly string[]): Told {
  const answers: ReadAnswer[] = [];
  const interim: number[] = [];
  let at = 0;
  while (at < text.length) {
    HEAD.lastIndex = at;
    const head = HEAD.exec(text);
    if (head === null) break;
    const status = Number(head[1]);
    const from = HEAD.lastIndex;
    if (status < 200) {
      interim.push(status);
      at = from;
      continue;
    }
    const fields = new Map(
      (head[2] ?? '')
        .split('\r\n')
        .slice(0, -1)
        .map((line): [string, string] => {
          const colon = line.indexOf(':');
          return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
        }),
    );
    // Behind what could not be read nobody knows of what it was; its answer is the last.
    const isBodiless =
      methods[answers.length] === 'HEAD' || (answers.length >= methods.length && from === text.length);
    const content = isBodiless ? { body: '', end: from } : contentOf(text, from, fields);
    if (content === undefined) break;
    answers.push({ status, fields, body: content.body });
    at = content.end;
  }
  return { answers, interim, rest: text.slice(at) };
}

/** undefined where it is not whole. */
function contentOf(
  text: string,
  from: number,
  fields: ReadonlyMap<string, string>,
): { readonly body: string; readonly end: number } | undefined {
  const length = fields.get('content-length');
  if (length !== undefined) {
    const end = from + Number(length);
    return end > text.length ? undefined : { body: text.slice(from, end), end };
  }
  if (fields.get('transfer-encoding')?.toLowerCase() !== 'chunked')
    return { body: text.slice(from), end: text.length };
  let body = '';
  for (let at = from; ; ) {
    CHUNK.lastIndex = at;
    const size = Number.parseInt(CHUNK.exec(text)?.[1] ?? '', 16);
    if (Number.isNaN(size)) return undefined;
    const data = CHUNK.lastIndex;
    at = data + size + 2;
    if (at > text.length || !text.startsWith('\r\n', at - 2)) return undefined;
    body += text.slice(data, data + size);
    if (size === 0) return { body, end: at };
  }
}
