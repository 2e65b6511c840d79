import type { CacheStatus } from '../policy/cache-status.ts';
import { isUnheard, wantsOnlyStored } from '../policy/request-directives.ts';
import { formsOf } from '../policy/stored-response.ts';
import { askUpstream, explain, wantsPart } from './ask-upstream.ts';
import { breakOff } from './break-off.ts';
import { isRefused } from './coded-answer.ts';
import { ROUNDS } from './collapse.ts';
import { joinReplicas } from './collapse-replicas.ts';
import { admit } from './enter.ts';
import { type Exchange, finish } from './exchange.ts';
import { forward } from './forward.ts';
import { type Finding, flightKey } from './judge.ts';
import { isBypassed } from './lease.ts';
import { routeOfGet } from './post.ts';
import { sendProblem } from './problem.ts';
import { isTooLong, TOO_LONG } from './request-body.ts';
import { revalidate } from './revalidate.ts';
import type { MatchedRoute } from './route-table.ts';
import { serveStored } from './serve-stored.ts';
import { asKeyed, remember, settle } from './settle.ts';
import type { Sidecar } from './sidecar.ts';
import { find, moreTelling, peek } from './tiers.ts';

/*
 * The straight line of a request:
 *
 *   settle: match route → decide lookup ─ none / pass ───────────────────────→ pass
 *     (once for all           │                      └ too long a body ──────→ 413
 *      GETs of a place)       ↓
 *                         cache key
 *                             ↓
 *   log unheard for too long? ─ the rule goes by the cache then ─────────────→ pass
 *                             ↓
 *   peek memory → decide reuse → any form for it? ─ identity refused ────────→ pass
 *                                  │      └ fresh ───────────────────────────→ serve stored
 *                                  │ absent / stale
 *                                  ↓
 *                                admit ─ too many requests under way ────────→ turn away
 *                                  ↓
 *                  find in Redis → promote → decide reuse ─ usable ──────────→ serve stored
 *                                  │                              └ revalidate in background
 *                                  ↓
 *                  follow or lead the flight ─ led by another replica ───────→ serve stored
 *   pass → admit ─────────────────→│
 *                                  ↓
 *                  enter the gate: breaker → turn, or wait for it ─ in vain → turn away
 *                                  ↓
 *                  forward (conditional where a validator is stored)
 *                                  ↓
 *                  decide storage / freshen → stream while recording → store → finish
 *
 * Who is turned away gets what is stored, where that may stand in for an upstream that fails; else a 503.
 */

/** Answers one request, whatever happens. A memory hit is synchronous from here to the written bytes. */
export function handle(x: Exchange, sidecar: Sidecar): void {
  try {
    walk(x, sidecar);
  } catch (error) {
    breakOff(x, sidecar, error);
  }
}

function walk(x: Exchange, sidecar: Sidecar): void {
  const settled = settle(x.request, x.downstream.requestBody !== undefined, sidecar);
  if (settled.kind === 'no-route') {
    x.trace.push('no-route');
    return pass(x, sidecar, { hit: false, fwd: 'bypass', detail: 'no-route' });
  }
  const { route } = settled;
  x.route = route;
  if (settled.kind === 'pass') {
    const { reason, detail, subject } = settled.decision;
    if (isTooLong(x)) {
      x.cache = { hit: false, detail: 'request-too-large' };
      return sendProblem(x, sidecar.clock, 413, TOO_LONG);
    }
    x.trace.push('pass');
    return pass(x, sidecar, { hit: false, fwd: reason, detail, subject });
  }
  if (isBypassed(route.rule, sidecar, x.startedAt)) {
    x.trace.push('beyond-lease', 'pass');
    return pass(x, sidecar, { hit: false, fwd: 'bypass', detail: 'beyond-lease' });
  }
  x.request = asKeyed(x.request, route.rule);
  x.url = settled.identity.url;
  x.key = settled.identity.key;
  if (isUnheard(x.request, route.rule)) x.trace.push('request-ignored');
  const finding = peek(x, sidecar, route, x.startedAt);
  if (route.rule.compress.length > 0 && isRefused(x.request, route.rule, finding)) {
    x.trace.push('pass');
    return pass(x, sidecar, { hit: false, fwd: 'bypass', detail: 'identity-refused' });
  }
  if (finding.kind === 'usable') {
    remember(settled, x.request, sidecar.routes);
    return serve(x, sidecar, route, finding);
  }
  if (admit(x, sidecar, finding))
    goBeyondMemory(x, sidecar, route, finding).catch((error: unknown) => breakOff(x, sidecar, error));
}

/** Sends a request past the cache, its answer for this client alone – or, of a POST, for the GETs that its route has stored. */
function pass(x: Exchange, sidecar: Sidecar, why: CacheStatus): void {
  x.cache = why;
  if (admit(x, sidecar))
    forward(x, sidecar, { share: undefined, post: x.route && routeOfGet(x, sidecar, x.route) });
}

