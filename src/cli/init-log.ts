import type { Config } from '../config/config.ts';
import type { TrafficFormat } from '../traffic/formats.ts';
import { type Proposal, propose } from '../traffic/proposal.ts';
import { type Reading, requestsFound } from '../traffic/reading.ts';
import { createSimulation } from '../traffic/simulation.ts';
import { STDIN } from '../traffic/source.ts';
import { survey } from '../traffic/survey.ts';
import { readTraffic } from '../traffic/traffic.ts';
import { formatBytes, formatShare } from './amounts.ts';
import { CommandError } from './command-error.ts';

/** What a replay of the log comes to, in words; routes by name. */
export interface Expected {
  readonly total: string;
  readonly routes: ReadonlyMap<string, string>;
}

/** Proposes routes; `reading`: what could not be read. Throws a CommandError where there is nothing to go by. */
export async function proposeFrom(
  logs: readonly string[],
  format: TrafficFormat,
): Promise<{ readonly proposal: Proposal; readonly reading: Reading }> {
  if (logs.includes(STDIN))
    throw new CommandError('--from-access-log: it is read three times, so that it must be a file', 2);
  let reading: Reading | undefined;
  const surveyed = await survey(() => {
    const traffic = readTraffic(logs, { format });
    reading = traffic.reading;
    return traffic;
  });
  if (reading === undefined || requestsFound(reading) === 0)
    throw new CommandError(`--from-access-log: there is no request in ${logs.join(', ')} that could be read`);
  return { proposal: propose(surveyed), reading };
}

/** Replays the log against the configuration as it was proposed. */
export async function expect(
  logs: readonly string[],
  format: TrafficFormat,
  config: Config,
): Promise<Expected> {
  const { routes: rules, memory } = config;
  const assume = { ttl: undefined, etag: true };
  const simulation = createSimulation({ rules, limits: [memory.limit], sweep: memory.sweep, assume });
  for await (const requests of readTraffic(logs, { format }))
    for (const one of requests) simulation.take(one);
  const { memories, neededMemory, requests } = simulation.result();
  const [first] = memories;
  const routes = new Map<string, string>();
  for (const [name, { hitRate }] of Object.entries(first?.routes ?? {}))
    if (hitRate !== null)
      routes.set(name, `${formatShare(hitRate)} of what is looked up expected from memory`);
  const { hitRate = null, upstreamRequests = 0 } = first?.total ?? {};
  const spared = requests === 0 ? 0 : 1 - upstreamRequests / requests;
  const ratio = hitRate === null ? 'no route that stores' : `a hit ratio of ${formatShare(hitRate)}`;
  const total = `${ratio}, ${formatShare(Math.max(0, spared))} fewer requests to the upstream, ${neededMemory === null ? 'more memory than could be followed' : `${formatBytes(neededMemory)} of memory at most`}`;
  return { total, routes };
}
