import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { checkOutcomes, checkWork, readOutcomes, readUpstreamRequests } from './answer-check.ts';
import type { ServerInPlace } from './contender.ts';
import type { Ground } from './ground.ts';
import type { Load, LoadResult, PacedLoad } from './load.ts';
import { runProgram } from './load-generator.ts';
import type { StoredResult } from './load-stored.ts';
import type { LoopResult } from './loop-ioredis.ts';
import type { Measurement } from './measurement.ts';
import { cpuSeconds } from './proc-usage.ts';
import { type RequestPlan, writeRequests } from './request-plan.ts';
import type { Scenario } from './scenario.ts';

/** A server to be measured, and the upstream behind it. */
export interface Target {
  readonly server: ServerInPlace;
  readonly upstreamUrl: string;
}

/**
 * Puts a server under the scenario's load for `seconds`; `turn` is different for each measurement of one
 * scenario. @throws Error where it did something else than the scenario says
 */
export async function measure(
  target: Target,
  scenario: Scenario,
  ground: Ground,
  seconds: number,
  turn: number,
): Promise<Measurement> {
  const { server, upstreamUrl } = target;
  const { adminUrl, pid, url } = server;
  const connections = connectionsOf(scenario, ground);
  const load = { url, seconds, connections, file: planFile(scenario, ground), turn };
  const before = adminUrl === undefined ? undefined : await readOutcomes(adminUrl);
  const askedBefore = await readUpstreamRequests(upstreamUrl);
  const cpuBefore = cpuSeconds(pid);
  const began = performance.now();
  const result = await drive(scenario, ground, load);
  const elapsed = (performance.now() - began) / 1000;
  const cpu = cpuSeconds(pid) - cpuBefore;
  const upstreamRequests = (await readUpstreamRequests(upstreamUrl)) - askedBefore;
  checkWork(scenario, result, upstreamRequests, connections);
  if (adminUrl !== undefined && before !== undefined) {
    checkOutcomes(scenario, before, await readOutcomes(adminUrl), { ...result, connections });
  }
  const stored = scenario.trial.kind === 'overfull' ? await readStored(load, upstreamUrl, ground) : undefined;
  return {
    ...result,
    ...(stored === undefined ? {} : NO_TIMES),
    cpuPerMillion: (cpu / result.requests) * 1e6,
    busy: cpu / (scenario.trial.kind === 'saturated' ? seconds : elapsed),
    upstreamRequests,
    storedBytes: stored?.bodyBytes ?? Number.NaN,
  };
}

/** Of a load that is there to fill a store. */
const NO_TIMES = { p50: Number.NaN, p99: Number.NaN, p999: Number.NaN, slowest: Number.NaN };

/** A loop of Redis commands for so many s, in the place of a server. */
export async function measureLoop(redisUrl: string, ground: Ground, seconds: number): Promise<Measurement> {
  const args = [redisUrl, String(seconds)];
  const { cores, programs } = ground;
  const { cpu, ...result } = await runProgram<LoopResult>(programs, 'loop-ioredis', args, cores?.server);
  if (result.errors > 0) throw new Error(`${result.errors} values were not in Redis`);
  const cpuPerMillion = (cpu / result.requests) * 1e6;
  return { ...result, cpuPerMillion, busy: cpu / seconds, upstreamRequests: 0, storedBytes: Number.NaN };
}

/** Asks a server once for each of these paths. @throws Error where one is not answered */
export async function prime(url: string, paths: readonly string[], ground: Ground): Promise<void> {
  if (paths.length === 0) return;
  const file = newFile({ paths }, ground);
  const { errors } = await runOwn('load-each', { url, seconds: 0, connections: 32, file, turn: 0 }, ground);
  rmSync(file);
  if (errors > 0) throw new Error(`${errors} of ${paths.length} answers are errors`);
}

function drive({ trial }: Scenario, ground: Ground, load: Load): Promise<LoadResult> {
  switch (trial.kind) {
    case 'paced':
      return runOwn('load-paced', { ...load, rate: trial.rate }, ground);
    case 'stampede':
      return runOwn('load-stampede', load, ground);
    case 'overfull':
      return runOwn('load-each', load, ground);
    case 'saturated':
    case 'start':
      return ground.generator.run(load);
    default:
      return trial satisfies never;
  }
}

function runOwn(
  name: 'load-paced' | 'load-stampede' | 'load-each',
  load: Load | PacedLoad,
  { programs, cores }: Ground,
): Promise<LoadResult> {
  return runProgram<LoadResult>(programs, name, [JSON.stringify(load)], cores?.load);
}

function readStored(
  load: Load | PacedLoad,
  upstreamUrl: string,
  { programs, cores }: Ground,
): Promise<StoredResult> {
  return runProgram(programs, 'load-stored', [JSON.stringify(load), upstreamUrl], cores?.load);
}

function connectionsOf({ trial }: Scenario, { schedule }: Ground): number {
  if (trial.kind === 'overfull') return 32;
  return ('connections' in trial ? trial.connections : undefined) ?? schedule.connections;
}

const written = new WeakMap<Scenario, string>();
let files = 0;

/** Where the scenario's requests stand; written once. */
function planFile(scenario: Scenario, ground: Ground): string {
  const known = written.get(scenario);
  if (known !== undefined) return known;
  const file = newFile(scenario.plan(), ground);
  written.set(scenario, file);
  return file;
}

function newFile(plan: RequestPlan, { folder }: Ground): string {
  const file = join(folder, `requests-${files++}`);
  writeRequests(file, plan);
  return file;
}
