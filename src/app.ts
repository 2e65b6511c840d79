import { createHash, randomUUID } from 'node:crypto';
import type { Duplex } from 'node:stream';
import { setFlagsFromString } from 'node:v8';
import type { Logger } from 'pino';
import { type Address, formatAddress } from './address.ts';
import type { AdminParts } from './admin/ports.ts';
import { createAdminServer } from './admin/server.ts';
import { type Clock, systemClock } from './clock.ts';
import type { Config } from './config/config.ts';
import { describeConfig } from './config/describe.ts';
import { refuseRestart } from './config/restart.ts';
import type { Inside } from './downstream/door.ts';
import { createHttpDoor } from './downstream/http-door.ts';
import { refusal } from './downstream/refusal.ts';
import { createAccessLog, noObserver } from './observe/access-log.ts';
import type { LogOutput } from './observe/logger.ts';
import { createMetrics } from './observe/metrics.ts';
import { type Observer, refusedOutcome } from './observe/outcome.ts';
import { createStats } from './observe/stats.ts';
import { createFailureLog } from './observe/upstream-failures.ts';
import type { RequestHead } from './policy/request.ts';
import { isResponse, type StoredResponse } from './policy/stored-response.ts';
import { createFlights } from './proxy/collapse.ts';
import { createExchange, type Exchange } from './proxy/exchange.ts';
import { createNobody } from './proxy/nobody.ts';
import { handle } from './proxy/pipeline.ts';
import type { Downstream } from './proxy/ports.ts';
import { createRouteTable } from './proxy/route-table.ts';
import type { Sidecar } from './proxy/sidecar.ts';
import { storedTarget } from './proxy/stored-target.ts';
import { upgrade } from './proxy/upgrade.ts';
import { warm } from './proxy/warm.ts';
import { createLocalLog } from './purge/local-log.ts';
import { countMatching } from './purge/matching.ts';
import { createPurgeIndex, type PurgeIndex } from './purge/purge-index.ts';
import type { PurgeLog } from './purge/purge-log.ts';
import { createRedisLog } from './purge/redis-log.ts';
import { createMemoryTier } from './store/memory-tier.ts';
import type { MemoryTier, RemoteTier } from './store/ports.ts';
import { connectRedis } from './store/redis-connection.ts';
import type { RedisEvent } from './store/redis-health.ts';
import { createRedisTier } from './store/redis-tier.ts';
import { startSweeping } from './store/sweeper.ts';
import { createTieredStore } from './store/tiered-store.ts';
import { createPool } from './upstream/pool.ts';
import { createTunnels } from './upstream/tunnel.ts';

/** What an app is given from outside. */
export interface AppServices {
  readonly log: Logger;
  /** Where the access log's lines go. */
  readonly logOutput: LogOutput;
  /** Log lines lost so far; for the metrics. */
  readonly logDropped?: () => number;
  /** Reads the configuration anew; throws a ConfigError with every problem. */
  readonly loadConfig: () => Config;
  /** The system's, if not given. */
  readonly clock?: Clock | undefined;
}

/** A running sidecar. */
export interface App {
  /** Connects to Redis (bounded wait), then listens. Throws OperatorError where an address can't be had. */
  listen(): Promise<{ proxy: Address; admin: Address | undefined }>;
  /** Takes over the routes of the configuration read anew; the cache stays. Throws and changes nothing where it is bad. */
  reload(): Promise<void>;
  /** Drains and closes; `force` waits for nobody. */
  close(options?: { force?: boolean }): Promise<void>;
}

/** How long a start waits for Redis before it serves without; ms. */
const REDIS_AT_START = 500;

/**
 * How far the heap may grow past what lives in it before V8 looks for garbage, per cent. By default that is
 * up to 300, and what the memory tier evicts is just such garbage: 20,000 small responses through a tier of
 * 16 MiB peak at 270 MiB by default, at 184 this way and at 176 with 30 per cent, where each collection of a
 * full tier is paid for by the misses (154 µs one, against 97 by default).
 */
