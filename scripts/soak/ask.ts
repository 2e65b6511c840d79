import { Agent, type IncomingHttpHeaders, request } from 'node:http';

/** How a request fared. */
export type Fate =
  /** Nobody took the connection. */
  | { readonly kind: 'refused' }
  /** The connection ended, or nothing came for too long, before the answer was whole. */
  | { readonly kind: 'cut'; readonly why: string }
  | {
      readonly kind: 'answered';
      readonly status: number;
      readonly headers: IncomingHttpHeaders;
      readonly body: Buffer;
    };

export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** Longer than any answer may take: time-outs are 5 s. ms. */
const PATIENCE = 15_000;

/** A client with kept connections to one sidecar. */
export function openClient(url: () => string): { ask(asked: Asked): Promise<Fate>; close(): void } {
  const agent = new Agent({ keepAlive: true, maxSockets: 256 });
  return {
    ask: ({ method, path, headers }) =>
      new Promise((resolve) => {
        const options = { method, headers: { host: 'shop.test', ...headers }, agent };
        const req = request(url() + path, options, (res) => {
          const chunks: Buffer[] = [];
          res.on('data', (chunk: Buffer) => chunks.push(chunk));
          res.on('error', (error) => resolve({ kind: 'cut', why: error.message }));
          res.on('end', () => {
            const { statusCode: status = 0, headers } = res;
            resolve({ kind: 'answered', status, headers, body: Buffer.concat(chunks) });
          });
        });
        req.setTimeout(PATIENCE, () => req.destroy(new Error(`nothing for ${PATIENCE} ms`)));
        req.on('error', (error: NodeJS.ErrnoException) =>
          resolve(error.code === 'ECONNREFUSED' ? { kind: 'refused' } : { kind: 'cut', why: error.message }),
        );
        req.end();
      }),
    close: () => agent.destroy(),
  };
}
