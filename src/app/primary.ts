import { fileURLToPath } from 'node:url';
import { createAdminServer } from '../admin/server.ts';
import type { App } from '../app.ts';
import { systemClock } from '../clock.ts';
import type { Config } from '../config/config.ts';
import { refuseRestart } from '../config/restart.ts';
import { createMetrics } from '../observe/metrics.ts';
import { createRouteTable } from '../proxy/route-table.ts';
import { createPurgeIndex } from '../purge/purge-index.ts';
import { clusterSpawn } from '../workers/cluster.ts';
import { createCrew } from '../workers/crew.ts';
import { dismiss } from '../workers/dismissal.ts';
import { createFeed } from '../workers/feed.ts';
import { createHeldLog } from '../workers/held-log.ts';
import { createReception } from '../workers/reception.ts';
import { shareOf } from '../workers/share.ts';
import { shareClock } from '../workers/shared-clock.ts';
import { createSupervisor } from '../workers/supervisor.ts';
import { auditReload } from './audited-reload.ts';
import { drainTimes } from './drain-times.ts';
import { type Phase, primaryParts } from './primary-parts.ts';
import { openPurgeLog, type PurgeParts } from './purge-parts.ts';
import { REDIS_AT_START } from './redis-parts.ts';
import type { AppServices } from './services.ts';

/** Longest silence between the primary and its workers, ms; a shorter lease has it shorter. */
const BEAT = 1_000;
/** What a worker may need beyond what Redis is given, until it listens or has fetched; ms. */
const MARGIN = 5_000;

/** What a worker's process runs: beside this file, in whichever language this one is. */
const WORKER = fileURLToPath(new URL(`./worker${import.meta.url.slice(-3)}`, import.meta.url));

/**
 * A sidecar of several processes. This one answers no requests: it follows the purge log for all,
 * supervises the workers and has the admin port.
 */
export function createPrimary(config: Config, services: AppServices): App {
  const { log, loadConfig, logDropped = () => 0, clock = systemClock } = services;
  const count = config.workers;
  const feed = createFeed(createPurgeIndex(), () => purges.log, shareClock(clock));
  const held = createHeldLog(
    () => purges.log,
    feed,
    () => crew.settled(),
  );
  const purges: PurgeParts = openPurgeLog(config, log, clock, {
    index: feed.index,
    onState: feed.flush,
    onApplied: held.everywhere,
    onLag: (ms) => metrics.purgeLag(ms),
  });
  const beat = Math.ceil(Math.min(BEAT, config.coherence.lease / 4));
  const reception = createReception({
    feed,
    share: () => shareOf(current, count),
    listen: config.listen,
    beat,
    within: REDIS_AT_START + MARGIN,
  });
  const supervisor = createSupervisor({
    count,
    spawn: clusterSpawn(WORKER),
    clock,
    log,
    admit: reception.admit,
    answers: ({ id }) => held.answers(id),
    onGone(worker) {
      reception.forget(worker);
      crew.forget(worker);
    },
  });
  const crew = createCrew(supervisor);
  let current = config;
  let table = createRouteTable(config.routes);
  let phase: Phase = 'starting';
  let beating: NodeJS.Timeout | undefined;

  const metrics = createMetrics({
    routeNames: config.routes.map(({ name }) => name),
    memory: () => undefined,
    redis: () => undefined,
    purges: () => purges.stats(),
    replicas: () => purges.ledger.replicas,
    logDropped,
    workers: () => ({ running: crew.running, restarts: supervisor.restarts }),
  });

  const becomeReady = () => {
    if (phase === 'starting') phase = 'ready';
  };
  const takeOver = async (): Promise<Config> => {
    const next = loadConfig();
    refuseRestart(current, next);
    table = createRouteTable(next.routes);
    // A worker that is welcomed from now on has it from the start.
    current = next;
    const names = next.routes.map(({ name }) => name);
    metrics.setRoutes(names);
    log.level = next.log.level;
    await crew.every('reload', shareOf(next, count));
    log.info({ routes: names }, 'configuration reloaded');
    return next;
  };
  const reload = auditReload(takeOver, { log, file: config.file });

  const parts = primaryParts({
    config: () => current,
    table: () => table,
    phase: () => phase,
    log,
    clock,
    held,
    purges,
    crew,
    metrics,
    restarts: () => supervisor.restarts,
    reload,
  });
  const admin = config.admin.listen && createAdminServer(parts);

  return {
    async listen() {
      await purges.start(REDIS_AT_START);
      const adminAddress = config.admin.listen && (await admin?.listen(config.admin.listen));
      beating = setInterval(feed.flush, beat);
      await supervisor.start();
      await crew.figures();
      crew.watch();
      const { bound = config.listen } = reception;
      purges.named(bound);
      const warmStart = config.redis?.warmStart;
      if (warmStart === undefined) phase = 'ready';
      else void crew.warmed(warmStart.within + MARGIN).then(becomeReady);
      return { proxy: bound, admin: adminAddress };
    },
    reload,
    async close(options = {}) {
      phase = 'draining';
      supervisor.stop();
      crew.close();
      for (const worker of supervisor.workers) worker.handOver();
      const times = drainTimes(current, options);
      await Promise.all([...supervisor.workers].map((worker) => dismiss(worker, times, crew.note)));
      clearInterval(beating);
      await Promise.all([admin?.close(), purges.close()]);
    },
  };
}
