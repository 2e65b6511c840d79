import type { Config } from '../config/config.ts';
import type { ConcurrencyRule } from '../policy/route-rule.ts';

/** What each of `workers` processes gets of everything that is bounded: together no more memory than before. */
export function shareOf(config: Config, workers: number): Config {
  const part = (total: number) => Math.max(1, Math.ceil(total / workers));
  const partOf = ({ limit, queue, timeout }: ConcurrencyRule): ConcurrencyRule => ({
    limit: part(limit),
    queue: Math.ceil(queue / workers),
    timeout,
  });
  const { memory, redis, upstream, downstream, routes } = config;
  return {
    ...config,
    memory: { ...memory, limit: Math.floor(memory.limit / workers) },
    redis: redis && { ...redis, maxInFlight: part(redis.maxInFlight) },
    upstream: {
      ...upstream,
      connections: part(upstream.connections),
      queue: Math.ceil(upstream.queue / workers),
    },
    downstream: {
      ...downstream,
      maxConnections: part(downstream.maxConnections),
      maxRequests: part(downstream.maxRequests),
    },
    routes: routes.map((rule) => ({ ...rule, concurrency: rule.concurrency && partOf(rule.concurrency) })),
  };
}
