import { Redis } from 'ioredis';

/** Removes every key of a namespace. A Redis that is not there is none of the demo's business. */
export async function clearNamespace(url: string, namespace: string): Promise<void> {
  const redis = new Redis(url, { lazyConnect: true, maxRetriesPerRequest: 0, retryStrategy: () => null });
  redis.on('error', () => {});
  try {
    await redis.connect();
    for await (const keys of redis.scanStream({ match: `*${namespace}*`, count: 500 })) {
      if (Array.isArray(keys) && keys.length > 0) await redis.unlink(...keys.map(String));
    }
  } catch {
    // Unreachable: whatever it holds of us expires by itself.
  } finally {
    redis.disconnect();
  }
}
