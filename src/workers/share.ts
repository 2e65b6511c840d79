import type { Config } from '../config/config.ts';

/** What each of `workers` processes gets of everything that is bounded: together no more memory than before. */
export function shareOf(config: Config, workers: number): Config {
  const part = (total: number) => Math.max(1, Math.ceil(total / workers));
  const { memory, redis, upstream, downstream } = config;
  return {
    ...config,
    memory: { ...memory, limit: Math.floor(memory.limit / workers) },
    redis: redis && { ...redis, maxInFlight: part(redis.maxInFlight) },
    upstream: { ...upstream, connections: part(upstream.connections) },
    downstream: { ...downstream, maxConnections: part(downstream.maxConnections) },
  };
}
