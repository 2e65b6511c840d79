import type { RequestHead } from '../policy/request.ts';
import { parseRequestTarget } from '../policy/request-target.ts';
import type { RouteRule } from '../policy/route-rule.ts';
import { createRouteTable, type MatchedRoute } from '../proxy/route-table.ts';
import { type Identity, settle } from '../proxy/settle.ts';
import { createPurgeIndex } from '../purge/purge-index.ts';
import { type Assumptions, createAssumedResponses } from './assumed-response.ts';
import { createNeededMemory } from './needed-memory.ts';
import { createAnswers } from './simulated-answer.ts';
import { type Answer, createSimulatedMemory, type SimulatedMemory } from './simulated-memory.ts';
import { countWord, hashOf, newRouteTally, type RouteTally } from './simulated-tally.ts';
import { createSimulatedWrites } from './simulated-writes.ts';
import { type SimulationResult, simulationResult } from './simulation-result.ts';
import type { TrafficRequest } from './traffic-request.ts';

export interface SimulationOptions {
  readonly rules: readonly RouteRule[];
  /** Bytes of memory, each simulated beside the others; without a limit it is always. */
  readonly limits: readonly number[];
  /** How often a tier is cleared of what expired; ms. */
  readonly sweep: number;
  readonly assume: Assumptions;
  /** Host of requests whose lines name none. */
  readonly authority?: string;
  /** Responses held at once beyond which memory without a limit is given up: about a KiB each, bodies or not. */
  readonly mostHeld?: number;
}

const MOST_HELD = 1_500_000;

export interface Simulation {
  take(request: TrafficRequest): void;
  result(): SimulationResult;
}

/** Where a line matches no route. */
export const NO_ROUTE = '(no route)';

/** More than any log needs: what stands for no limit at all, bytes. */
const UNLIMITED = 2 ** 50;

/** Requests between two looks for what expired, where they come close to each other. */
const SWEEP_EVERY = 64;
/** Slots that are looked at, over all requests. A sidecar has no such bound: it has all the time between. */
const SLOTS_PER_REQUEST = 64;
/** Where a round stood is not known: two of them see everything. */
const MOST_ROUNDS = 2;

/** A line that is so much older than one before it was not written in order; ms. */
const LATE = 5_000;

/**
 * Replays requests against rules with the parts that a sidecar decides with, the log's time as the clock. Each request is
 * answered before the next: what a sidecar would collapse into one is a hit here, which spares the upstream as much.
 */
export function createSimulation(options: SimulationOptions): Simulation {
  const { rules, limits, sweep, assume, authority = 'localhost', mostHeld = MOST_HELD } = options;
  const routes = createRouteTable(rules);
  const routeNames = rules.map(({ name }) => name);
  const purges = createPurgeIndex();
  const writes = createSimulatedWrites(purges, routes);
  const assumed = createAssumedResponses(assume);
  const answers = createAnswers(purges, () => writes.position);
  const identifying = { routes, digest: (secret: string) => secret, trustForwarded: false };
  const tallies = new Map<string, RouteTally>(
    [...routeNames, NO_ROUTE].map((name) => [name, newRouteTally()]),
  );
  const need = createNeededMemory();
  let from: number | undefined;
  let now = 0;
  let sweptAt = 0;
  let untilSweep = SWEEP_EVERY;
  let slotsLeft = 0;
  const counts = { requests: 0, late: 0, untimed: 0, unsized: 0 };
  const clock = { now: () => now, monotonic: () => now };
  const open = (limit: number, onPut?: typeof need.look): SimulatedMemory =>
    createSimulatedMemory({ limit, purges, clock, routeNames, onPut });
  let unlimited: SimulatedMemory | undefined = open(UNLIMITED, need.look);
  const memories = [...limits.map((limit) => open(limit)), unlimited];

  const tick = (time: number | undefined): void => {
    if (time === undefined) counts.untimed++;
    else {
      from = from === undefined ? time : Math.min(from, time);
      if (time < now - LATE) counts.late++;
      now = Math.max(now, time);
    }
    slotsLeft += SLOTS_PER_REQUEST;
    if (--untilSweep > 0 && now - sweptAt < sweep) return;
    if (unlimited !== undefined && unlimited.tier.stats().responses > mostHeld) {
      unlimited = undefined;
      memories.pop();
    }
    const rounds = Math.min(MOST_ROUNDS, (now - sweptAt) / sweep);
    const most = Math.max(0, ...memories.map(({ tier }) => tier.stats().responses));
    const slots = Math.min(slotsLeft, Math.ceil(most * rounds));
    for (const { tier } of memories) {
      tier.sweep(now, slots);
      // Each walks to the end of its round at most.
      if (rounds > 1) tier.sweep(now, slots);
    }
    slotsLeft -= slots;
    untilSweep = SWEEP_EVERY;
    sweptAt = now;
  };

  const lookUp = (
    request: RequestHead,
    route: MatchedRoute,
    identity: Identity,
    line: TrafficRequest,
  ): void => {
    const { rule } = route;
    const { key } = identity;
    const before = memories.at(-1)?.tier.glance(key);
    const known = before !== undefined && 'body' in before ? before.body.byteLength : undefined;
    const response = assumed(line, rule, known);
    let answer: Answer | undefined;
    const asked = {
      request,
      rule,
      key,
      now,
      bytes: line.bytes ?? 0,
      status: response.head.status,
      isPart: line.status === 206 && rule.range === 'part',
      answer: () => {
        answer ??= answers(request, route, identity, response, now);
        return answer;
      },
    };
    for (const memory of memories) memory.take(asked);
  };

  return {
    take(line) {
      counts.requests++;
      if (line.bytes === undefined) counts.unsized++;
      tick(line.time);
      const parsed = parseRequestTarget(line.target);
      if (parsed === undefined) {
        const tally = countRequest(tallies, NO_ROUTE, line);
        if (tally !== undefined) tally.refused++;
        return;
      }
      const fields = line.hasUser ? [...line.fields, 'Authorization', ''] : line.fields;
      const request: RequestHead = {
        method: line.method,
        scheme: 'http',
        authority: line.authority ?? authority,
        ...parsed,
        fields,
      };
      const settled = settle(request, false, identifying);
      const route = settled.kind === 'no-route' ? undefined : settled.route;
      const tally = countRequest(tallies, route?.rule.name ?? NO_ROUTE, line);
      if (tally === undefined) return;
      if (settled.kind === 'lookup') {
        tally.keys.add(hashOf(settled.identity.key));
        return lookUp(request, settled.route, settled.identity, line);
      }
      tally.pass++;
      countWord(
        tally.why,
        settled.kind === 'no-route' ? 'no-route' : (settled.decision.detail ?? settled.decision.reason),
      );
      const response = { status: line.status ?? 200, fields: line.responseFields ?? [] };
      if (writes.write(request, response, route)) tally.invalidations++;
    },
    result: () =>
      simulationResult({
        counts,
        from,
        until: from === undefined ? undefined : now,
        tallies,
        memories,
        limits,
        need: unlimited === undefined ? undefined : need,
      }),
  };
}

function countRequest(
  tallies: ReadonlyMap<string, RouteTally>,
  route: string,
  { bytes = 0 }: TrafficRequest,
): RouteTally | undefined {
  const tally = tallies.get(route);
  if (tally === undefined) return undefined;
  tally.requests++;
  tally.bytes += bytes;
  return tally;
}
