import { setImmediate as nextTurn } from 'node:timers/promises';
import type { RedisView, TierView, VariantListed } from '../admin/explanation-tiers.ts';
import { timeFor } from '../clock.ts';
import { remainingFreshness } from '../policy/freshness.ts';
import { isResponse, resourceKey, type StoredResponse } from '../policy/stored-response.ts';
import type { Exchange } from '../proxy/exchange.ts';
import { type Finding, flightKey, judge, type Tier } from '../proxy/judge.ts';
import type { MatchedRoute } from '../proxy/route-table.ts';
import type { Sidecar } from '../proxy/sidecar.ts';
import { createLookups, type Lookup } from '../store/lookup.ts';
import type { MemoryTier } from '../store/ports.ts';
import type { Playhouse } from './stage.ts';
import { stageMemory, stageRemote } from './stage-memory.ts';
import { storedView } from './stored-view.ts';

/** A request that was looked up, on a stage. */
export interface LookedUp {
  readonly x: Exchange;
  readonly stage: Sidecar;
  readonly route: MatchedRoute;
}

/** What a tier has, and what is made of it. */
export interface Look<View> {
  readonly view: View;
  readonly finding: Finding;
  readonly stored: StoredResponse | undefined;
  readonly vary: readonly string[] | undefined;
}

/** Stored responses looked at before other work gets its turn. */
const SLICE = 1_000;
const MOST_VARIANTS = 20;

/** What memory has for the key. */
export async function lookIntoMemory(looked: LookedUp, memory: MemoryTier): Promise<Look<TierView>> {
  const { x, stage, route } = looked;
  const staged = stageMemory(memory);
  const { peek } = createLookups(staged, () => undefined, stage.digest);
  const lookup = peek(x.key, x.request, route.rule.noVarySearch === 'respect');
  const look = lookAt(looked, 'memory', lookup);
  if (look.vary === undefined) return look;
  const selected = look.stored?.variant;
  const resource = lookup.kind === 'found' ? resourceKey(lookup.stored) : resourceOf(lookup, x);
  const variants = await variantsOf(memory, resource, selected, stage);
  return { ...look, view: { ...look.view, variants } };
}

/** What Redis has for the key. */
export async function lookIntoRedis(
  looked: LookedUp,
  { tier, look: glance }: NonNullable<Playhouse['redis']>,
  real: Sidecar,
): Promise<Look<RedisView>> {
  const { x, stage, route } = looked;
  const { trusted } = stage.purges.log;
  const { state } = tier;
  const remote = state === 'ready' && trusted ? stageRemote(tier, glance) : undefined;
  const { find } = createLookups(undefined, () => remote, stage.digest);
  const lookup = await find(x.key, x.request, route.rule.noVarySearch === 'respect');
  const look = lookAt(looked, 'redis', lookup);
  const isShared = route.rule.collapse === 'replicas' && x.request.method === 'GET';
  const lock = isShared ? await real.locks?.look(flightKey(x, stage, look.finding)) : undefined;
  return { ...look, view: { ...look.view, state, trusted, lock: lock?.kind ?? null } };
}

function lookAt({ x, stage, route }: LookedUp, tier: Tier, lookup: Lookup): Look<TierView> {
  // Of the trace the tiers say nothing: it is the rehearsal's.
  const finding = judge({ ...x, trace: [] }, stage, route, tier, lookup, stage.clock.monotonic());
  const stored = lookup.kind === 'found' ? lookup.stored : undefined;
  const record = lookup.kind === 'found' || lookup.kind === 'vary-miss' ? lookup.record : undefined;
  return {
    finding,
    stored,
    vary: record?.vary,
    view: {
      found: FOUND[lookup.kind],
      stored: stored === undefined ? null : storedView(stored, route.rule, stage, finding),
      vary: record?.vary ?? null,
      variants: [],
    },
  };
}

const FOUND: Readonly<Record<Lookup['kind'], TierView['found']>> = {
  found: 'stored',
  'vary-miss': 'other-variants',
  'uri-miss': 'absent',
  unavailable: 'unavailable',
};

function resourceOf(lookup: Lookup, x: Exchange): string {
  return lookup.kind === 'vary-miss' ? lookup.resource : x.key;
}

/** The variants of a resource in memory, without counting as their use. */
async function variantsOf(
  memory: MemoryTier,
  resource: string,
  selected: string | undefined,
  { clock }: Sidecar,
): Promise<VariantListed[]> {
  const variants = new Map<string, VariantListed>();
  let left = SLICE;
  for (const { key, stored } of memory.walk()) {
    if (--left === 0) {
      left = SLICE;
      await nextTurn();
    }
    // What stands behind `?` is of No-Vary-Search.
    const isVariant = key.startsWith(`${resource}\u0000`) && key[resource.length + 1] !== '?';
    if (!isVariant || !isResponse(stored) || variants.size >= MOST_VARIANTS) continue;
    const { variant, status, body } = stored;
    const ttl = remainingFreshness(stored, timeFor(stored, clock));
    variants.set(variant, { variant, selected: variant === selected, status, ttl, bytes: body.byteLength });
  }
  return [...variants.values()];
}
