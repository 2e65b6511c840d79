import { fileURLToPath } from 'node:url';
import type { Address } from '../address.ts';
import { createAdminServer } from '../admin/server.ts';
import type { App } from '../app.ts';
import { systemClock } from '../clock.ts';
import type { Config } from '../config/config.ts';
import { refuseRestart } from '../config/restart.ts';
import { createMetrics } from '../observe/metrics.ts';
import { createRouteTable } from '../proxy/route-table.ts';
import { createPurgeIndex } from '../purge/purge-index.ts';
import type { PurgeLog } from '../purge/purge-log.ts';
import { clusterSpawn } from '../workers/cluster.ts';
import { createCrew } from '../workers/crew.ts';
import { createFeed } from '../workers/feed.ts';
import { shareOf } from '../workers/share.ts';
import { shareClock } from '../workers/shared-clock.ts';
import { createSupervisor, type Worker } from '../workers/supervisor.ts';
import { type Phase, primaryParts } from './primary-parts.ts';
import { openPurgeLog, type PurgeParts } from './purge-parts.ts';
import { REDIS_AT_START } from './redis-parts.ts';
import type { AppServices } from './services.ts';

/** Longest silence between the primary and its workers, ms; a shorter lease has it shorter. */
const BEAT = 1_000;
/** What a worker may need beyond what it was given, until it has drained or fetched; ms. */
const MARGIN = 5_000;
/** How long one that is to end at once may take; ms. */
const AT_ONCE = 500;

/** What a worker's process runs: beside this file, in whichever language this one is. */
const WORKER = fileURLToPath(new URL(`./worker${import.meta.url.slice(-3)}`, import.meta.url));

/**
 * A sidecar of several processes. This one answers no requests: it follows the purge log for all,
 * supervises the workers and has the admin port.
 */
export function createPrimary(config: Config, services: AppServices): App {
  const { log, loadConfig, logDropped = () => 0, clock = systemClock } = services;
  const count = config.workers;
  const index = createPurgeIndex();
  const feed = createFeed(index, () => purges.log, shareClock(clock));
  const purges: PurgeParts = openPurgeLog(config, log, clock, {
    index: feed.index,
    onState: () => feed.flush(),
    onApplied: () => everywhere(),
    onLag: (ms) => metrics.purgeLag(ms),
  });
  const beat = Math.ceil(Math.min(BEAT, config.coherence.lease / 4));
  const subscriptions = new Map<Worker, () => void>();
  let current = config;
  let table = createRouteTable(config.routes);
  let phase: Phase = 'starting';
  let bound: Address | undefined;
  let beating: NodeJS.Timeout | undefined;

  /** Resolves once all that the index knows is known to every worker that takes requests. */
  async function everywhere(): Promise<void> {
    feed.flush();
    await crew.settled();
  }

  async function admit(worker: Worker): Promise<void> {
    const { id, number, channel } = worker;
    subscriptions.set(
      worker,
      feed.subscribe((news) => channel.tell({ kind: 'feed', feed: news })),
    );
    const share = shareOf(current, count);
    const welcome = { id, number, config: share, index: index.snapshot(), state: feed.state(), beat };
    channel.tell({ kind: 'welcome', welcome });
    worker.welcomed = true;
    bound = await channel.ask('listen', config.listen, REDIS_AT_START + MARGIN);
  }

  const supervisor = createSupervisor({
    count,
    spawn: clusterSpawn(WORKER),
    clock,
    log,
    admit,
    answers: ({ id }) => ({
      async append({ append, purges: taken }) {
        feed.attribute(taken, id, append);
        const receipt = await purges.log.append(taken);
        // Before the answer, so that the worker has its own back by then.
        feed.flush();
        return receipt;
      },
      async spread() {
        await everywhere();
        return undefined;
      },
    }),
    onGone(worker) {
      subscriptions.get(worker)?.();
      subscriptions.delete(worker);
      crew.forget(worker);
    },
  });
  const crew = createCrew(supervisor);
  const running = () => [...supervisor.workers].filter(({ listening }) => listening).length;

  /** What is appended here is acknowledged when it holds in every worker. */
  const heldEverywhere: PurgeLog = {
    ...purges.log,
    get applied() {
      return purges.log.applied;
    },
    get trusted() {
      return purges.log.trusted;
    },
    get confirmedAt() {
      return purges.log.confirmedAt;
    },
    get pending() {
      return purges.log.pending;
    },
    async append(...taken) {
      const appended = purges.log.append(...taken);
      const [receipt] = await Promise.all([appended, everywhere()]);
      return receipt;
    },
  };

  const metrics = createMetrics({
    routeNames: config.routes.map(({ name }) => name),
    memory: () => undefined,
    redis: () => undefined,
    purges: () => purges.stats(),
    replicas: () => purges.ledger.replicas,
    logDropped,
    workers: () => ({ running: running(), restarts: supervisor.restarts }),
  });

  const reload = async (): Promise<void> => {
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
  };

  const parts = primaryParts({
    config: () => current,
    table: () => table,
    phase: () => phase,
    log,
    clock,
    purgeLog: heldEverywhere,
    purges,
    crew,
    metrics,
    running,
    restarts: () => supervisor.restarts,
    reload,
  });
  const admin = config.admin.listen && createAdminServer(parts);

  async function warmed(): Promise<void> {
    const within = config.redis?.warmStart?.within;
    const asked = [...supervisor.workers].map(({ channel }) =>
      channel.ask('warmed', undefined, (within ?? 0) + MARGIN).catch(() => {}),
    );
    await Promise.all(asked);
    if (phase === 'starting') phase = 'ready';
  }

  /** Each ends by itself once it has drained, and is ended where it does not. */
  async function dismiss(worker: Worker, within: number): Promise<void> {
    const patience = within === 0 ? AT_ONCE : within + MARGIN;
    const late = setTimeout(() => void worker.kill('it did not stop in time'), patience);
    if (!worker.welcomed) void worker.kill('it had not started yet');
    const drained = worker.channel.ask('drain', { within }, patience);
    await drained.then(
      (figures) => {
        crew.note(worker, figures);
        worker.channel.tell({ kind: 'leave' });
      },
      () => worker.kill('it could not stop'),
    );
    await worker.gone;
    clearTimeout(late);
  }

  return {
    async listen() {
      await purges.start(REDIS_AT_START);
      const adminAddress = config.admin.listen && (await admin?.listen(config.admin.listen));
      beating = setInterval(feed.flush, beat);
      await supervisor.start();
      await crew.figures();
      crew.watch();
      if (bound !== undefined) purges.named(bound);
      if (config.redis?.warmStart === undefined) phase = 'ready';
      else void warmed();
      return { proxy: bound ?? config.listen, admin: adminAddress };
    },
    reload,
    async close({ force = false } = {}) {
      phase = 'draining';
      supervisor.stop();
      crew.close();
      const within = force ? 0 : current.drainTimeout;
      await Promise.all([...supervisor.workers].map((worker) => dismiss(worker, within)));
      clearInterval(beating);
      await Promise.all([admin?.close(), purges.close()]);
      const { pending } = purges.log;
      if (pending > 0) log.warn({ pending }, 'purges that Redis never confirmed end with this process');
    },
  };
}
