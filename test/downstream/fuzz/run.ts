import { createStage, type Flaw, type Outcome } from './doors.ts';
import { judge } from './judge.ts';
import { createNodeReader } from './node-reader.ts';
import { shrink } from './shrink.ts';
import { randomOf, type Stream, streamOf } from './stream.ts';

/** Streams that are under way at the fast door at once. */
const BATCH = 64;

export interface Run {
  /** Streams that were judged. */
  streams: number;
  /** Requests that they were made of, before they were mutated. */
  requests: number;
  /** Those that the fast door answered. */
  accepted: number;
  /** Streams whose rest it gave to node:http. */
  handedOn: number;
  /** The first difference; undefined: there was none. */
  finding: string | undefined;
}

export interface RunOptions {
  readonly seed: number;
  /** Number of the first stream; default: 0. */
  readonly from?: number;
  readonly count: number;
  readonly flaw?: Flaw;
  /** The finding without the least stream that shows it. */
  readonly asItIs?: boolean;
  /** Told now and then how far it is. */
  readonly onProgress?: (run: Readonly<Run>) => void;
}

/** Compares the fast door with node's parser until something differs. */
export async function runFuzz({
  seed,
  from = 0,
  count,
  flaw,
  asItIs = false,
  onProgress,
}: RunOptions): Promise<Run> {
  const play = createStage(flaw);
  const node = createNodeReader();
  const run: Run = { streams: 0, requests: 0, accepted: 0, handedOn: 0, finding: undefined };
  for (let first = from; first < from + count && run.finding === undefined; first += BATCH) {
    const size = Math.min(BATCH, from + count - first);
    const streams = Array.from({ length: size }, (_, i) => streamOf(seed, first + i));
    const outcomes = await play(streams, randomOf(~seed, first));
    for (const [i, outcome] of outcomes.entries()) {
      add(run, outcome);
      const why = judge(outcome, node);
      if (why === undefined) continue;
      const which = `seed ${seed}, stream ${first + i}`;
      if (asItIs) return { ...run, finding: `${which}: ${why}` };
      const alone = async (stream: Stream) => {
        node.forget();
        const [only] = await play([stream], randomOf(~seed, first));
        return only && judge(only, node);
      };
      run.finding = await tell(outcome.stream, why, which, alone);
      return run;
    }
    if (onProgress !== undefined && (first / BATCH) % 256 === 255) onProgress(run);
  }
  return run;
}

function add(run: Run, { stream, heads, handedOn }: Outcome): void {
  run.streams++;
  run.requests += stream.requests;
  run.accepted += heads.length;
  if (handedOn !== undefined) run.handedOn++;
}

/** The finding, and the least that it needs. */
async function tell(
  stream: Stream,
  why: string,
  which: string,
  alone: (stream: Stream) => Promise<string | undefined>,
): Promise<string> {
  const least = await shrink(stream, alone);
  const told = [`${which}: ${why}`, `in ${JSON.stringify(stream.pieces)}`];
  if (least === undefined) told.push('not by itself: only beside the others of its batch');
  else told.push(`least: ${least.why}`, `in ${JSON.stringify(least.stream.pieces)}`);
  return told.join('\n');
}
