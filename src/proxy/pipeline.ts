import { cacheKey, effectiveUrl } from '../policy/cache-key.ts';
import { hasField } from '../policy/fields.ts';
import { decideLookup } from '../policy/lookup.ts';
import { normaliseFields } from '../policy/normalise-fields.ts';
import { isUnheard, wantsOnlyStored } from '../policy/request-directives.ts';
import { breakOff } from './break-off.ts';
import type { Flight } from './collapse.ts';
import { type Exchange, finish } from './exchange.ts';
import { forward } from './forward.ts';
import { type Finding, flightKey, judge } from './judge.ts';
import { routeOfGet } from './post.ts';
import { sendProblem } from './problem.ts';
import { revalidate } from './revalidate.ts';
import type { MatchedRoute } from './route-table.ts';
import { serveStored } from './serve-stored.ts';
import type { Sidecar } from './sidecar.ts';

/*
 * The straight line of a request:
 *
 *   match route → cache key → peek memory → decide reuse ─ fresh ────────────→ serve stored
 *                                  │ absent / stale
 *                                  ↓
 *                  find in Redis → promote → decide reuse ─ usable ──────────→ serve stored
 *                                  │                              └ revalidate in background
 *                                  ↓
 *                  follow or lead the flight → forward (conditional where a validator is stored)
 *                                  ↓
 *                  decide storage / freshen → stream while recording → store → finish
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
  const route = sidecar.routes.match(x.request);
  if (route === undefined) {
    x.trace.push('no-route');
    x.cache = { hit: false, fwd: 'bypass', detail: 'no-route' };
    return forward(x, sidecar, { share: undefined });
  }
  x.route = route;
  const decision = decideLookup(x.request, route.rule, x.downstream.requestBody !== undefined);
  if (decision.kind === 'pass') {
    x.trace.push('pass');
    x.cache = { hit: false, fwd: decision.reason, detail: decision.detail, subject: decision.subject };
    return forward(x, sidecar, { share: undefined, post: routeOfGet(x, sidecar, route) });
  }
  const { normalise } = route.rule.requestFields;
  if (normalise.size > 0) x.request = { ...x.request, fields: normaliseFields(x.request.fields, normalise) };
  if (isUnheard(x.request, route.rule)) x.trace.push('request-ignored');
  x.url = effectiveUrl(x.request, route.rule.key);
  x.key = cacheKey(x.url, x.request, route.rule.key, sidecar.digest);
  const finding = peek(x, sidecar, route);
  if (finding.kind === 'usable') return serve(x, sidecar, route, finding);
  goBeyondMemory(x, sidecar, route, finding).catch((error: unknown) => breakOff(x, sidecar, error));
}

function peek(x: Exchange, sidecar: Sidecar, route: MatchedRoute): Finding {
  return judge(x, sidecar, route, 'memory', sidecar.store.peek(x.key, x.request, bySearch(route)));
}

async function find(x: Exchange, sidecar: Sidecar, route: MatchedRoute): Promise<Finding> {
  if (!sidecar.store.hasRemote) return { kind: 'absent', reason: 'uri-miss' };
  return judge(x, sidecar, route, 'redis', await sidecar.store.find(x.key, x.request, bySearch(route)));
}

function bySearch({ rule }: MatchedRoute): boolean {
  return rule.noVarySearch === 'respect';
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
  if (isStale ? reuse.revalidate : reuse.refresh) revalidate(x, sidecar, route, stored);
}

async function goBeyondMemory(
  x: Exchange,
  sidecar: Sidecar,
  route: MatchedRoute,
  peeked: Finding,
): Promise<void> {
  const found = await find(x, sidecar, route);
  if (x.downstream.closed) return finish(x, sidecar.clock.monotonic(), 'client-gone');
  if (found.kind === 'usable') return serve(x, sidecar, route, found);
  if (wantsOnlyStored(x.request, route.rule)) {
    x.cache = { hit: false, detail: 'only-if-cached' };
    return sendProblem(x, sidecar.clock, 504, 'The request asked for a stored response only; there is none.');
  }
  return fly(x, sidecar, route, moreTelling(peeked, found));
}

/** Of what memory and Redis gave, what answers, can spare the upstream a body, or tells more. */
function moreTelling(peeked: Finding, found: Finding): Finding {
  if (found.kind !== 'absent') return found;
  if (peeked.kind === 'validate') return peeked;
  if (found.reason !== 'uri-miss' || found.detail !== undefined) return found;
  return peeked.kind === 'absent' && peeked.detail === undefined && found.resource !== undefined
    ? found
    : peeked;
}