const HEAP_GROWTH = 100;

/** Puts a sidecar together. The only place that knows which parts stand behind the ports. */
export function createApp(config: Config, services: AppServices): App {
  const { log, logOutput, logDropped = () => 0, loadConfig, clock = systemClock } = services;
  setFlagsFromString(`--heap-growing-percent=${HEAP_GROWTH}`);
  const memory = config.memory.enabled ? createMemoryTier({ limit: config.memory.limit }) : undefined;
  const index = createPurgeIndex();
  const redis = config.redis && openRedis(config.redis, index, log, clock);
  const purgeLog: PurgeLog = redis?.log ?? createLocalLog(index);
  const digest = (secret: string) => createHash('sha256').update(secret).digest('base64url').slice(0, 22);
  const store = createTieredStore({
    memory,
    remote: redis?.tier,
    remoteTrusted: () => purgeLog.trusted,
    digest,
    clock,
  });

  const routeNames = config.routes.map((rule) => rule.name);
  const stats = createStats(routeNames, clock);
  const metrics = createMetrics({
    routeNames,
    memory: () => memory && { ...memory.stats(), limit: memory.limit },
    redis: () => redis?.tier.stats(),
    purges: () => purgeLog,
    logDropped,
  });
  const accessLog = createAccessLog(log, logOutput, { enabled: config.log.access });
  const observe: Observer =
    accessLog === noObserver
      ? (outcome) => {
          stats.observe(outcome);
          metrics.observe(outcome);
        }
      : (outcome) => {
          stats.observe(outcome);
          metrics.observe(outcome);
          accessLog(outcome);
        };

  const tellFailure = createFailureLog(log);
  const pool = createPool(config.upstream);
  const sidecar: Sidecar = {
    routes: createRouteTable(config.routes),
    store,
    purges: { index, log: purgeLog },
    flights: createFlights(),
    upstream: pool,
    clock,
    digest,
    random: Math.random,
    timeout: config.upstream.timeout,
    trustForwarded: config.downstream.trustForwarded,
    onUpstreamFailure(error, id) {
      metrics.upstreamFailed(error.failure);
      tellFailure(error, id);
    },
    onFault: (error, id) =>
      log.error({ err: error, id }, 'a request was broken off by a mistake of Cacheside'),
  };

  const exchange = (id: string, request: RequestHead, downstream: Downstream): Exchange =>
    createExchange(id, request, downstream, clock.monotonic(), observe);
  const tunnels = createTunnels(config.upstream);
  const inside: Inside = {
    refused: ({ id, status, why, body }, method, target) =>
      observe(refusedOutcome({ id, method, target, status, why, bytes: body.byteLength })),
    handle: (id, request, downstream) => handle(exchange(id, request, downstream), sidecar),
    upgrade(id, request, protocol, client: Duplex, head, clientAddress) {
      const x = exchange(id, request, { ...createNobody(), clientAddress });
      upgrade(x, sidecar, tunnels, { protocol, client, head }, (status) => {
        client.end(refusal(status, 'The upstream did not answer the upgrade.', id).bytes);
      });
    },
  };
  const door = createHttpDoor({ ...config.downstream, fast: config.fastDoor }, inside);

  let current = config;
  let phase: 'starting' | 'ready' | 'draining' = 'starting';
  let ownAuthority = 'localhost';
  const reload = async (): Promise<void> => {
    const next = loadConfig();
    refuseRestart(current, next);
    sidecar.routes = createRouteTable(next.routes);
    const names = next.routes.map((rule) => rule.name);
    stats.setRoutes(names);
    metrics.setRoutes(names);
    log.level = next.log.level;
    current = next;
    log.info({ routes: names }, 'configuration reloaded');
  };

  const parts: AdminParts = {
    tokens: config.admin.tokens,
    log,
    purges: {
      append(purges) {
        metrics.purged(purges);
        return purgeLog.append(purges);
      },
    },
    ...(memory === undefined ? {} : { matching: (purge) => countMatching(purge, responsesIn(memory)) }),
    normaliseTarget: (target, authority) => storedTarget(sidecar, target, authority),
    routeNames: () => sidecar.routes.rules.map((rule) => rule.name),
    stats: () => ({
      ...stats.snapshot(),
      memory: memory === undefined ? null : { ...memory.stats(), limit: memory.limit },
      redis: redis?.tier.stats() ?? null,
      purges: { applied: purgeLog.applied, pending: purgeLog.pending, trusted: purgeLog.trusted },
    }),
    metrics,
    readiness: () => ({
      ready: phase === 'ready',
      draining: phase === 'draining',
      cache: memory === undefined ? null : levels(memory),
      redis: redis?.tier.state ?? 'off',
      purges: { trusted: purgeLog.trusted },
    }),
    warm({ scheme, authority = ownAuthority, target }) {
      const [path = '/', query = ''] = target.split(/\?(.*)/s);
      return warm(sidecar, randomUUID(), { method: 'GET', scheme, authority, path, query, fields: [] });
    },
    reload,
    config: () => describeConfig(current),
  };
  const admin = config.admin.listen && createAdminServer(parts);
  let stopSweeping = () => {};

  return {
    async listen() {
      await redis?.start();
      if (memory !== undefined)
        stopSweeping = startSweeping(memory, { interval: config.memory.sweep, clock });
      const adminAddress = config.admin.listen && (await admin?.listen(config.admin.listen));
      const address = await door.listen(config.listen);
      ownAuthority = formatAddress(address);
      phase = 'ready';
      return { proxy: address, admin: adminAddress };
    },
    reload,
    async close({ force = false } = {}) {
      phase = 'draining';
      await door.drain(force ? 0 : current.drainTimeout);
      stopSweeping();
      await Promise.all([admin?.close(), pool.close(), redis?.close()]);
      const { pending } = purgeLog;
      if (pending > 0) log.warn({ pending }, 'purges that Redis never confirmed end with this process');
    },
  };
}

