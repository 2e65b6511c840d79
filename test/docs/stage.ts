import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createApplication } from '../../examples/product-api/application.ts';
import { openCatalogue } from '../../examples/product-api/catalogue.ts';
import { startRedis } from '../fixtures/redis-server.ts';
import { type Sidecar, startSidecar } from '../fixtures/sidecar.ts';
import { ROOT } from './page.ts';

/** What the commands of all pages find running. */
export interface Stage {
  readonly sidecar: Sidecar;
  /** Ports as the pages write them, and as they are here. */
  readonly ports: Map<string, number>;
  readonly upstream: string;
  readonly redis: string;
  close(): Promise<void>;
}

/** The product API of the examples, Redis, and Cacheside with proxy.example.yaml, its admin port open on loopback. */
export async function openStage(): Promise<Stage> {
  const folder = mkdtempSync(join(tmpdir(), 'cacheside-stage-'));
  const catalogue = openCatalogue(join(folder, 'products.db'));
  const api = createServer(createApplication(catalogue, { latency: 0, cacheControl: undefined }));
  await new Promise<void>((resolve) => void api.listen(0, '127.0.0.1', resolve));
  const address = api.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const upstream = `http://127.0.0.1:${port}`;
  const redis = await startRedis();
  const example = readFileSync(join(ROOT, 'proxy.example.yaml'), 'utf8');
  const document = `${example
    .replace(/\$\{UPSTREAM_URL[^}]*\}/, upstream)
    .replace(/\$\{REDIS_URL[^}]*\}/, redis.url)}\nlog: { access: false }\n`;
  const sidecar = await startSidecar(upstream, document);
  const ports = new Map([
    ['8080', sidecar.port],
    ['9090', sidecar.adminPort],
    ['3000', port],
    ['6379', redis.port],
  ]);
  return {
    sidecar,
    ports,
    upstream,
    redis: redis.url,
    async close() {
      await sidecar.close();
      await redis.stop();
      api.closeAllConnections();
      await new Promise((resolve) => api.close(resolve));
      catalogue.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
