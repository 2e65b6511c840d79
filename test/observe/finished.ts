import type { Outcome } from '../../src/observe/outcome.ts';

/** The record of a finished exchange: a memory hit, but for what is given. */
export function finished(given: Partial<Outcome> = {}): Outcome {
  return {
    id: 'req-1',
    method: 'GET',
    scheme: 'http',
    authority: 'shop.example',
    target: '/products/1',
    url: 'http://shop.example/products/1',
    route: 'product',
    status: 200,
    servedFrom: 'memory',
    cache: { hit: true, ttl: 5000, detail: 'memory' },
    trace: ['memory-hit', 'fresh', 'served-stored'],
    duration: 0.5,
    upstreamDuration: undefined,
    bytes: 100,
    aborted: false,
    ...given,
  };
}

/** The same for a request that the upstream answered. */
export function missed(given: Partial<Outcome> = {}): Outcome {
  return finished({
    servedFrom: 'upstream',
    cache: { hit: false, fwd: 'uri-miss', stored: true },
    trace: ['memory-miss', 'redis-miss', 'lead', 'forward', 'stored'],
    duration: 20,
    upstreamDuration: 18,
    ...given,
  });
}
