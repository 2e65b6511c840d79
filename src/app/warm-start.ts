import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Clock } from '../clock.ts';
import type { RedisConfig } from '../config/config.ts';
import type { RouteRule } from '../policy/route-rule.ts';
import type { PurgeIndex } from '../purge/purge-index.ts';
import type { PurgeLog } from '../purge/purge-log.ts';
import { type MostUsed, rememberMostUsed } from '../store/most-used.ts';
import type { MemoryTier, RemoteTier } from '../store/ports.ts';
import { noProgress, type WarmEnd, type WarmProgress, warmMemory } from '../store/warm-start.ts';
import type { RedisParts } from './redis-parts.ts';

/** Fetches into memory, once, what is used most. */
export interface WarmStart {
  /** undefined: it has not begun, or is over. */
  readonly progress: { readonly fetched: number; readonly of: number } | undefined;
  /** Resolves when it is over: after `within` at the latest. Never rejects. */
  run(): Promise<void>;
  /** Ends it at once. */
  stop(): void;
}

export interface WarmStartParts {
  readonly memory: MemoryTier | undefined;
  readonly remote: RemoteTier | undefined;
  readonly mostUsed: MostUsed | undefined;
  readonly purges: { readonly index: PurgeIndex; readonly log: PurgeLog };
  /** As they are by now. */
  readonly rules: () => readonly RouteRule[];
  readonly clock: Clock;
  readonly log: Logger;
}

/** Keys asked for at once, and no more than half of what Redis may be asked at once. */
const BATCH = 100;
/** ms between two lines of the log, and between two looks whether the purge log can be followed. */
const TELL = 1_000;
const LOOK = 20;
/** How often Redis is asked what it remembers. */
const ATTEMPTS = 20;
/** Redis remembers more keys than are fetched, since records are among them, and what is gone by then. */
const remembered = (keys: number) => Math.max(2 * keys, Math.min(4 * keys, 10_000));

const ENDS: Record<WarmEnd | 'time', string> = {
  all: 'nothing more is remembered',
  keys: 'as many as were wanted',
  memory: 'memory is nearly full',
  redis: 'Redis cannot be read',
  stopped: 'Cacheside is stopping',
  time: 'its time is over',
};

/** What is used most, remembered in Redis; undefined where no warm start is wanted. */
export function openMostUsed(settings: RedisConfig, { client, tier }: RedisParts): MostUsed | undefined {
  const { namespace, warmStart } = settings;
  if (warmStart === undefined) return undefined;
  const isReady = () => tier.state === 'ready';
  return rememberMostUsed({ redis: client, namespace, bound: remembered(warmStart.keys), isReady });
}

/** A warm start of these parts; undefined where none is wanted, or there is no memory to fetch into. */
export function createWarmStart(
  settings: RedisConfig | undefined,
  parts: WarmStartParts,
): WarmStart | undefined {
  const { memory, remote, mostUsed, purges, rules, clock, log } = parts;
  if (settings?.warmStart === undefined || remote === undefined || mostUsed === undefined) return undefined;
  if (memory === undefined) {
    log.warn('warm start: there is no memory tier to fetch into');
    return undefined;
  }
  const { keys, within } = settings.warmStart;
  const batch = Math.min(BATCH, Math.ceil(settings.maxInFlight / 2));
  const stopping = new AbortController();
  let progress: WarmProgress | undefined;

  /** What is found can be judged only once the purge log was read to its end. */
  const trusted = async (signal: AbortSignal): Promise<void> => {
    while (remote.state === 'ready' && !purges.log.trusted && !signal.aborted) {
      await delay(LOOK, undefined, { signal }).catch(() => {});
    }
  };

  /** A Cluster is ready once one of its masters is, and it may be another one that knows. */
  const count = async (signal: AbortSignal): Promise<number | undefined> => {
    for (let attempt = 0; attempt < ATTEMPTS && remote.state === 'ready' && !signal.aborted; attempt++) {
      const counted = await mostUsed.count().catch(() => undefined);
      if (counted !== undefined) return counted;
      await delay(LOOK, undefined, { signal }).catch(() => {});
    }
    return undefined;
  };

  const fetch = async (counted: WarmProgress, signal: AbortSignal): Promise<WarmEnd> => {
    await trusted(signal);
    const known = await count(signal);
    if (known === undefined) return 'redis';
    counted.of = Math.min(keys, known);
    log.info({ warmStart: { of: counted.of, within } }, 'warm start: fetching what is used most from Redis');
    const fingerprints = new Set(rules().map((rule) => rule.fingerprint));
    return warmMemory({
      memory,
      remote,
      mostUsed,
      keys,
      batch,
      remoteTrusted: () => purges.log.trusted,
      isPurged: (stored) => purges.index.verdict(stored) === 'hard',
      isOfRule: (fingerprint) => fingerprints.has(fingerprint),
      clock,
      signal,
      progress: counted,
    });
  };

  return {
    get progress() {
      return progress && { fetched: progress.fetched, of: progress.of };
    },
    async run() {
      const counted = noProgress();
      progress = counted;
      const began = clock.monotonic();
      const { signal } = stopping;
      const patience = setTimeout(() => stopping.abort('time'), within);
      const telling = setInterval(
        () => log.info({ warmStart: { ...counted } }, 'warm start: under way'),
        TELL,
      );
      // What is under way is not waited for: nothing of it is taken any more.
      const aborted = new Promise<'time' | 'stopped'>((resolve) => {
        const tell = () => resolve(signal.reason === 'time' ? 'time' : 'stopped');
        if (signal.aborted) tell();
        else signal.addEventListener('abort', tell, { once: true });
      });
      const end = await Promise.race([aborted, fetch(counted, signal)]);
      clearTimeout(patience);
      clearInterval(telling);
      progress = undefined;
      const ms = Math.round(clock.monotonic() - began);
      log.info({ warmStart: { ...counted, ms, end } }, `warm start: over, ${ENDS[end]}`);
    },
    stop: () => stopping.abort('stopped'),
  };
}
