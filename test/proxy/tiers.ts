import type { RedisServer } from '../fixtures/redis-server.ts';

/** The tiers a behaviour has to be the same in, each as the first lines of a document. */
export const TIERS = ['memory', 'memory and Redis', 'Redis'] as const;
export type Tiers = (typeof TIERS)[number];

let namespaces = 0;

/** The document's lines for these tiers, with a namespace of its own in that Redis, which may take its time on a busy machine. */
export function tiersOf(tiers: Tiers, redis: RedisServer): string {
  if (tiers === 'memory') return '';
  const lines = `redis: { url: '${redis.url}', namespace: n${++namespaces}, command-timeout: 1s }\n`;
  return tiers === 'Redis' ? `memory: off\n${lines}` : lines;
}
