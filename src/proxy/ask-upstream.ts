import { hasField } from '../policy/fields.ts';
import type { Flight } from './collapse.ts';
import type { Exchange } from './exchange.ts';
import { forward } from './forward.ts';
import { type Finding, toValidate } from './judge.ts';
import type { MatchedRoute } from './route-table.ts';
import type { Sidecar } from './sidecar.ts';

/** Says in Cache-Status why the upstream is asked. */
export function explain(x: Exchange, finding: Finding): void {
  if (finding.kind === 'absent') x.cache = { hit: false, fwd: finding.reason, detail: finding.detail };
  if (finding.kind === 'validate') {
    const { reason, detail, ttl } = finding.reuse;
    x.cache = { hit: false, fwd: reason, detail, ttl };
  }
}

/**
 * Forwards what no tier could answer: as a validation where something stale is stored, or for nothing but the
 * part that the client wants. `flight`: the one it leads.
 */
export function askUpstream(
  x: Exchange,
  sidecar: Sidecar,
  route: MatchedRoute,
  finding: Finding,
  flight: Flight | undefined,
): void {
  if (wantsPart(x, sidecar, route, finding)) {
    x.trace.push('pass');
    x.cache = { ...x.cache, detail: 'range' };
    return forward(x, sidecar, { share: undefined, alone: route, flight });
  }
  // The upstream's answer to a HEAD has no body to store; it can only tell of what is stored.
  const anew =
    x.request.method === 'HEAD' ? { share: undefined, alone: route, flight } : { share: route, flight };
  if (finding.kind !== 'validate') return forward(x, sidecar, anew);
  const { stored } = finding;
  // A 304 to a condition sent after the purge would bring back what it took.
  if (sidecar.purges.index.verdict(stored) === 'hard') {
    x.trace.push('purged');
    explain(x, { kind: 'absent', reason: 'uri-miss', detail: 'purged' });
    return forward(x, sidecar, anew);
  }
  forward(x, sidecar, { share: route, flight, validate: toValidate(finding) });
}

/**
 * Whether the upstream is asked for a part and nothing else: with nothing stored to take it from, where the
 * rule has it so, or where the whole is known not to be storable.
 */
export function wantsPart(x: Exchange, sidecar: Sidecar, { rule }: MatchedRoute, finding: Finding): boolean {
  if (finding.kind !== 'absent' || x.request.method !== 'GET') return false;
  if (!hasField(x.request.fields, 'range')) return false;
  return rule.range === 'part' || sidecar.flights.isUncacheable(x.key, sidecar.clock.now());
}
