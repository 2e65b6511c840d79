import { startRedis } from '../test/fixtures/redis-server.ts';
import type { ContenderSettings } from './contender.ts';
import { pin } from './cores.ts';
import type { Ground } from './ground.ts';
import type { Scenario } from './scenario.ts';
import { type RunningServer, startProgram } from './server-under-test.ts';

/** What a scenario's servers stand on: the upstream, Redis, and what is to be stopped at its end. */
export interface Place {
  readonly upstream: RunningServer;
  readonly redisUrl: string | undefined;
  /** Stopped with the place. */
  keep<T extends Stoppable>(process_: T): T;
  stop(): Promise<void>;
}

interface Stoppable {
  stop(): Promise<void>;
}

/** Starts the upstream, and Redis where the scenario has it. */
export async function preparePlace(scenario: Scenario, { programs, cores }: Ground): Promise<Place> {
  const { size, cacheControl, delay } = scenario.upstream;
  const args = [size, cacheControl, String(delay)];
  const upstream = await startProgram(programs.path('upstream'), args, cores?.behind);
  const started: Stoppable[] = [upstream];
  const redis = scenario.redis ? await startRedis() : undefined;
  if (redis !== undefined) {
    started.unshift(redis);
    pin(redis.pid, cores?.behind);
  }
  return {
    upstream,
    redisUrl: redis?.url,
    keep(process_) {
      started.unshift(process_);
      return process_;
    },
    stop: async () => void (await Promise.all(started.map((process_) => process_.stop()))),
  };
}

/** What a contender needs to know of the place; `shownUrl` is what the bare server repeats. */
export function settingsFor({ upstream, redisUrl }: Place, shownUrl: string): ContenderSettings {
  return { upstreamUrl: upstream.url, redisUrl, shownUrl };
}
