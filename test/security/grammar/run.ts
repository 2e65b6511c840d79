import { shrink } from '../../downstream/fuzz/shrink.ts';
import { readAnswers } from './answer-reader.ts';
import { randomOf } from './generator.ts';
import { type Finding, judge, keyOf, reachedBy } from './judge.ts';
import { PLACE, placed } from './placeholders.ts';
import { type Batch, openStage, type Played, type Stage, type StageSettings, type Stream } from './stage.ts';

/** Streams that are under way at once, all of them over the same few connections to the upstream. */
export const BATCH = 48;

/** Two that are compared with each other, by their doors; with few connections all streams share them. */
const COMPARED: readonly StageSettings[] = [
  { fastDoor: true, fastReader: true, connections: 64 },
  { fastDoor: false, fastReader: false, connections: 64 },
];
const CROWDED: readonly StageSettings[] = [
  { fastDoor: true, fastReader: false, connections: 2 },
  { fastDoor: false, fastReader: true, connections: 1 },
  { fastDoor: true, fastReader: true, connections: 1, answersEarly: true },
];

/** `looksAfter`: for this share of the streams, what they leave in the cache is looked at. */
export interface Playing {
  readonly isCrowded: boolean;
  readonly looksAfter: number;
}

export interface Theatre {
  /** What becomes of these streams at each stage, those that are compared first, and all that is wrong with it. */
  play(
    streams: readonly Stream[],
    how: Playing,
  ): Promise<{ readonly findings: readonly Finding[]; readonly batches: readonly Batch[] }>;
  /** A finding with its stream in full, and the least that it needs. */
  tell(finding: Finding): Promise<string>;
  close(): Promise<void>;
}

export async function openTheatre(): Promise<Theatre> {
  const compared = await Promise.all(COMPARED.map(openStage));
  const crowded = await Promise.all(CROWDED.map(openStage));
  const play = async (streams: readonly Stream[], { isCrowded, looksAfter }: Playing) => {
    const batches: Batch[] = [];
    const findings: Finding[] = [];
    for (const stage of isCrowded ? [...compared, ...crowded] : compared) {
      const batch = await stage.play(streams, randomOf(streams.length, batches.length), looksAfter);
      batches.push(batch);
      for (const { stream, why } of judge(batch)) findings.push({ stream, why: `${stage.id}: ${why}` });
    }
    const [byFast, byNode] = batches;
    if (byFast !== undefined && byNode !== undefined) findings.push(...differences(byFast, byNode));
    return { findings, batches };
  };
  return {
    play,
    async tell({ stream, why }) {
      if (stream === undefined) return why;
      let trials = 0;
      const told = [`${stream.id}: ${why}`, `in ${JSON.stringify(stream.pieces)}`];
      const least = await shrink({ ...stream, requests: 0, ends: false }, async ({ pieces }) => {
        // What was stored at the last trial is not this one's.
        const fresh = placed(PLACE, trials++);
        const moved = pieces.map((piece) => piece.replace(/\/s[0-9a-f]{8}/g, fresh));
        const { findings } = await play([{ id: 'least', pieces: moved }], { isCrowded: true, looksAfter: 1 });
        return findings[0]?.why;
      });
      if (least === undefined) told.push('not by itself: only beside the others of its batch');
      else told.push(`least: ${least.why}`, `in ${JSON.stringify(least.stream.pieces)}`);
      return told.join('\n');
    },
    async close() {
      await Promise.all([...compared, ...crowded].map((stage: Stage) => stage.close()));
    },
  };
}

/**
 * What depends on when it comes: a switch of protocols, which node:http takes at once and the fast door behind the answers
 * before it (an offer of h2c is none); and HTTP/1.0 that is kept, whose answer may end with the connection all the same while
 * what is behind it was read or was not.
 */
const TIMED = /upgrade[^:]*:(?!\s*h2c\r\n)|HTTP\/1\.0[\s\S]*keep-alive/i;

/** In what one door differs from the other, to clients or to the upstream. */
function differences(byFast: Batch, byNode: Batch): Finding[] {
  const findings: Finding[] = [];
  const [reachedFast, reachedNode] = [byFast, byNode].map(reachedBy);
  for (const [at, one] of byFast.played.entries()) {
    const other = byNode.played[at];
    if (other === undefined || TIMED.test(one.stream.pieces.join(''))) continue;
    const keys = one.reading.requests.map(keyOf);
    const [fast, node] = [reachedFast, reachedNode].map((reached) => keys.filter((key) => reached?.has(key)));
    const [a, b] = [statuses(one), statuses(other)];
    const { stream } = one;
    if (`${fast}` !== `${node}`)
      findings.push({ stream, why: `the fast door sends on ${fast}, node:http ${node}` });
    else if (a !== b) findings.push({ stream, why: `the fast door answers ${a}, node:http ${b}` });
  }
  return findings;
}

/** A refusal behind other answers is left out by node:http while the one before it is not wholly sent. */
function statuses({ got, reading }: Played): string {
  const methods = reading.requests.map(({ method }) => method);
  const told = readAnswers(got, methods).answers.map(({ status }) => status);
  return told.filter((status, at) => at === 0 || status === 200).join(' ');
}
