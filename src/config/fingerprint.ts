import { createHash } from 'node:crypto';
import type { RouteRule } from '../policy/route-rule.ts';

/**
 * A short digest over what decides what is stored on a route and under which key. What only decides
 * when a response is fetched or how long a request waits is left out, so that changing it keeps the cache.
 */
export function fingerprint(rule: Omit<RouteRule, 'fingerprint'>): string {
  const {
    eagerRefresh,
    collapse,
    collapseTimeout,
    beyondLease,
    concurrency,
    timeout,
    maxRequestBody,
    purge,
    requestDirectives,
    range,
    ...deciding
  } = rule;
  return createHash('sha256')
    .update(JSON.stringify(canonical(deciding)))
    .digest('base64url')
    .slice(0, 12);
}

/** Objects as sorted pairs, maps and sets as sorted lists: equal rules have equal text. */
function canonical(value: unknown): unknown {
  if (value instanceof Set) return [...value].sort();
  if (value instanceof Map) return [...value].sort(([a], [b]) => Number(a) - Number(b));
  if (Array.isArray(value)) return value.map(canonical);
  if (typeof value !== 'object' || value === null) return value ?? null;
  return Object.entries(value)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, item]) => [name, canonical(item)]);
}
