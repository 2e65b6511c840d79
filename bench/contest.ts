import { startRedis } from '../test/fixtures/redis-server.ts';
import { checkCacheside, checkPeer } from './answer-check.ts';
import { type Contender, type ContenderSettings, contendersOf, type ServerInPlace } from './contender.ts';
import { pin } from './cores.ts';
import type { Ground } from './ground.ts';
import type { ContestResult, Measurement, Standing } from './measurement.ts';
import { peakMemory } from './proc-usage.ts';
import { HOST } from './request-plan.ts';
import type { Scenario } from './scenario.ts';
import { type RunningServer, startProgram } from './server-under-test.ts';
import { fetchAnswer, type ShownAnswer } from './shown-answer.ts';
import { measure, measureLoop, prime } from './trial.ts';

/** What a scenario's servers stand on: the upstream, Redis, and what is to be stopped at its end. */
interface Place {
  readonly upstream: RunningServer;
  readonly redisUrl: string | undefined;
  keep<T extends Stoppable>(process_: T): T;
  stop(): Promise<void>;
}

interface Stoppable {
  stop(): Promise<void>;
}

/** A contender that takes part, and its measurements so far. */
interface Runner {
  readonly contender: Contender;
  /** undefined: a loop of commands, or started anew in each round. */
  readonly server: ServerInPlace | undefined;
  readonly rounds: Measurement[];
  peakMemory: number;
}

/**
 * Runs a scenario against Cacheside, its variants and its peers, in turns: what else the machine does meets
 * all of them. A peer that does something else than the scenario says is left out from then on.
 * @throws Error where Cacheside does
 */
export async function holdContest(scenario: Scenario, ground: Ground): Promise<ContestResult> {
  const place = await prepare(scenario, ground);
  try {
    const started = ['start', 'overfull'].includes(scenario.trial.kind)
      ? contendersOf(scenario, ground).map((contender) => toRunner(contender, undefined))
      : await startAll(scenario, ground, place);
    const runners = await takeTurns(started, scenario, ground, place);
    return { scenario: scenario.name, standings: runners.map(toStanding) };
  } finally {
    await place.stop();
  }
}

async function prepare(scenario: Scenario, { programs, cores }: Ground): Promise<Place> {
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

/** Everything in its place and answering as the scenario says. */
async function startAll(scenario: Scenario, ground: Ground, place: Place): Promise<Runner[]> {
  const runners: Runner[] = [];
  let expected: ShownAnswer | undefined;
  let shownUrl = '';
  for (const contender of contendersOf(scenario, ground)) {
    await orLeaveOut(contender, scenario, ground, async () => {
      const server =
        contender.start === undefined
          ? undefined
          : place.keep(await contender.start(settingsFor(place, shownUrl)));
      if (server !== undefined) {
        await prime(server.url, scenario.primed, ground);
        if (contender.isCacheside) {
          expected ??= await checkCacheside(scenario, server.url);
          shownUrl ||= server.url + scenario.sample;
        } else if (expected !== undefined) {
          await checkPeer(scenario, server.url, expected);
        }
      }
      runners.push(toRunner(contender, server));
    });
  }
  return runners;
}

function settingsFor({ upstream, redisUrl }: Place, shownUrl: string): ContenderSettings {
  return { upstreamUrl: upstream.url, redisUrl, shownUrl };
}

function toRunner(contender: Contender, server: ServerInPlace | undefined): Runner {
  return { contender, server, rounds: [], peakMemory: Number.NaN };
}

function toStanding({ contender, rounds, peakMemory: peak, server }: Runner): Standing {
  const memory = server === undefined ? peak : peakMemory(server.pid);
  return { server: contender.name, rounds, peakMemory: memory };
}

/** A peer that fails is no reason not to compare the others; Cacheside is. Whether it went well. */
async function orLeaveOut(
  { name, isCacheside }: Contender,
  scenario: Scenario,
  { progress }: Ground,
  attempt: () => Promise<void>,
): Promise<boolean> {
  try {
    await attempt();
    return true;
  } catch (error) {
    if (isCacheside) throw error;
    progress(`${scenario.name}: left out: ${name}: ${error instanceof Error ? error.message : error}`);
    return false;
  }
}

async function takeTurns(
  started: readonly Runner[],
  scenario: Scenario,
  ground: Ground,
  place: Place,
): Promise<Runner[]> {
  const { seconds, warmUp } = ground.schedule;
  const rounds = roundsOf(scenario, ground);
  const running = new Set(started);
  let turn = 0;
  const take = async (runner: Runner, length: number) => {
    const well = await orLeaveOut(runner.contender, scenario, ground, async () => {
      runner.rounds.push(await measureOne(runner, scenario, ground, place, length, turn++));
    });
    if (!well) running.delete(runner);
    return well;
  };
  if (warmUp > 0 && started.some(({ server }) => server !== undefined)) {
    for (const runner of started) {
      await take(runner, warmUp);
      runner.rounds.length = 0;
    }
  }
  for (let round = 0; round < rounds; round++) {
    for (let i = 0; i < started.length; i++) {
      // Whoever comes first in one round comes later in the next.
      const runner = started[(round + i) % started.length] as Runner;
      if (!running.has(runner)) continue;
      if (!(await take(runner, seconds))) continue;
      const told = describe(runner.rounds.at(-1));
      ground.progress(`${scenario.name}, round ${round + 1} of ${rounds}: ${runner.contender.name} ${told}`);
    }
  }
  return started.filter((runner) => running.has(runner));
}

/** What takes no fixed time is not repeated as often where it takes long. */
function roundsOf({ trial }: Scenario, { schedule }: Ground): number {
  return trial.kind === 'overfull' ? 1 : schedule.rounds;
}

function describe(measured: Measurement | undefined): string {
  if (measured === undefined) return '';
  const { requestsPerSecond, slowest, storedBytes } = measured;
  if (!Number.isNaN(storedBytes)) return `${Math.round(storedBytes / 2 ** 20)} MiB stored`;
  return Number.isNaN(requestsPerSecond) ? `${Math.round(slowest)} ms` : `${Math.round(requestsPerSecond)}/s`;
}

async function measureOne(
  runner: Runner,
  scenario: Scenario,
  ground: Ground,
  place: Place,
  seconds: number,
  turn: number,
): Promise<Measurement> {
  const { contender, server } = runner;
  const upstreamUrl = place.upstream.url;
  if (server !== undefined) return measure({ server, upstreamUrl }, scenario, ground, seconds, turn);
  if (contender.start === undefined) return measureLoop(place.redisUrl ?? '', ground, seconds);
  const began = performance.now();
  const fresh = await contender.start(settingsFor(place, upstreamUrl + scenario.sample));
  try {
    if (scenario.trial.kind !== 'start') {
      return await measure({ server: fresh, upstreamUrl }, scenario, ground, seconds, turn);
    }
    const { status } = await fetchAnswer(fresh.url + scenario.sample, [`Host: ${HOST}`]);
    if (status !== scenario.status) throw new Error(`${scenario.name}: status ${status}`);
    return startMeasurement(performance.now() - began);
  } finally {
    runner.peakMemory = Math.max(peakMemory(fresh.pid), runner.peakMemory || 0);
    await fresh.stop();
  }
}

function startMeasurement(ms: number): Measurement {
  const { NaN: none } = Number;
  const times = { p50: ms, p99: ms, p999: ms, slowest: ms };
  const counts = { requests: 1, errors: 0, bytes: none, upstreamRequests: 1, storedBytes: none };
  return { ...times, ...counts, requestsPerSecond: none, cpuPerMillion: none, busy: none };
}
