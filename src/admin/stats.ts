import type { AdminParts } from './ports.ts';
import type { Endpoint } from './router.ts';

/** `GET /stats`: what was counted since the start, as JSON. */
export function statsEndpoint(parts: AdminParts): Endpoint {
  return {
    path: '/stats',
    method: 'GET',
    scope: 'read',
    handle: async () => ({ status: 200, body: (await parts.figures()).stats }),
  };
}

/** `GET /metrics`: the same for Prometheus, as its text format. */
export function metricsEndpoint({ metrics }: AdminParts): Endpoint {
  return {
    path: '/metrics',
    method: 'GET',
    scope: 'read',
    handle: async () => ({ status: 200, body: await metrics.text(), contentType: metrics.contentType }),
  };
}
