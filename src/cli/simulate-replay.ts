import type { Config } from '../config/config.ts';
import type { Assumptions } from '../traffic/assumed-response.ts';
import type { TrafficFormat } from '../traffic/formats.ts';
import type { Reading } from '../traffic/reading.ts';
import { createSimulation } from '../traffic/simulation.ts';
import type { SimulationResult } from '../traffic/simulation-result.ts';
import { STDIN } from '../traffic/source.ts';
import { readTraffic } from '../traffic/traffic.ts';
import { formatCount } from './amounts.ts';
import type { Terminal } from './terminal.ts';

export interface Replay {
  readonly log: readonly string[];
  readonly format: TrafficFormat;
  readonly config: Config;
  /** Bytes; undefined: such as fit the log. */
  readonly limits: readonly number[] | undefined;
  readonly assume: Assumptions;
  readonly authority?: string | undefined;
}

export interface Replayed {
  readonly reading: Reading;
  readonly result: SimulationResult;
}

const MIB = 2 ** 20;

/** Where what a log needs is not known before it has been read, and it can be read but once. */
const USUAL = [16 * MIB, 64 * MIB, 256 * MIB, 1024 * MIB];

/** Points of a curve below what is needed. */
const POINTS = 6;

/** Replays the log, in a second run where the first has to tell which memory limits are of interest. */
export async function replay(asked: Replay, terminal: Terminal): Promise<Replayed> {
  const { log, limits, config } = asked;
  const own = config.memory.enabled ? [config.memory.limit] : [];
  if (limits !== undefined) return run(asked, sorted([...limits, ...own]), terminal);
  if (log.includes(STDIN)) return run(asked, sorted([...USUAL, ...own]), terminal);
  const first = await run(asked, [], terminal);
  const { neededMemory } = first.result;
  return run(asked, sorted([...(neededMemory === null ? USUAL : curve(neededMemory)), ...own]), terminal);
}

/** Powers of two up to the first that is enough. */
function curve(needed: number): number[] {
  const enough = Math.max(MIB, 2 ** Math.ceil(Math.log2(Math.max(1, needed))));
  return Array.from({ length: POINTS }, (_, i) => enough / 2 ** i).filter((limit) => limit >= MIB);
}

function sorted(limits: readonly number[]): number[] {
  return [...new Set(limits)].sort((a, b) => a - b);
}

/** ms between two signs of life. */
const TOLD_EVERY = 500;

async function run(
  { log, format, config, assume, authority }: Replay,
  limits: readonly number[],
  terminal: Terminal,
): Promise<Replayed> {
  const { stderr } = terminal;
  const simulation = createSimulation({
    rules: config.routes,
    limits,
    sweep: config.memory.sweep,
    assume,
    ...(authority !== undefined && { authority }),
  });
  const traffic = readTraffic(log, { format });
  let requests = 0;
  let told = performance.now();
  let isTold = false;
  for await (const some of traffic) {
    for (const one of some) simulation.take(one);
    requests += some.length;
    if (stderr.isTTY !== true || performance.now() - told < TOLD_EVERY) continue;
    told = performance.now();
    isTold = true;
    stderr.write(`\r${formatCount(requests)} requests replayed`);
  }
  if (isTold) stderr.write('\r\u001b[K');
  return { reading: traffic.reading, result: simulation.result() };
}
