import type { IncomingHttpHeaders } from 'node:http';
import type { Dispatcher, Pool } from 'undici';

/** An answer of the upstream, ready to be given. Times in ms since the epoch. */
export interface Answer {
  readonly status: number;
  /** Names and values in turn, without those of the connection. */
  readonly fields: string[];
  readonly body: Buffer;
  readonly etag: string | undefined;
  readonly at: number;
  readonly freshUntil: number;
  /** From `freshUntil` on it is renewed in the background. */
  readonly usableUntil: number;
  readonly storable: boolean;
}

/**
 * Fetches `path`, or validates what is `known` of it. With undici's dispatch, which hands over chunks without
 * a stream. Rejects where the upstream fails.
 */
export function fetchFrom(
  pool: Pool,
  path: string,
  { host, 'if-none-match': _, connection: __, ...rest }: IncomingHttpHeaders,
  known: Answer | undefined,
): Promise<Answer> {
  const headers: IncomingHttpHeaders = { host, ...rest };
  if (known?.etag !== undefined) headers['if-none-match'] = known.etag;
  return new Promise((resolve, reject) => {
    let status = 0;
    let answered: IncomingHttpHeaders = {};
    const chunks: Buffer[] = [];
    const handler: Dispatcher.DispatchHandler = {
      onRequestStart() {},
      onResponseStart(_controller, statusCode, fields) {
        status = statusCode;
        answered = fields;
      },
      onResponseData(_controller, chunk) {
        chunks.push(chunk);
      },
      onResponseEnd() {
        const validated = status === 304 && known !== undefined;
        const body = validated ? known.body : chunks.length === 1 ? chunks[0] : Buffer.concat(chunks);
        const fields = validated ? known.fields : endToEnd(answered);
        const { etag } = validated ? known : answered;
        resolve({ status: validated ? 200 : status, fields, body: own(body), etag, ...lifetime(answered) });
      },
      onResponseError(_controller, error) {
        reject(error);
      },
    };
    pool.dispatch({ method: 'GET', path, headers }, handler);
  });
}

/** A chunk may be a slice of a much larger read buffer. */
function own(body: Buffer = Buffer.alloc(0)): Buffer {
  if (body.buffer.byteLength <= body.length * 2) return body;
  const copy = Buffer.allocUnsafeSlow(body.length);
  body.copy(copy);
  return copy;
}

function endToEnd(answered: IncomingHttpHeaders): string[] {
  const fields: string[] = [];
  for (const name in answered) {
    if (name !== 'connection' && name !== 'keep-alive') fields.push(name, String(answered[name]));
  }
  return fields;
}

const MAX_AGE = /\bmax-age=(\d+)/;
const STALE_WHILE_REVALIDATE = /\bstale-while-revalidate=(\d+)/;

function lifetime(answered: IncomingHttpHeaders) {
  const control = answered['cache-control'] ?? '';
  const at = Date.now();
  const freshUntil = at + (control.includes('no-cache') ? 0 : milliseconds(MAX_AGE, control));
  const usableUntil = freshUntil + milliseconds(STALE_WHILE_REVALIDATE, control);
  return { at, freshUntil, usableUntil, storable: !/no-store|private/.test(control) };
}

function milliseconds(directive: RegExp, control: string): number {
  return Number(directive.exec(control)?.[1] ?? 0) * 1000;
}
