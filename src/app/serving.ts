import { createHash, randomUUID } from 'node:crypto';
import { setFlagsFromString } from 'node:v8';
import { type Address, formatAddress } from '../address.ts';
import type { WarmTarget } from '../admin/ports.ts';
import { systemClock } from '../clock.ts';
import type { Config } from '../config/config.ts';
import type { DrainTimes } from '../downstream/drain.ts';
import { createHttpDoor } from '../downstream/http-door.ts';
import type { AdmissionLevels } from '../observe/admission-levels.ts';
import type { Metrics } from '../observe/metrics.ts';
import type { Outcome } from '../observe/outcome.ts';
import type { Stats } from '../observe/stats.ts';
import type { RawUpstream } from '../observe/upstream-health.ts';
import { createFlights } from '../proxy/collapse.ts';
import { createHeldRecordings } from '../proxy/held-recordings.ts';
import { createLastAnswers } from '../proxy/last-answers.ts';
import { createRouteTable } from '../proxy/route-table.ts';
import type { Sidecar } from '../proxy/sidecar.ts';
import { storedTargets } from '../proxy/stored-target.ts';
import { warm } from '../proxy/warm.ts';
import { type CountMatching, createCountMatching } from '../purge/matching.ts';
import type { PurgeIndex } from '../purge/purge-index.ts';
import type { PurgeLedger } from '../purge/purge-ledger.ts';
import { purgeLevels } from '../purge/purge-levels.ts';
import type { PurgeLog } from '../purge/purge-log.ts';
import { placeOf } from '../store/lookup.ts';
import type { MemoryTier, RemoteTier } from '../store/ports.ts';
import { startSweeping } from '../store/sweeper.ts';
import { createTieredStore } from '../store/tiered-store.ts';
import { createPool } from '../upstream/pool.ts';
import { createTunnels } from '../upstream/tunnel.ts';
import type { KeyLists, KeysAsked } from '../workers/key-lists.ts';
import { admissionLevels, openAdmission } from './admission-parts.ts';
import { type Explain, openExplain } from './explain-parts.ts';
import { openInside } from './inside-parts.ts';
import { createKeyLists, openKeyCounts } from './key-parts.ts';
import { openLocks } from './lock-parts.ts';
import { openMemory } from './memory-parts.ts';
import { responsesIn } from './memory-responses.ts';
import { openObserving } from './observe-parts.ts';
import { openRedisTier } from './redis-parts.ts';
import type { AppServices } from './services.ts';
import { openTracing } from './tracing-parts.ts';
import { createWarmStart, openMostUsed, type WarmStart } from './warm-start.ts';

/** What answers requests: both tiers, the pipeline, the door and the pool; told of purges by a log. */
export interface Serving {
  readonly stats: Stats;
  readonly metrics: Metrics;
  /** How the upstream answered and failed. */
  readonly upstream: () => RawUpstream;
  /** undefined: no memory tier. */
  readonly memory: MemoryTier | undefined;
  /** undefined: no Redis tier. */
  readonly redis: RemoteTier | undefined;
  /** What bounds the work, as it stands. */
  readonly admission: () => AdmissionLevels;
  readonly routeNames: () => readonly string[];
  /** See `storedTargets`. */
  readonly storedTargets: (target: string, authority: string | undefined) => readonly string[];
  /** What is used, missed and stored here. */
  readonly keys: (asked: KeysAsked) => Promise<KeyLists>;
  /** How a request would fare here, and why. */
  readonly explain: Explain;
  /** How many stored responses in memory one purge names; undefined: there is no memory tier. */
  readonly matching: CountMatching | undefined;
  /** Without an authority, at the address this listens at. */
  warm(target: WarmTarget): Promise<Outcome>;
  /** undefined: none is wanted, or there is nothing to fetch from or into. To be run once this listens. */
  readonly warmStart: WarmStart | undefined;
  /** Connects to Redis, at most `withinMs`. */
  connect(withinMs: number): Promise<void>;
  /** Throws OperatorError where the address can't be had. */
  listen(address: Address): Promise<Address>;
  /** Takes over the routes and the log level of another configuration. */
  reload(next: Config): void;
  /** Finishes the requests under way, and takes no more. */
  drain(times: DrainTimes): Promise<void>;
  /** After `drain`: lets go of upstream and Redis. */
  close(): Promise<void>;
}

/**
 * How far the heap may grow past what lives in it before V8 looks for garbage, per cent. By default that is
 * up to 300, and what the memory tier evicts is just such garbage: 20,000 small responses through a tier of
 * 16 MiB peak at 270 MiB by default, at 184 this way and at 176 with 30 per cent, where each collection of a
 * full tier is paid for by the misses (154 µs one, against 97 by default).
 */
const HEAP_GROWTH = 100;

/** How long what was traced may take to be sent at the end; ms. */
const SPANS_WITHIN = 1_000;

/**
 * Puts together what answers requests. `purges`: what has been purged, and the log that is followed. `spread`: where other
 * processes answer at the same address, resolves once they know what was appended here.
 */
