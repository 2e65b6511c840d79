import { setTimeout as delay } from 'node:timers/promises';
import type { StoredResponse } from '../policy/stored-response.ts';
import type { KeyLock, KeyLocks, LockState } from '../store/ports.ts';
import { explain } from './ask-upstream.ts';
import { type Flight, ROUNDS } from './collapse.ts';
import type { Exchange } from './exchange.ts';
import { type Finding, flightKey, flightOf } from './judge.ts';
import type { MatchedRoute } from './route-table.ts';
import type { Sidecar } from './sidecar.ts';
import { find, moreTelling } from './tiers.ts';
import { UNCACHEABLE_MEMORY } from './trip.ts';

/*
 * The leader of a flight in this process joins those of all replicas by a lock in Redis:
 *
 *   take the lock ─ taken ──────→ find once more ─ usable ──→ serve stored
 *     ↑    │ held                        └ absent / stale ──→ forward; the lock goes as the flight ends
 *     │    ↓
 *     │  look at it until it is gone ─ find ─ usable ───────→ serve stored
 *     └──────────────────────────────────┘
 *
 * Whatever stands against that – Redis away, a mark, the time is over – leaves this process to itself.
 */

/** Pauses between two looks at a lock that another replica holds: the first, and the longest; ms. */
const FIRST_PAUSE = 5;
const LONGEST_PAUSE = 50;

/**
 * Waits until this replica has to ask the upstream, or has what another asked for: a usable finding, with
 * which the flight has ended. In all other cases the flight is still the caller's to end, even where its
 * client has left.
 */
export async function joinReplicas(
  x: Exchange,
  sidecar: Sidecar,
  route: MatchedRoute,
  cold: Finding,
  flight: Flight,
): Promise<Finding> {
  const { locks } = sidecar;
  if (locks === undefined) return cold;
  try {
    const finding = await takeOrAwait({ x, sidecar, route, flight, locks }, cold);
    if (x.downstream.closed) return cold;
    if (finding.kind === 'usable') flight.end('stored');
    else explain(x, finding);
    return finding;
  } catch (error) {
    flight.end('transient-error');
    throw error;
  }
}

/** The leader of a flight of this process, among those of other replicas. */
interface Leader {
  readonly x: Exchange;
  readonly sidecar: Sidecar;
  readonly route: MatchedRoute;
  readonly flight: Flight;
  readonly locks: KeyLocks;
}

async function takeOrAwait(leader: Leader, cold: Finding): Promise<Finding> {
  const { x, sidecar, route, flight, locks } = leader;
  const deadline = sidecar.clock.monotonic() + route.rule.collapseTimeout;
  let finding = cold;
  for (let round = 0; round < ROUNDS && !x.downstream.closed; round++) {
    // The fields of Vary may have become known.
    const key = flightKey(x, sidecar, finding);
    const answer = await locks.take(key);
    if (answer.kind === 'taken') {
      hold(leader, answer.lock);
      return moreTelling(finding, await find(x, sidecar, route));
    }
    const end = answer.kind === 'held' ? await awaitEnd(leader, key, deadline) : answer;
    if (end.kind === 'marked' && end.mark === 'not-storable') {
      sidecar.flights.markUncacheable(x.key, sidecar.clock.now() + UNCACHEABLE_MEMORY);
      flight.end('not-storable');
    }
    if (end.kind !== 'free') return finding;
    const found = await find(x, sidecar, route);
    if (found.kind === 'usable' || isFreshlyToValidate(found, finding)) return found;
    finding = moreTelling(finding, found);
  }
  return finding;
}

