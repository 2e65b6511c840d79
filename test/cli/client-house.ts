import t from 'tap';
import { startOrigin } from '../fixtures/origin.ts';
import { startRedis } from '../fixtures/redis-server.ts';
import { startSidecar } from '../fixtures/sidecar.ts';
import { open, type Ran, type TerminalOptions } from './terminal.ts';

export const redis = await startRedis();
t.teardown(() => redis.stop());
export const origin = await startOrigin((req, res) => {
  const { url = '' } = req;
  res.sendDate = false;
  res.setHeader('cache-control', url.startsWith('/private') ? 'private' : 'max-age=600');
  res.setHeader('surrogate-key', 'all');
  if (url.startsWith('/broken')) res.destroy();
  else res.end(`body of ${url}`);
});
t.teardown(() => origin.close());
/** Of the file that the sidecar reads; `more` of its second route. */
export const routes = (more = '') => `coherence: { replica: shop-a }
redis: { url: '${redis.url}' }
routes:
  - { name: products, match: '/products/*' }
  - { name: rest, match: '/*'${more} }
`;
export const sidecar = await startSidecar(origin.url, routes());
t.teardown(() => sidecar.close());
const ADMIN = `http://127.0.0.1:${sidecar.adminPort}`;
export const env = { CACHESIDE_ADMIN: ADMIN };

export const ESC = '\u001b';

export function run(args: readonly string[], options: TerminalOptions = {}): Promise<Ran> {
  return open(args, { env, ...options }).ran;
}

/** Of an answer printed as JSON. */
export const json = ({ stdout }: Ran) => JSON.parse(stdout);

export async function store(...paths: readonly string[]): Promise<void> {
  for (const path of paths) await sidecar.ask(path);
}

/** How the next request for each is answered. */
export async function hits(...paths: readonly string[]): Promise<boolean[]> {
  const answers = await Promise.all(paths.map((path) => sidecar.ask(path)));
  return answers.map(({ cacheStatus }) => /; hit/.test(cacheStatus));
}
