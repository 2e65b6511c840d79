import type { AdminParts, Readiness } from './ports.ts';
import type { Endpoint } from './router.ts';

/** `GET /healthz`: the process is alive and its event loop turns. */
export function healthEndpoint(): Endpoint {
  return {
    path: '/healthz',
    method: 'GET',
    scope: undefined,
    handle: () => ({ status: 200, body: { status: 'ok', uptime: Math.round(process.uptime() * 1000) } }),
  };
}

/**
 * `GET /readyz`: 503 only while starting, a warm start included, or draining. A Redis that is away, or
 * whose purge log cannot be followed, or was not for longer than the lease, or a worker too few, makes it
 * `degraded`, and still 200: a cache is no reason to take a service out.
 */
export function readyEndpoint(parts: AdminParts): Endpoint {
  return {
    path: '/readyz',
    method: 'GET',
    scope: undefined,
    handle() {
      const readiness = parts.readiness();
      const status = readyStatus(readiness);
      return {
        status: status === 'starting' || status === 'draining' ? 503 : 200,
        body: {
          status,
          cache: readiness.cache === null ? { status: 'off' } : { status: 'ok', ...readiness.cache },
          redis: { status: readiness.redis },
          purges: { trusted: readiness.purges.trusted, beyondLease: readiness.purges.beyondLease },
          ...(readiness.workers && { workers: readiness.workers }),
          ...(readiness.warmStart && { warmStart: readiness.warmStart }),
        },
      };
    },
  };
}

function readyStatus(readiness: Readiness): 'starting' | 'draining' | 'ready' | 'degraded' {
  const { ready, draining, redis, purges, workers } = readiness;
  if (draining) return 'draining';
  if (!ready) return 'starting';
  const isManned = workers === undefined || workers.running >= workers.of;
  const isWhole = isManned && (redis === 'off' || redis === 'ready') && purges.trusted && !purges.beyondLease;
  return isWhole ? 'ready' : 'degraded';
}