/** Looks at a lock until its holder is done with it, or that no longer matters. */
async function awaitEnd(
  { x, sidecar, locks }: Leader,
  key: string,
  deadline: number,
): Promise<Exclude<LockState, { kind: 'held' }> | { readonly kind: 'timed-out' | 'client-gone' }> {
  const { clock, random } = sidecar;
  x.trace.push('follow-replica');
  x.cache = { ...x.cache, collapsed: true };
  let holder: string | undefined;
  for (let pause = FIRST_PAUSE; ; pause = Math.min(LONGEST_PAUSE, pause * 1.5)) {
    const left = deadline - clock.monotonic();
    if (left <= 0) break;
    await delay(Math.min(left, pause * (0.5 + random())));
    if (x.downstream.closed) return { kind: 'client-gone' };
    const state = await locks.look(key);
    if (state.kind !== 'held') return state;
    // Free between two looks, and taken again.
    if (holder !== undefined && holder !== state.by) return { kind: 'free' };
    holder = state.by;
  }
  x.trace.push('follow-timeout');
  return { kind: 'timed-out' };
}

/** Just fetched and yet to be validated: no flight can spare this request its own (`no-cache`). */
function isFreshlyToValidate(found: Finding, before: Finding): boolean {
  if (found.kind !== 'validate' || found.reuse.detail === 'soft-purged') return false;
  return before.kind !== 'validate' || !isSame(found.stored, before.stored);
}

function isSame(one: StoredResponse, other: StoredResponse): boolean {
  return one.requestTime === other.requestTime && one.responseTime === other.responseTime;
}

/** From now on other replicas wait for this flight, and learn of its end by the lock. */
function hold(leader: Leader, lock: KeyLock): void {
  const { x, sidecar, flight } = leader;
  x.trace.push('lock');
  flight.onEnd = (outcome) => {
    if (outcome === 'not-storable') lock.mark('not-storable', UNCACHEABLE_MEMORY);
    // `stored` false: purged meanwhile. Undefined: found in Redis, the upstream was not asked.
    else if (outcome !== 'stored' || x.cache.stored !== true) lock.release();
    else share(leader, lock).catch((error: unknown) => sidecar.onFault(error, x.id));
  };
}

/** Lets go of the lock once the response is where others find it; where Redis has not taken it, nobody need wait for one. */
async function share({ x, sidecar, route, locks }: Leader, lock: KeyLock): Promise<void> {
  const kept = sidecar.store.peek(x.key, x.request, route.rule.noVarySearch === 'respect');
  const stored = kept.kind === 'found' ? kept.stored : undefined;
  const isShared = await locks.isShared(stored);
  const isPurged = stored !== undefined && sidecar.purges.index.verdict(stored) === 'hard';
  if (isShared || isPurged) lock.release();
  else lock.mark('not-shared', UNCACHEABLE_MEMORY);
}

/** What to do about a stored response that is due for renewal in the background. */
export type Claim =
  | { readonly kind: 'renew'; readonly stored: StoredResponse }
  /** Another replica has renewed it, or is at it. */
  | { readonly kind: 'renewed' | 'left' };

/** Whether this replica is the one that renews a stored response; then it holds the lock, where there can be one. */
export async function claimRenewal(
  x: Exchange,
  sidecar: Sidecar,
  route: MatchedRoute,
  stored: StoredResponse,
  flight: Flight,
): Promise<Claim> {
  const { locks } = sidecar;
  if (locks === undefined) return { kind: 'renew', stored };
  const before = await lookAgain(x, sidecar, route, stored);
  if (before.kind === 'renewed') return before;
  const answer = await locks.take(flightOf(stored));
  if (answer.kind === 'held') return { kind: 'left' };
  if (answer.kind === 'marked' || answer.kind === 'unavailable') return before;
  if (answer.kind === 'taken') hold({ x, sidecar, route, flight, locks }, answer.lock);
  return lookAgain(x, sidecar, route, stored);
}

async function lookAgain(
  x: Exchange,
  sidecar: Sidecar,
  route: MatchedRoute,
  stored: StoredResponse,
): Promise<Claim> {
  const found = await find(x, sidecar, route);
  if (found.kind === 'usable') {
    const { reuse } = found;
    if (reuse.kind === 'reuse' && !reuse.refresh) return { kind: 'renewed' };
  }
  return { kind: 'renew', stored: found.kind === 'absent' ? stored : found.stored };
}
