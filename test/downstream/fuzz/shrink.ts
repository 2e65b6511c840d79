import type { Stream } from './stream.ts';

/** How often a smaller stream is tried. */
const TRIALS = 1_500;

/**
 * The stream with everything taken out that its difference does not need, pieces joined where that makes none;
 * undefined where it does not differ by itself.
 */
export async function shrink(
  { pieces, requests, ends }: Stream,
  differs: (stream: Stream) => Promise<string | undefined>,
): Promise<{ readonly stream: Stream; readonly why: string } | undefined> {
  let trials = 0;
  let best: { stream: Stream; why: string } | undefined;
  const attempt = async (smaller: readonly string[]): Promise<boolean> => {
    if (++trials > TRIALS) return false;
    const stream = { pieces: smaller, requests, ends };
    const why = await differs(stream);
    if (why !== undefined) best = { stream, why };
    return why !== undefined;
  };
  if (!(await attempt(pieces))) return undefined;
  let least: readonly string[] = pieces;
  for (let i = 1; i < least.length; ) {
    const joined = [...least.slice(0, i - 1), `${least[i - 1]}${least[i]}`, ...least.slice(i + 1)];
    if (await attempt(joined)) least = joined;
    else i++;
  }
  for (let size = 4_096; size >= 1; size >>= 1) {
    for (let piece = 0; piece < least.length; piece++) {
      for (let at = 0; at < (least[piece] ?? '').length; ) {
        const text = least[piece] ?? '';
        const smaller = least.with(piece, text.slice(0, at) + text.slice(at + size)).filter((p) => p !== '');
        if (smaller.length > 0 && (await attempt(smaller))) least = smaller;
        else at += size;
      }
    }
  }
  return best;
}
