import { redactTarget } from '../observe/redact.ts';
import type { Purge } from '../purge/selector.ts';
import type { AdminParts } from './ports.ts';
import { ProblemError } from './problem.ts';
import type { Endpoint } from './router.ts';
import { describePurge } from './selectors.ts';

const SHOWN = 50;
const MOST = 500;

/** `GET /purges`: who asked for what, newest first, and which replicas have applied it. */
export function purgesEndpoint({ purges: { ledger } }: AdminParts): Endpoint {
  return {
    path: '/purges',
    method: 'GET',
    scope: 'read',
    query: ['limit'],
    async handle({ query }) {
      const { orders, replicas, current } = await ledger.history(limitOf(query.get('limit')));
      const purges = orders.map(({ order, purges: named, more, ...rest }) => ({
        order: order.id,
        by: order.by,
        at: order.at,
        ...rest,
        purges: named.map(shown),
        ...(more ? { more } : {}),
      }));
      return { status: 200, body: { purges, replicas, current } };
    },
  };
}

/** Whoever may read this need not be whoever may purge: values that suggest a secret are left out, as in the log. */
function shown(purge: Purge): Record<string, unknown> {
  const told = Object.entries(describePurge(purge));
  return Object.fromEntries(
    told.map(([name, value]) => [name, typeof value === 'string' ? redactTarget(value) : value]),
  );
}

function limitOf(value: string | null): number {
  if (value === null) return SHOWN;
  const limit = /^\d{1,3}$/.test(value) ? Number(value) : 0;
  if (limit < 1 || limit > MOST)
    throw new ProblemError(400, `"limit" must be a whole number from 1 to ${MOST}.`);
  return limit;
}
