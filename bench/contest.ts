import { startRedis } from '../test/fixtures/redis-server.ts';
import { checkCacheside, checkOutcomes, checkPeer, readOutcomes } from './answer-check.ts';
import { type Cores, pin } from './cores.ts';
import type { LoadGenerator, LoadResult } from './load-generator.ts';
import { cpuSeconds, peakMemory } from './proc-usage.ts';
import type { Programs } from './programs.ts';
import type { Scenario } from './scenario.ts';
import { type RunningServer, startCacheside, startProgram } from './server-under-test.ts';
import type { ShownAnswer } from './shown-answer.ts';

/** How long and how often; times in s. */
export interface Schedule {
  readonly rounds: number;
  readonly seconds: number;
  readonly warmUp: number;
  readonly connections: number;
}

/** What all contests of a run share. */
export interface Ground {
  readonly schedule: Schedule;
  readonly cores: Cores | undefined;
  readonly programs: Programs;
  readonly generator: LoadGenerator;
  readonly progress: (line: string) => void;
}

/** One server under one load. */
export interface Measurement extends LoadResult {
  /** Processor time of the server per million requests; s. */
  readonly cpuPerMillion: number;
}

/** One server in one scenario: its measurements, one a round. */
export interface Standing {
  readonly server: string;
  readonly rounds: readonly Measurement[];
  /** VmHWM at the end; bytes. */
  readonly peakMemory: number;
}

/** A scenario's standings; the last is the peer that the others are compared with. */
export interface ContestResult {
  readonly scenario: string;
  readonly standings: readonly Standing[];
}

interface Contender {
  readonly name: string;
  readonly server: RunningServer;
  /** undefined: not Cacheside. */
  readonly adminUrl: string | undefined;
  readonly rounds: Measurement[];
}

/**
 * Runs a scenario against Cacheside, its variants and its peer, in turns:
 * what else the machine does meets all of them. @throws Error where an answer is not what is measured
 */
export async function holdContest(scenario: Scenario, ground: Ground): Promise<ContestResult> {
  const started: { stop(): Promise<void> }[] = [];
  try {
    const contenders = await startContenders(scenario, ground, started);
    await takeTurns(contenders, scenario, ground);
    const standings = contenders.map(({ name, rounds, server }) => ({
      server: name,
      rounds,
      peakMemory: peakMemory(server.pid),
    }));
    return { scenario: scenario.name, standings };
  } finally {
    await Promise.all(started.map((process_) => process_.stop()));
  }
}

/** Everything in its place and answering as the scenario says. What was started is added to `started`. */
async function startContenders(
  scenario: Scenario,
  { programs, cores }: Ground,
  started: { stop(): Promise<void> }[],
): Promise<readonly Contender[]> {
  const keep = <T extends { stop(): Promise<void> }>(process_: T): T => {
    started.unshift(process_);
    return process_;
  };
  const { bodySize, cacheControl, memory } = scenario;
  const upstreamArgs = [String(bodySize), cacheControl];
  const upstream = keep(await startProgram(programs.path('upstream'), upstreamArgs, cores?.behind));
  const redis = scenario.redis ? keep(await startRedis()) : undefined;
  if (redis !== undefined) pin(redis.pid, cores?.behind);

  const settings = { upstreamUrl: upstream.url, memory, redisUrl: redis?.url };
  const contenders: Contender[] = [];
  const answers: ShownAnswer[] = [];
  for (const { name, ...switches } of VARIANTS) {
    const server = keep(await startCacheside({ ...settings, ...switches }, cores?.server));
    answers.push(await checkCacheside(scenario, server.url + scenario.sample));
    contenders.push({ name, server, adminUrl: server.adminUrl, rounds: [] });
  }
  const [shipped] = contenders as [Contender];
  const shown = scenario.peer === 'peer-forwarding' ? upstream.url : shipped.server.url + scenario.sample;
  const peerArgs = redis === undefined ? [shown] : [shown, redis.url];
  const peer = keep(await startProgram(programs.path(scenario.peer), peerArgs, cores?.server));
  await checkPeer(scenario, peer.url + scenario.sample, answers[0] as ShownAnswer);
  return [...contenders, { name: PEER_NAMES[scenario.peer], server: peer, adminUrl: undefined, rounds: [] }];
}

/** Cacheside as shipped, and without one part of it, which shows what that part costs or buys. */
const VARIANTS = [
  { name: 'Cacheside', accessLog: true, fastDoor: true },
  { name: 'Cacheside, no access log', accessLog: false, fastDoor: true },
  { name: 'Cacheside, no fast door', accessLog: true, fastDoor: false },
] as const;

const PEER_NAMES: Readonly<Record<Scenario['peer'], string>> = {
  'peer-bare': 'bare node:http',
  'peer-forwarding': 'node:http + undici',
  'peer-redis': 'node:http + ioredis',
};

async function takeTurns(
  contenders: readonly Contender[],
  scenario: Scenario,
  ground: Ground,
): Promise<void> {
  const { rounds, seconds, warmUp } = ground.schedule;
  let turn = 0;
  for (const contender of contenders) await drive(contender, scenario, ground, warmUp, turn++);
  for (let round = 0; round < rounds; round++) {
    for (let i = 0; i < contenders.length; i++) {
      // Whoever comes first in one round comes later in the next.
      const contender = contenders[(round + i) % contenders.length] as Contender;
      const measured = await measure(contender, scenario, ground, seconds, turn++);
      contender.rounds.push(measured);
      const figure = `${Math.round(measured.requestsPerSecond)}/s`;
      ground.progress(`${scenario.name}, round ${round + 1} of ${rounds}: ${contender.name} ${figure}`);
    }
  }
}

async function measure(
  contender: Contender,
  scenario: Scenario,
  ground: Ground,
  seconds: number,
  turn: number,
): Promise<Measurement> {
  const { adminUrl, server } = contender;
  const before = adminUrl === undefined ? undefined : await readOutcomes(adminUrl);
  const cpuBefore = cpuSeconds(server.pid);
  const result = await drive(contender, scenario, ground, seconds, turn);
  const cpu = cpuSeconds(server.pid) - cpuBefore;
  if (adminUrl !== undefined && before !== undefined) {
    const { connections } = ground.schedule;
    checkOutcomes(scenario, before, await readOutcomes(adminUrl), { requests: result.requests, connections });
  }
  return { ...result, cpuPerMillion: (cpu / result.requests) * 1e6 };
}

async function drive(
  { name, server }: Contender,
  scenario: Scenario,
  { generator, schedule }: Ground,
  seconds: number,
  turn: number,
): Promise<LoadResult> {
  const { connections } = schedule;
  const result = await generator.run({ url: server.url, seconds, connections, paths: scenario.paths(turn) });
  if (result.errors === 0 && result.requests > 0) return result;
  throw new Error(`${scenario.name}: ${name} gave ${result.errors} errors in ${result.requests} requests`);
}
