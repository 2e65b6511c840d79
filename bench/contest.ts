import { checkCacheside, checkPeer } from './answer-check.ts';
import { type Contender, contendersOf, type ServerInPlace } from './contender.ts';
import type { Ground } from './ground.ts';
import type { ContestResult, Measurement, Standing } from './measurement.ts';
import { type Place, preparePlace, settingsFor } from './place.ts';
import { peakMemory } from './proc-usage.ts';
import type { Scenario } from './scenario.ts';
import type { ShownAnswer } from './shown-answer.ts';
import { prime } from './trial.ts';
import { type Runner, takeTurn } from './turn.ts';

/**
 * Runs a scenario against Cacheside, its variants and its peers, in turns: what else the machine does meets
 * all of them. A peer that does something else than the scenario says is left out from then on.
 * @throws Error where Cacheside does
 */
export async function holdContest(scenario: Scenario, ground: Ground): Promise<ContestResult> {
  const place = await preparePlace(scenario, ground);
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
      runner.rounds.push(await takeTurn(runner, scenario, ground, place, length, turn++));
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
