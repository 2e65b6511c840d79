import type { Address } from './address.ts';
import type { AdminParts } from './admin/ports.ts';
import { createAdminServer } from './admin/server.ts';
import { adminPurges } from './app/admin-purges.ts';
import { auditReload } from './app/audited-reload.ts';
import { type CloseOptions, drainTimes } from './app/drain-times.ts';
import { cacheLevels, memoryLevels } from './app/memory-levels.ts';
import { createPrimary } from './app/primary.ts';
import { openPurgeLog } from './app/purge-parts.ts';
import { REDIS_AT_START } from './app/redis-parts.ts';
import type { AppServices } from './app/services.ts';
import { createServing } from './app/serving.ts';
import { checkTracing } from './app/tracing-parts.ts';
import { systemClock } from './clock.ts';
import type { Config } from './config/config.ts';
import { describeConfig } from './config/describe.ts';
import { refuseRestart } from './config/restart.ts';
import type { AuditOrigin } from './observe/audit.ts';
import { upstreamHealth } from './observe/upstream-health.ts';

/** A running sidecar. */
export interface App {
  /**
   * Connects to Redis (bounded wait), then listens; a warm start goes on behind it. Throws OperatorError
   * where an address can't be had.
   */
  listen(): Promise<{ proxy: Address; admin: Address | undefined }>;
  /**
   * Takes over the routes of the configuration read anew; the cache stays. Throws and changes nothing where it is
   * bad. `origin`: whom the audit log names.
   */
  reload(origin?: AuditOrigin): Promise<void>;
  /** Drains and closes. */
  close(options?: CloseOptions): Promise<void>;
}

/** Puts a sidecar together. The only place that knows which parts stand behind the ports. */
export function createApp(config: Config, services: AppServices): App {
  checkTracing(config, services.log);
  return config.workers > 1 ? createPrimary(config, services) : createSingle(config, services);
}

function createSingle(config: Config, services: AppServices): App {
  const { log, loadConfig, clock = systemClock } = services;
  const purges = openPurgeLog(config, log, clock, { onLag: (ms) => serving.metrics.purgeLag(ms) });
  const serving = createServing(config, services, purges);
  const { stats, metrics, memory, redis } = serving;

  let current = config;
  let phase: 'starting' | 'ready' | 'draining' = 'starting';
  const becomeReady = () => {
    if (phase === 'starting') phase = 'ready';
  };
  const takeOver = async (): Promise<Config> => {
    const next = loadConfig();
    refuseRestart(current, next);
    serving.reload(next);
    current = next;
    log.info({ routes: serving.routeNames() }, 'configuration reloaded');
    return next;
  };
  const reload = auditReload(takeOver, { log, file: config.file });

  const parts: AdminParts = {
    tokens: config.admin.tokens,
    log,
    clock,
    purges: adminPurges(purges.log, purges.ledger, metrics),
    ...(serving.matching === undefined ? {} : { matching: serving.matching }),
    storedTargets: serving.storedTargets,
    routeNames: serving.routeNames,
    figures: () => ({
      stats: {
        ...stats.snapshot(),
        memory: memoryLevels(memory),
        redis: redis?.stats() ?? null,
        admission: serving.admission(),
        upstream: upstreamHealth(serving.upstream()),
        purges: purges.stats(),
      },
      raw: stats.raw(),
    }),
    keys: serving.keys,
    explain: serving.explain,
    metrics,
    readiness: () => ({
      ready: phase === 'ready',
      draining: phase === 'draining',
      cache: cacheLevels(memoryLevels(memory)),
      redis: redis?.state ?? 'off',
      purges: purges.stats(),
      warmStart: serving.warmStart?.progress,
    }),
    warm: serving.warm,
    reload,
    config: () => describeConfig(current),
  };
  const admin = config.admin.listen && createAdminServer(parts);

  return {
    async listen() {
      await Promise.all([serving.connect(REDIS_AT_START), purges.start(REDIS_AT_START)]);
      const adminAddress = config.admin.listen && (await admin?.listen(config.admin.listen));
      const address = await serving.listen(config.listen);
      purges.named(address);
      if (serving.warmStart === undefined) phase = 'ready';
      else void serving.warmStart.run().then(becomeReady);
      return { proxy: address, admin: adminAddress };
    },
    reload,
    async close(options = {}) {
      phase = 'draining';
      await serving.drain(drainTimes(current, options));
      await Promise.all([admin?.close(), serving.close(), purges.close()]);
    },
  };
}