export function createServing(
  config: Config,
  services: Omit<AppServices, 'loadConfig'>,
  purges: { readonly index: PurgeIndex; readonly log: PurgeLog; readonly ledger?: PurgeLedger },
  spread?: () => Promise<void> | undefined,
): Serving {
  const { log, clock = systemClock } = services;
  setFlagsFromString(`--heap-growing-percent=${HEAP_GROWTH}`);
  const opened = config.redis && openRedisTier(config.redis, log, clock);
  const redis = opened?.tier;
  const mostUsed = config.redis && opened && openMostUsed(config.redis, opened);
  const keys = openKeyCounts(clock);
  const { coded, reclaim } = openMemory(config.memory, {
    hot: keys.hot,
    mostUsed,
    rules: () => sidecar.routes.rules,
    clock,
    log,
  });
  const memory = coded?.memory;
  const digest = (secret: string) => createHash('sha256').update(secret).digest('base64url').slice(0, 22);
  const store = createTieredStore({
    memory,
    remote: redis,
    remoteTrusted: () => purges.log.trusted,
    digest,
    clock,
  });

  const observing = openObserving(config, services, clock, keys.missed.observe, {
    memory: () => memory && { ...memory.stats(), limit: memory.limit },
    redis: () => redis?.stats(),
    admission: () => admissionLevels(admission, pool),
    coding: () => coded?.counts,
    purges: () => purgeLevels(purges.log, config.coherence.lease, clock),
    ...(purges.ledger && { replicas: () => purges.ledger?.replicas }),
  });
  const { stats, metrics, observe } = observing;

  const pool = createPool(config.upstream);
  const admission = openAdmission(config, clock, log);
  const sidecar: Sidecar = {
    routes: createRouteTable(config.routes),
    store,
    purges,
    coherence: config.coherence,
    flights: createFlights(),
    heldRecordings: createHeldRecordings(config.memory.limit, reclaim),
    lastAnswers: createLastAnswers(),
    locks: config.redis && opened && openLocks(config.redis, opened, log, clock, () => purges.log.trusted),
    compress: (stored) => coded?.offer(placeOf(stored)),
    admission,
    upstream: pool,
    clock,
    digest,
    random: Math.random,
    timeout: config.upstream.timeout,
    trustForwarded: config.downstream.trustForwarded,
    onUpstreamHead: observing.upstreamAnswered,
    onUpstreamFailure: observing.upstreamFailed,
    onFault: (error, id) =>
      log.error({ err: error, id }, 'a request was broken off by a mistake of Cacheside'),
  };

  const tracing = openTracing(config);
  const inside = openInside(sidecar, observe, createTunnels(config.upstream), spread, tracing);
  const door = createHttpDoor({ ...config.downstream, fast: config.fastDoor }, inside);

  const warmStart = createWarmStart(config.redis, {
    memory,
    remote: redis,
    mostUsed,
    purges,
    rules: () => sidecar.routes.rules,
    clock,
    log,
  });

  let ownAuthority = 'localhost';
  let { routeLines } = config;
  let stopSweeping = () => {};

  return {
    stats,
    metrics,
    upstream: observing.upstream,
    memory,
    redis,
    admission: () => admissionLevels(admission, pool),
    routeNames: () => sidecar.routes.rules.map((rule) => rule.name),
    storedTargets: (target, authority) => storedTargets(sidecar, target, authority),
    explain: openExplain(config, {
      sidecar,
      memory,
      redis,
      ownAuthority: () => ownAuthority,
      routeLines: () => routeLines,
    }),
    keys: createKeyLists(keys, { memory, index: purges.index, rules: () => sidecar.routes.rules, clock }),
    matching: memory && createCountMatching(() => responsesIn(memory)),
    warm({ scheme, authority = ownAuthority, target }) {
      const [path = '/', query = ''] = target.split(/\?(.*)/s);
      const request = { method: 'GET', scheme, authority, path, query, fields: [] };
      return warm(sidecar, randomUUID(), request, tracing?.ownRequest());
    },
    warmStart,
    async connect(withinMs) {
      await redis?.connect(withinMs);
    },
    async listen(address) {
      if (memory !== undefined)
        stopSweeping = startSweeping(memory, { interval: config.memory.sweep, clock });
      const bound = await door.listen(address);
      ownAuthority = formatAddress(bound);
      return bound;
    },
    reload(next) {
      sidecar.routes = createRouteTable(next.routes);
      routeLines = next.routeLines;
      admission.setRoutes(next.routes);
      observing.setRoutes(next.routes.map((rule) => rule.name));
      log.level = next.log.level;
    },
    async drain(times) {
      warmStart?.stop();
      coded?.stop();
      await door.drain(times);
      stopSweeping();
    },
    async close() {
      await Promise.all([pool.close(), mostUsed?.close(), tracing?.flush(SPANS_WITHIN)]);
      await redis?.close();
    },
  };
}
