import { timeFor } from '../clock.ts';
import type { Detail, ForwardReason } from '../policy/cache-status.ts';
import { decideReuse, type Reuse } from '../policy/reuse.ts';
import { resourceKey, type StoredResponse, type VaryRecord } from '../policy/stored-response.ts';
import type { TraceWord } from '../policy/trace.ts';
import { variantKey } from '../policy/vary.ts';
import type { Lookup } from '../store/lookup.ts';
import type { Exchange } from './exchange.ts';
import { trustedFor } from './lease.ts';
import type { MatchedRoute } from './route-table.ts';
import type { Sidecar } from './sidecar.ts';
import type { ToValidate } from './trip.ts';

export type Tier = 'memory' | 'redis';

/** What a tier has for a request, purges and reuse decided. */
export type Finding =
  | {
      readonly kind: 'usable';
      readonly stored: StoredResponse;
      readonly tier: Tier;
      readonly reuse: Reuse & { kind: 'reuse' | 'reuse-stale' };
    }
  | {
      readonly kind: 'validate';
      readonly stored: StoredResponse;
      readonly tier: Tier;
      readonly reuse: Reuse & { kind: 'validate' };
    }
  | {
      readonly kind: 'absent';
      readonly reason: ForwardReason;
      readonly detail?: Detail | undefined;
      /** The fields that select variants, where they are known. */
      readonly vary?: readonly string[] | undefined;
      /** Where it would stand by the No-Vary-Search of its path, where one is known. */
      readonly resource?: string | undefined;
    };

const HIT: Record<Tier, TraceWord> = { memory: 'memory-hit', redis: 'redis-hit' };
const MISS: Record<Tier, TraceWord> = { memory: 'memory-miss', redis: 'redis-miss' };

/** Judges what a look into a tier gave, at this monotonic ms: purged? of a changed rule? fresh enough for this request? */
export function judge(
  x: Exchange,
  sidecar: Sidecar,
  route: MatchedRoute,
  tier: Tier,
  lookup: Lookup,
  at: number,
): Finding {
  if (lookup.kind !== 'found') {
    x.trace.push(lookup.kind === 'unavailable' ? 'redis-unavailable' : MISS[tier]);
    if (lookup.kind === 'vary-miss') return variantAbsent(x, sidecar, lookup.record, lookup.resource);
    return {
      kind: 'absent',
      reason: 'uri-miss',
      resource: lookup.kind === 'uri-miss' ? lookup.resource : undefined,
    };
  }
  const { stored } = lookup;
  x.trace.push(HIT[tier]);
  const verdict = sidecar.purges.index.verdict(stored);
  if (verdict === 'hard') {
    x.trace.push('purged');
    // Where memory alone was asked, another replica may have renewed what Redis has.
    sidecar.store.remove(stored, tier === 'memory' ? 'memory' : 'everywhere');
    const resource = resourceKey(stored);
    return lookup.record === undefined
      ? { kind: 'absent', reason: 'uri-miss', detail: 'purged', resource }
      : variantAbsent(x, sidecar, lookup.record, resource);
  }
  const { rule } = route;
  const cap = trustedFor(rule, sidecar, at);
  const reuse = decideReuse(x.request, stored, rule, verdict === 'soft', timeFor(stored, sidecar.clock), cap);
  switch (reuse.kind) {
    case 'reuse':
    case 'reuse-stale':
      return { kind: 'usable', stored, tier, reuse };
    case 'validate':
      if (reuse.detail === 'beyond-lease') x.trace.push('beyond-lease');
      return { kind: 'validate', stored, tier, reuse };
    case 'unusable':
      return { kind: 'absent', reason: 'miss', detail: reuse.detail, resource: resourceKey(stored) };
    default:
      return reuse satisfies never;
  }
}

/**
 * Nothing is stored for what the request says in the fields of Vary. `vary-miss` is true only while another
 * variant may be used (RFC 9211 §2.2); the record tells that of the one stored last without a look at any.
 */
function variantAbsent(x: Exchange, sidecar: Sidecar, record: VaryRecord, resource: string): Finding {
  const { vary } = record;
  if (sidecar.purges.index.verdict(record) === 'hard') {
    sidecar.store.forget(resource, record);
    return { kind: 'absent', reason: 'uri-miss', detail: 'purged', vary, resource };
  }
  if (record.until < sidecar.clock.now()) return { kind: 'absent', reason: 'uri-miss', vary, resource };
  // Of the selected variant itself, by now or when memory was asked, while another was fetched anew.
  const detail = x.trace.includes('purged') ? 'purged' : undefined;
  return { kind: 'absent', reason: 'vary-miss', detail, vary, resource };
}

/** What was found stale, to ask the upstream about. */
export function toValidate({ stored, tier, reuse }: Finding & { kind: 'validate' }): ToValidate {
  return { stored, tier, ifError: reuse.ifError };
}

/** One flight per variant, as far as the variants and the queries that are equal are known. */
export function flightKey(x: Exchange, { digest }: Sidecar, finding: Finding): string {
  if (finding.kind !== 'absent') return flightOf(finding.stored);
  const { resource = x.key, vary } = finding;
  return vary === undefined ? resource : `${resource} ${variantKey(vary, x.request.fields, digest)}`;
}

/** The flight on which a stored response is renewed. */
export function flightOf(stored: StoredResponse): string {
  return `${resourceKey(stored)} ${stored.variant}`;
}