/** Serves what may be reused, and renews it in the background where that is due. */
function serve(
  x: Exchange,
  sidecar: Sidecar,
  route: MatchedRoute,
  { stored, tier, reuse }: Finding & { kind: 'usable' },
): void {
  const isStale = reuse.kind === 'reuse-stale';
  x.trace.push(isStale ? 'stale' : 'fresh');
  if (!isStale && reuse.refresh) x.trace.push('eager-refresh');
  const detail = isStale && reuse.revalidate ? 'while-revalidating' : tier;
  x.cache = x.cache.collapsed
    ? { hit: false, fwd: x.cache.fwd, collapsed: true, ttl: reuse.ttl, detail }
    : { hit: true, ttl: reuse.ttl, detail };
  serveStored(x, stored, tier, sidecar.clock);
  if (route.rule.compress.length > 0 && formsOf(stored) === undefined) sidecar.compress(stored);
  if (isStale ? reuse.revalidate : reuse.refresh) revalidate(x, sidecar, route, stored);
}

async function goBeyondMemory(
  x: Exchange,
  sidecar: Sidecar,
  route: MatchedRoute,
  peeked: Finding,
): Promise<void> {
  // No wait where there is nothing to ask.
  if (!sidecar.store.hasRemote) return goUpstream(x, sidecar, route, peeked);
  const { landed } = sidecar.flights;
  const found = await find(x, sidecar, route);
  if (x.downstream.closed) return finish(x, sidecar.clock.monotonic(), 'client-gone');
  if (found.kind === 'usable') return serve(x, sidecar, route, found);
  // Meanwhile a flight may have brought it.
  const again =
    sidecar.flights.landed === landed ? peeked : peek(x, sidecar, route, sidecar.clock.monotonic());
  if (again.kind === 'usable') return serve(x, sidecar, route, again);
  return goUpstream(x, sidecar, route, moreTelling(again, found));
}

function goUpstream(x: Exchange, sidecar: Sidecar, route: MatchedRoute, cold: Finding): Promise<void> | void {
  if (wantsOnlyStored(x.request, route.rule)) {
    x.cache = { hit: false, detail: 'only-if-cached' };
    return sendProblem(x, sidecar.clock, 504, 'The request asked for a stored response only; there is none.');
  }
  return fly(x, sidecar, route, cold);
}

/** Joins or leads the flight of a cold key; among the replicas, too, where the rule has it so. */
async function fly(x: Exchange, sidecar: Sidecar, route: MatchedRoute, cold: Finding): Promise<void> {
  let finding = cold;
  for (let round = 0; round < ROUNDS && mayFly(x, sidecar, route, finding); round++) {
    explain(x, finding);
    const boarding = sidecar.flights.board(flightKey(x, sidecar, finding));
    if (boarding.kind === 'lead') {
      x.trace.push('lead');
      const { flight } = boarding;
      flight.span = x.span;
      if (route.rule.collapse === 'replicas')
        finding = await joinReplicas(x, sidecar, route, finding, flight);
      if (finding.kind === 'usable') return serve(x, sidecar, route, finding);
      return askUpstream(x, sidecar, route, finding, flight);
    }
    x.trace.push('follow');
    if (boarding.leader !== undefined) x.span?.follows(boarding.leader);
    x.cache = { ...x.cache, collapsed: true };
    const outcome = await boarding.wait(route.rule.collapseTimeout);
    if (x.downstream.closed) return finish(x, sidecar.clock.monotonic(), 'client-gone');
    if (outcome === 'timed-out') x.trace.push('follow-timeout');
    if (outcome === 'timed-out' || outcome === 'not-storable') break;
    finding = peek(x, sidecar, route, sidecar.clock.monotonic());
    if (finding.kind === 'absent' && outcome === 'stored') {
      finding = moreTelling(finding, await find(x, sidecar, route));
    }
    if (finding.kind === 'usable') return serve(x, sidecar, route, finding);
    // Just fetched and yet to be validated: no flight can spare this request its own (`no-cache`).
    if (outcome === 'stored' && finding.kind === 'validate' && finding.reuse.detail !== 'soft-purged') break;
  }
  explain(x, finding);
  return askUpstream(x, sidecar, route, finding, undefined);
}

/** HEAD is answered from a GET's response or by the upstream; it fetches nothing for others. */
function mayFly(x: Exchange, sidecar: Sidecar, route: MatchedRoute, finding: Finding): boolean {
  if (x.request.method !== 'GET' || route.rule.collapse === 'off') return false;
  if (sidecar.flights.isUncacheable(x.key, sidecar.clock.now())) {
    x.trace.push('uncacheable-memory');
    return false;
  }
  return !wantsPart(x, sidecar, route, finding);
}
