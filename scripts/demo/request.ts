import { Agent, request as httpRequest, type IncomingHttpHeaders } from 'node:http';

/** A request of the tour, sent for real and printable as the curl command that does the same. */
export interface DemoRequest {
  readonly method?: string;
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON. */
  readonly json?: unknown;
}

export interface DemoResponse {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** Empty where the field is absent. */
  readonly cacheStatus: string;
  readonly text: string;
  /** From sending the request to the last byte of the answer. */
  readonly ms: number;
}

const agent = new Agent({ keepAlive: true });

/** Sends it on a kept-alive connection. Rejects when no complete answer came within 10 s. */
export function send({ method = 'GET', url, headers = {}, json }: DemoRequest): Promise<DemoResponse> {
  const body = json === undefined ? undefined : JSON.stringify(json);
  const type = body === undefined ? {} : { 'content-type': 'application/json' };
  const signal = AbortSignal.timeout(10_000);
  return new Promise((resolve, reject) => {
    const started = performance.now();
    const req = httpRequest(url, { method, agent, signal, headers: { ...type, ...headers } }, (res) => {
      const chunks: Buffer[] = [];
      res.on('data', (chunk: Buffer) => chunks.push(chunk));
      res.on('error', reject);
      res.on('end', () => {
        resolve({
          status: res.statusCode ?? 0,
          headers: res.headers,
          cacheStatus: String(res.headers['cache-status'] ?? ''),
          text: Buffer.concat(chunks).toString(),
          ms: performance.now() - started,
        });
      });
    });
    req.on('error', reject);
    req.end(body);
  });
}

/** Lets go of the connections, or of the unused ones to one server, so that servers can end at once. */
export function hangUp(url?: string): void {
  if (url === undefined) return agent.destroy();
  const { hostname, port } = new URL(url);
  for (const socket of agent.freeSockets[`${hostname}:${port}:`] ?? []) socket.destroy();
}

/** The same request for a shell, quoted so that it can be pasted. */
export function asCurl({ method = 'GET', url, headers = {}, json }: DemoRequest): string {
  const parts = ['curl -i'];
  if (method !== 'GET') parts.push(`-X ${method}`);
  parts.push(/[?&]/.test(url) ? quote(url) : url);
  const type = json === undefined ? {} : { 'Content-Type': 'application/json' };
  for (const [name, value] of Object.entries({ ...type, ...headers }))
    parts.push(`-H ${quote(`${name}: ${value}`)}`);
  if (json !== undefined) parts.push(`-d ${quote(JSON.stringify(json))}`);
  return parts.join(' ');
}

function quote(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
