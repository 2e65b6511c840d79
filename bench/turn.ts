import type { Contender, ServerInPlace } from './contender.ts';
import type { Ground } from './ground.ts';
import type { Measurement } from './measurement.ts';
import { type Place, settingsFor } from './place.ts';
import { peakMemory } from './proc-usage.ts';
import { HOST } from './request-plan.ts';
import type { Scenario } from './scenario.ts';
import { fetchAnswer } from './shown-answer.ts';
import { measure, measureLoop } from './trial.ts';

/** A contender that takes part, and its measurements so far. */
export interface Runner {
  readonly contender: Contender;
  /** undefined: a loop of commands, or started anew in each round. */
  readonly server: ServerInPlace | undefined;
  readonly rounds: Measurement[];
  peakMemory: number;
}

/** One measurement of one contender, which is started for it where it does not run already. */
export async function takeTurn(
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
  const times = { p50: none, p99: none, p999: none, slowest: ms };
  const counts = { requests: 1, errors: 0, bytes: none, upstreamRequests: 1, storedBytes: none };
  return { ...times, ...counts, requestsPerSecond: none, cpuPerMillion: none, busy: none };
}
