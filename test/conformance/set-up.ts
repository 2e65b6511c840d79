import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { startCacheside } from '../fixtures/cacheside.ts';
import { startRedis } from '../fixtures/redis-server.ts';
import { startSuiteOrigin } from './origin.ts';
import { hasMoved, type Suite } from './suite.ts';
import type { Notes } from './verdict.ts';

/** Which tiers Cacheside runs the suite with. */
export const SET_UPS = ['memory', 'memory and Redis', 'Redis'] as const;
export type SetUp = (typeof SET_UPS)[number];

const RULE = fileURLToPath(new URL('cacheside.yaml', import.meta.url));
const CLIENT = fileURLToPath(new URL('client.ts', import.meta.url));

/**
 * Runs the whole suite through a Cacheside process with these tiers. The copy on npm wants an unreadable Age
 * to say that a response is stale, which RFC 9111 §5.1 has turned round since.
 */
export async function runSuite({ root }: Suite, setUp: SetUp): Promise<Notes> {
  const origin = await startSuiteOrigin(root);
  const redis = setUp === 'memory' ? undefined : await startRedis();
  try {
    const env = {
      UPSTREAM_URL: origin.url,
      MEMORY: setUp === 'Redis' ? 'off' : '64MiB',
      REDIS_URL: redis?.url ?? 'off',
      UNREADABLE_AGE: hasMoved(root) ? 'ignore' : 'stale',
    };
    const cacheside = await startCacheside(['-c', RULE], { env });
    try {
      const { stdout } = await promisify(execFile)(
        'env',
        [
          '-u',
          'NODE_OPTIONS',
          process.execPath,
          '--import=tsx',
          '--no-warnings',
          CLIENT,
          root,
          cacheside.url,
        ],
        { maxBuffer: 16 * 2 ** 20 },
      );
      return JSON.parse(stdout.slice(stdout.indexOf('{'))) as Notes;
    } finally {
      await cacheside.stop();
    }
  } finally {
    await redis?.stop();
    origin.close();
  }
}
