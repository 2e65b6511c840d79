import { get } from 'node:http';

/** An answer to give again: the fields that node:http does not write by itself, and the body. */
export interface ShownAnswer {
  readonly status: number;
  readonly fields: readonly string[];
  readonly body: Buffer;
  /** The server takes further requests on the same connection. */
  readonly keepsAlive: boolean;
}

const OWN_FIELDS = new Set(['connection', 'keep-alive']);

/** Fetches `url` once, with these field lines. Rejects where it is not answered within 10 s. */
export function fetchAnswer(url: string, lines: readonly string[] = []): Promise<ShownAnswer> {
  const headers = Object.fromEntries(lines.map((line) => line.split(/: (.*)/s).slice(0, 2)));
  return new Promise((resolve, reject) => {
    const options = { agent: false, timeout: 10_000 };
    const req = get(url, { ...options, headers: { ...headers, Connection: 'keep-alive' } }, (res) => {
      const chunks: Buffer[] = [];
      res.on('data', (chunk: Buffer) => chunks.push(chunk));
      res.on('error', reject);
      res.on('end', () => {
        req.destroy();
        const { statusCode: status = 0, rawHeaders, headers: read } = res;
        const keepsAlive = read.connection !== 'close';
        resolve({ status, fields: withoutOwn(rawHeaders), body: Buffer.concat(chunks), keepsAlive });
      });
    });
    req.on('timeout', () => req.destroy(new Error(`${url} does not answer`)));
    req.on('error', reject);
  });
}

function withoutOwn(rawHeaders: readonly string[]): string[] {
  const kept: string[] = [];
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const [name = '', value = ''] = rawHeaders.slice(i, i + 2);
    if (!OWN_FIELDS.has(name.toLowerCase())) kept.push(name, value);
  }
  return kept;
}
