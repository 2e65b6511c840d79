import type { Clock } from '../clock.ts';
import type { Detail } from '../policy/cache-status.ts';
import type { RequestHead } from '../policy/request.ts';
import { decideReuse } from '../policy/reuse.ts';
import type { RouteRule } from '../policy/route-rule.ts';
import type { StoredResponse } from '../policy/stored-response.ts';
import { decideValidation } from '../policy/validation.ts';
import type { PurgeIndex } from '../purge/purge-index.ts';
import { createMemoryTier } from '../store/memory-tier.ts';
import type { MemoryTier } from '../store/ports.ts';
import { createTieredStore } from '../store/tiered-store.ts';
import { countWord, type MemoryTally, newMemoryTally } from './simulated-tally.ts';

/** A request that is looked up, and what the upstream would answer. */
export interface Asked {
  readonly request: RequestHead;
  readonly rule: RouteRule;
  readonly key: string;
  /** ms since the epoch. */
  readonly now: number;
  /** Of the answer that the log tells of; bytes. */
  readonly bytes: number;
  /** The upstream's status. */
  readonly status: number;
  /** For nothing but this part the upstream is asked, where nothing is stored. */
  readonly isPart: boolean;
  /** What the upstream's answer is stored as, made once for all memories; why it is not. */
  answer(): Answer;
}

export type Answer =
  | { readonly kind: 'stored'; readonly stored: StoredResponse; readonly vary: readonly string[] }
  | { readonly kind: 'not-stored'; readonly why: string };

/** The memory tier under one limit, and what becomes of requests there. */
export interface SimulatedMemory {
  readonly tier: MemoryTier;
  readonly routes: ReadonlyMap<string, MemoryTally>;
  take(asked: Asked): void;
}

export interface SimulatedMemoryOptions {
  /** bytes */
  readonly limit: number;
  readonly purges: PurgeIndex;
  readonly clock: Clock;
  readonly routeNames: readonly string[];
  /** Told after each response that was kept. */
  readonly onPut?: ((tier: MemoryTier) => void) | undefined;
}

const noSecrets = (secret: string): string => secret;

/** Without Redis, without other requests under way: each is answered before the next one comes. */
export function createSimulatedMemory(options: SimulatedMemoryOptions): SimulatedMemory {
  const { limit, purges, clock, routeNames, onPut } = options;
  const letGo = (): void => {};
  const tier = createMemoryTier({ limit, reclaim: letGo });
  const store = createTieredStore({
    memory: tier,
    remote: undefined,
    remoteTrusted: () => false,
    digest: noSecrets,
    clock,
  });
  const routes = new Map(routeNames.map((name) => [name, newMemoryTally()]));

  /** undefined: stored. */
  const keep = (answer: Answer): string | undefined => {
    if (answer.kind === 'not-stored') return answer.why;
    if (!store.put(answer.stored, answer.vary)) return 'too-large';
    onPut?.(tier);
    return undefined;
  };

  const fetch = (asked: Asked, tally: MemoryTally, word: 'miss' | 'expired', why: string): void => {
    tally[word]++;
    // A HEAD fetches nothing that could be stored.
    const mayStore = asked.request.method === 'GET' && !(word === 'miss' && asked.isPart);
    const refused = mayStore ? keep(asked.answer()) : undefined;
    countWord(tally.why, asked.isPart && word === 'miss' ? 'range' : (refused ?? why));
  };

  return {
    tier,
    routes,
    take(asked) {
      const { request, rule, key, now } = asked;
      const tally = routes.get(rule.name);
      if (tally === undefined) return;
      const lookup = store.peek(key, request, rule.noVarySearch === 'respect');
      if (lookup.kind !== 'found') return fetch(asked, tally, 'miss', whyAbsent(lookup.kind));
      const { stored } = lookup;
      const verdict = purges.verdict(stored);
      if (verdict === 'hard') {
        store.remove(stored, 'memory');
        return fetch(asked, tally, 'miss', 'purged' satisfies Detail);
      }
      const reuse = decideReuse(request, stored, rule, verdict === 'soft', now);
      switch (reuse.kind) {
        case 'reuse':
        case 'reuse-stale': {
          const renews = reuse.kind === 'reuse' ? reuse.refresh : reuse.revalidate;
          tally[reuse.kind === 'reuse' ? 'hit' : 'stale']++;
          tally.bytesSaved += asked.bytes;
          if (renews) {
            tally.renewals++;
            keep(asked.answer());
          }
          return;
        }
        case 'validate':
          if (reuse.ifError && decideValidation({ status: asked.status, fields: [] }).kind === 'error') {
            tally.stale++;
            tally.failed++;
            tally.bytesSaved += asked.bytes;
            return;
          }
          return fetch(asked, tally, 'expired', reuse.detail ?? reuse.reason);
        case 'unusable':
          return fetch(asked, tally, 'miss', reuse.detail);
        default:
          return reuse satisfies never;
      }
    },
  };
}

function whyAbsent(kind: 'uri-miss' | 'vary-miss' | 'unavailable'): string {
  return kind === 'vary-miss' ? kind : 'uri-miss';
}
