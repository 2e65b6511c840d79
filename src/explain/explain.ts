import { randomUUID } from 'node:crypto';
import type { ExplainOrder, Explanation } from '../admin/explanation.ts';
import type { RequestView } from '../admin/explanation-request.ts';
import type { MemoryView, RedisView } from '../admin/explanation-tiers.ts';
import type { Clock } from '../clock.ts';
import { redactTarget } from '../observe/redact.ts';
import { effectiveUrl } from '../policy/cache-key.ts';
import type { FieldLines } from '../policy/fields.ts';
import type { StoredResponse } from '../policy/stored-response.ts';
import { urlOf } from '../proxy/last-answers.ts';
import type { Sidecar } from '../proxy/sidecar.ts';
import type { MemoryTier, RemoteTier } from '../store/ports.ts';
import { adviceFor } from './advice-for.ts';
import { fieldViews } from './fields-view.ts';
import { keyView } from './key-view.ts';
import { lastSaid, upstreamView } from './last-said.ts';
import { amongReplicas, predict, refusedPrediction } from './prediction.ts';
import { type Part, type Rehearsal, rehearse } from './rehearsal.ts';
import { type DoorLimits, readOrder } from './request-reading.ts';
import { routeTrials } from './route-trials.ts';
import type { Playhouse } from './stage.ts';
import { createLooks } from './stage-memory.ts';
import { summaryOf } from './summary.ts';
import { type Look, type LookedUp, lookIntoMemory, lookIntoRedis } from './tier-views.ts';
import { wouldBeSent } from './would-be-sent.ts';

/** What an explanation is made from; nothing of it is changed. */
export interface ExplainParts {
  readonly sidecar: Sidecar;
  readonly memory: MemoryTier | undefined;
  readonly redis: RemoteTier | undefined;
  readonly limits: DoorLimits;
  /** The Host where none is named. */
  readonly ownAuthority: () => string;
  /** See Config. */
  readonly routeLines: () => readonly number[];
  /** Its number among several; null: it is the only process. */
  readonly worker: number | null;
}

/** Explains one request. Rejects for a mistake of ours alone; takes no longer than Redis does to answer. */
export async function explain(order: ExplainOrder, parts: ExplainParts): Promise<Explanation> {
  const { sidecar, memory, redis, worker } = parts;
  const clock = stillClock(sidecar.clock);
  const read = readOrder(order, parts.limits, parts.ownAuthority());
  if (read.kind === 'refused') return refused(order, read, clock, worker);

  const { head, hasBody, isUpgrade } = read;
  const house: Playhouse = {
    sidecar,
    memory,
    clock,
    redis: redis && { tier: redis, look: createLooks(redis) },
  };
  const part: Part = { id: randomUUID(), request: head, hasBody, isUpgrade };
  const failing = await rehearse(house, part, 'fails');
  const { x, stage } = failing;
  const { route } = x;
  const isLookedUp = x.key !== '' && x.request.method !== 'POST' && route !== undefined;
  const looked: LookedUp | undefined = isLookedUp ? { x, stage, route } : undefined;
  const inMemory = looked && memory && (await lookIntoMemory(looked, memory));
  const inRedis = looked && house.redis && (await lookIntoRedis(looked, house.redis, sidecar));
  const stored = newest(inMemory?.stored, inRedis?.stored);
  const urls = [x.url, urlOf(head), ...(route === undefined ? [] : [effectiveUrl(head, route.rule.key)])];
  const tier = stored === inMemory?.stored ? 'memory' : 'redis';
  const said = lastSaid(head.method, urls, stored && { stored, tier }, sidecar);
  const prediction = amongReplicas(await predict(house, part, failing, said), inRedis?.view.lock);
  const upstream =
    route === undefined || said === undefined ? null : upstreamView(x.request, said, route.rule);
  const lines = parts.routeLines();
  const trials = routeTrials(head, sidecar.routes, lines);
  const sent = wouldBeSent(failing);
  const { cache } = failing.asked ?? { cache: x.cache };
  const isPast = cache.fwd === 'bypass' || cache.fwd === 'method';
  const memoryViews: MemoryView[] = inMemory
    ? [{ ...inMemory.view, worker, cacheStatus: prediction.cacheStatus, outcome: prediction.outcome }]
    : [];
  const explanation: Omit<Explanation, 'summary'> = {
    now: clock.now(),
    worker,
    request: {
      ...requestView(head, null),
      fields: fieldViews({
        given: read.fields,
        head,
        rule: route?.rule,
        isLookedUp: isLookedUp && !isPast,
        blamed: isPast ? cache.subject : undefined,
        sent: sent.fields,
      }),
      upstreamTarget: redactTarget(sent.target),
    },
    routes: trials,
    lookup:
      route === undefined
        ? null
        : {
            kind: isPast ? 'pass' : 'lookup',
            reason: isPast ? (cache.fwd ?? null) : null,
            detail: isPast ? (cache.detail ?? null) : null,
            subject: isPast ? (cache.subject ?? null) : null,
          },
    key:
      looked === undefined
        ? null
        : keyView(head, looked.route.rule, sidecar, { vary: varyOf(inMemory, inRedis), stored }),
    memory: memoryViews,
    redis: inRedis?.view ?? null,
    prediction,
    upstream,
    advice: adviceFor(
      {
        request: x.request,
        place: route && { rule: route.rule, index: trials.length - 1, isCatchAll: lines.length === 0 },
      },
      prediction,
      upstream,
    ),
  };
  const { now, worker: by, ...rest } = explanation;
  return { now, worker: by, summary: summaryOf(explanation), ...rest };
}

/** One moment for all of an explanation. */
function stillClock(clock: Clock): Clock {
  const now = clock.now();
  const monotonic = clock.monotonic();
  const { setBack = 0 } = clock;
  return { now: () => now, monotonic: () => monotonic, setBack };
}

function newest(a: StoredResponse | undefined, b: StoredResponse | undefined): StoredResponse | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return b.responseTime > a.responseTime ? b : a;
}

function varyOf(a: Look<unknown> | undefined, b: Look<RedisView> | undefined): readonly string[] | undefined {
  return a?.vary ?? b?.vary;
}

type Target = Pick<Rehearsal['x']['request'], 'method' | 'scheme' | 'authority' | 'path' | 'query'>;

function requestView(
  { method, scheme, authority, path, query }: Target,
  refusal: RequestView['refused'],
): RequestView {
  const shown = redactTarget(`/?${query}`).slice(2);
  return {
    method,
    scheme,
    authority,
    path,
    query: shown,
    fields: [],
    upstreamTarget: null,
    refused: refusal,
  };
}

function refused(
  { url, method = 'GET', host = '' }: ExplainOrder,
  { status, why, fields }: { readonly status: number; readonly why: string; readonly fields: FieldLines },
  clock: Clock,
  worker: number | null,
): Explanation {
  const [path = '', ...query] = url.split('?');
  const authority = fields[0]?.toLowerCase() === 'host' ? (fields[1] ?? host) : host;
  const target = { method, scheme: 'http', authority, path, query: query.join('?') } as const;
  return {
    now: clock.now(),
    worker,
    summary: `No request can be like this one: it would be answered ${status}, since ${why}.`,
    request: requestView(target, { status, why }),
    routes: [],
    lookup: null,
    key: null,
    memory: [],
    redis: null,
    prediction: refusedPrediction(status),
    upstream: null,
    advice: [],
  };
}