/** A follower re-enters at *decide reuse* this often before it goes to the upstream by itself. */
const ROUNDS = 3;

/** Joins or leads the flight of a cold key. */
async function fly(x: Exchange, sidecar: Sidecar, route: MatchedRoute, cold: Finding): Promise<void> {
  let finding = cold;
  for (let round = 0; round < ROUNDS && mayFly(x, sidecar, route, finding); round++) {
    explain(x, finding);
    const boarding = sidecar.flights.board(flightKey(x, sidecar, finding));
    if (boarding.kind === 'lead') {
      x.trace.push('lead');
      return forwardFinding(x, sidecar, route, finding, boarding.flight);
    }
    x.trace.push('follow');
    x.cache = { ...x.cache, collapsed: true };
    const outcome = await boarding.wait(route.rule.collapseTimeout);
    if (x.downstream.closed) return finish(x, sidecar.clock.monotonic(), 'client-gone');
    if (outcome === 'timed-out') x.trace.push('follow-timeout');
    if (outcome === 'timed-out' || outcome === 'not-storable') break;
    finding = peek(x, sidecar, route);
    if (finding.kind === 'absent' && outcome === 'stored') {
      finding = moreTelling(finding, await find(x, sidecar, route));
    }
    if (finding.kind === 'usable') return serve(x, sidecar, route, finding);
    // Just fetched and yet to be validated: no flight can spare this request its own (`no-cache`).
    if (outcome === 'stored' && finding.kind === 'validate' && finding.reuse.detail !== 'soft-purged') break;
  }
  explain(x, finding);
  return forwardFinding(x, sidecar, route, finding, undefined);
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

/**
 * Whether the upstream is asked for a part and nothing else: with nothing stored to take it from, where the
 * rule has it so, or where the whole is known not to be storable.
 */
function wantsPart(x: Exchange, sidecar: Sidecar, { rule }: MatchedRoute, finding: Finding): boolean {
  if (finding.kind !== 'absent' || x.request.method !== 'GET') return false;
  if (!hasField(x.request.fields, 'range')) return false;
  return rule.range === 'part' || sidecar.flights.isUncacheable(x.key, sidecar.clock.now());
}

function explain(x: Exchange, finding: Finding): void {
  if (finding.kind === 'absent') x.cache = { hit: false, fwd: finding.reason, detail: finding.detail };
  if (finding.kind === 'validate') {
    const { reason, detail, ttl } = finding.reuse;
    x.cache = { hit: false, fwd: reason, detail, ttl };
  }
}

function forwardFinding(
  x: Exchange,
  sidecar: Sidecar,
  route: MatchedRoute,
  finding: Finding,
  flight: Flight | undefined,
): void {
  if (wantsPart(x, sidecar, route, finding)) {
    x.trace.push('pass');
    x.cache = { ...x.cache, detail: 'range' };
    return forward(x, sidecar, { share: undefined, flight });
  }
  // The upstream's answer to a HEAD has no body to store; it can only tell of what is stored.
  const anew = { share: x.request.method === 'HEAD' ? undefined : route, flight };
  if (finding.kind !== 'validate') return forward(x, sidecar, anew);
  const { stored, tier, reuse } = finding;
  // A 304 to a condition sent after the purge would bring back what it took.
  if (sidecar.purges.index.verdict(stored) === 'hard') {
    x.trace.push('purged');
    explain(x, { kind: 'absent', reason: 'uri-miss', detail: 'purged' });
    return forward(x, sidecar, anew);
  }
  forward(x, sidecar, { share: route, flight, validate: { stored, tier, ifError: reuse.ifError } });
}
