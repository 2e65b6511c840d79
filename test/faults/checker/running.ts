import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startCacheside } from '../../fixtures/cacheside.ts';
import { startSidecar } from '../../fixtures/sidecar.ts';
import type { PurgeReply, Running } from './replica.ts';
import { HOST } from './shop.ts';

/** Beyond the lease what is stored is trusted this long; ms. */
export const LEASE = 300;
export const CAP = 700;

/** The sidecars' configuration: a route for each shelf, each with another way to be told of purges. */
export function documentFor(redis: string, name: string, more = ''): string {
  return `
redis: { url: "${redis}", command-timeout: 100ms, connect-timeout: 200ms }
coherence: { lease: ${LEASE}ms, cap: ${CAP}ms, replica: ${name} }
# No connection is closed just as it is used again.
clients: { keep-alive: 10m }
${more}
routes:
  - { name: shelf0, match: "/products/0/:id", ttl: 300ms, stale-while-revalidate: 200ms, stale-if-error: 1s, ${TAGS(0)} }
  - { name: shelf1, match: "/products/1/:id", ttl: 1m, stale-if-error: 1m, ${TAGS(1)} }
  - { name: shelf2, match: "/products/2/:id", ttl: 1m, collapse: replicas, eager-refresh: 1%, ${TAGS(2)} }
  - { name: shelf3, match: "/products/3/:id", ttl: 1m, beyond-lease: bypass, ${TAGS(3)} }
`;
}

const TAGS = (shelf: number) => `tags: ["p-{id}", shelf-${shelf}], purge: ["p-{id}"]`;

/** A sidecar in this process. */
export async function startInProcess(upstream: string, document: string): Promise<Running> {
  const sidecar = await startSidecar(upstream, document);
  return {
    ask: (path, ask) => sidecar.ask(path, ask),
    purge: async (order) => read(await again(() => sidecar.purge(order))),
    state: async () => JSON.parse((await again(() => sidecar.admin('/stats'))).text).purges,
    faults: () => sidecar.log.filter(({ level }) => Number(level) >= 50).map((line) => JSON.stringify(line)),
    close: () => sidecar.close(),
  };
}

/** A sidecar as a process of its own. */
export async function startProcess(upstream: string, document: string): Promise<Running> {
  const folder = mkdtempSync(join(tmpdir(), 'checker-'));
  const file = join(folder, 'cacheside.yaml');
  writeFileSync(file, `upstream: ${upstream}\nlog: { level: error, access: false }\n${document}`);
  const process = await startCacheside(['--config', file], { host: HOST });
  return {
    ask: (path, ask) => process.get(path, ask),
    purge: async (order) => read(await again(() => process.admin('/purge', { method: 'POST', json: order }))),
    state: async () => JSON.parse((await again(() => process.admin('/stats'))).text).purges,
    faults: () => process.child.lines.filter((line) => /"level":(?:50|60)/.test(line)),
    async close() {
      await process.stop();
      rmSync(folder, { recursive: true, force: true });
    },
    async kill() {
      process.child.signal('SIGKILL');
      await process.child.exited;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** A kept connection may be closed just as it is used again; then no answer is a fault of nobody's. */
async function again<T>(ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ECONNRESET') return ask();
    throw error;
  }
}

function read({ status, text }: { readonly status: number; readonly text: string }): PurgeReply {
  const body = status === 200 || status === 202 ? JSON.parse(text) : {};
  const position = status === 200 && typeof body.position === 'number' ? body.position : undefined;
  return { status, position, all: body.replicas?.all === true, text: text.replace(/\s+/g, ' ') };
}
