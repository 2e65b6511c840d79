import type { Exchange } from './exchange.ts';
import { type Finding, judge } from './judge.ts';
import type { MatchedRoute } from './route-table.ts';
import type { Sidecar } from './sidecar.ts';

/** What memory has. Synchronous. `at`: now, by the monotonic clock. */
export function peek(x: Exchange, sidecar: Sidecar, route: MatchedRoute, at: number): Finding {
  return judge(x, sidecar, route, 'memory', sidecar.store.peek(x.key, x.request, bySearch(route)), at);
}

/** What Redis has; what is found is in memory from then on. */
export async function find(x: Exchange, sidecar: Sidecar, route: MatchedRoute): Promise<Finding> {
  if (!sidecar.store.hasRemote) return { kind: 'absent', reason: 'uri-miss' };
  const lookup = await sidecar.store.find(x.key, x.request, bySearch(route));
  return judge(x, sidecar, route, 'redis', lookup, sidecar.clock.monotonic());
}

function bySearch({ rule }: MatchedRoute): boolean {
  return rule.noVarySearch === 'respect';
}

/** Of what memory and Redis gave, what answers, can spare the upstream a body, or tells more. */
export function moreTelling(peeked: Finding, found: Finding): Finding {
  if (found.kind !== 'absent') return found;
  if (peeked.kind === 'validate') return peeked;
  if (found.reason !== 'uri-miss' || found.detail !== undefined) return found;
  return peeked.kind === 'absent' && peeked.detail === undefined && found.resource !== undefined
    ? found
    : peeked;
}