/** The Redis tier and the purge log beside it, over connections of their own. */
function openRedis(settings: NonNullable<Config['redis']>, index: PurgeIndex, log: Logger, clock: Clock) {
  const { namespace, maxValue, maxInFlight, connectTimeout } = settings;
  let closing = false;
  const tell = (event: RedisEvent) => {
    const isGood = event.kind === 'state' && (closing || event.to === 'ready' || event.to === 'connecting');
    log[isGood ? 'info' : 'warn'](
      { redis: event },
      event.kind === 'state' ? `redis: ${event.to}` : 'redis refused a command',
    );
  };
  const tier: RemoteTier = createRedisTier({
    connection: settings,
    namespace,
    maxValue,
    maxInFlight,
    clock,
    log: tell,
  });
  const purges = createRedisLog({
    index,
    namespace,
    open: (role, waits) => connectRedis({ ...waits, url: settings.url, connectTimeout }, role),
    onState: (trusted) =>
      log[trusted || closing ? 'info' : 'warn'](
        { trusted },
        trusted ? 'purge log: caught up' : 'purge log: cannot be followed; Redis is not read',
      ),
  });
  return {
    tier,
    log: purges,
    start: () => Promise.all([tier.connect(REDIS_AT_START), purges.start(REDIS_AT_START)]),
    close() {
      closing = true;
      return Promise.all([tier.close(), purges.close()]);
    },
  };
}

function* responsesIn(memory: MemoryTier): Generator<StoredResponse> {
  for (const key of memory.keys()) {
    const stored = memory.glance(key);
    if (stored !== undefined && isResponse(stored)) yield stored;
  }
}

function levels(memory: MemoryTier) {
  const { entries, bytes } = memory.stats();
  return { entries, bytes, limit: memory.limit };
}
