import type { OutcomeWord } from '../observe/outcome-word.ts';
import type { Colours } from './colours.ts';

/** How the outcome of a request is drawn: told apart by colour, and without it by its hatching. */
export interface OutcomeStyle {
  readonly word: OutcomeWord;
  readonly meaning: string;
  readonly hatching: 'none' | 'rising' | 'falling' | 'upright' | 'level' | 'dots' | 'grid';
}

const STYLES: Readonly<Record<OutcomeWord, Omit<OutcomeStyle, 'word'>>> = {
  hit: { meaning: 'from a fresh stored response', hatching: 'none' },
  stale: {
    meaning: 'from a stale one, while it is renewed or since the upstream failed',
    hatching: 'rising',
  },
  collapsed: { meaning: "waited for another request's fetch", hatching: 'dots' },
  revalidated: { meaning: 'the upstream said 304', hatching: 'level' },
  expired: { meaning: 'stale, and the upstream sent a new one', hatching: 'falling' },
  miss: { meaning: 'nothing usable was stored', hatching: 'none' },
  pass: { meaning: 'past the cache, by rule, method or request', hatching: 'upright' },
  error: { meaning: 'the upstream failed', hatching: 'grid' },
  refused: { meaning: 'answered without asking the upstream', hatching: 'none' },
};

/** From the bottom of the stack to its top: from what costs nothing to what went wrong. */
export const OUTCOME_STYLES: readonly OutcomeStyle[] = (Object.keys(STYLES) as OutcomeWord[]).map((word) => ({
  word,
  ...STYLES[word],
}));

/** Side of the tile that repeats, CSS px. */
const TILE = 6;

/** What to fill an area of this outcome with. */
export function outcomeFill({ word, hatching }: OutcomeStyle, colours: Colours): CanvasPattern | string {
  const colour = colours.of(`outcome-${word}`);
  if (hatching === 'none') return colour;
  const ratio = devicePixelRatio;
  const size = Math.round(TILE * ratio);
  const tile = document.createElement('canvas');
  tile.width = size;
  tile.height = size;
  const context = tile.getContext('2d');
  if (context === null) return colour;
  context.fillStyle = colour;
  context.fillRect(0, 0, size, size);
  context.strokeStyle = colours.of('hatching');
  context.fillStyle = colours.of('hatching');
  context.lineWidth = ratio;
  hatch(context, hatching, size);
  return context.createPattern(tile, 'repeat') ?? colour;
}

/** Lines run on in the neighbouring tiles. */
function hatch(context: CanvasRenderingContext2D, hatching: OutcomeStyle['hatching'], size: number): void {
  const line = (...points: readonly [number, number, number, number]) => {
    const [x0, y0, x1, y1] = points;
    context.beginPath();
    context.moveTo(x0 * size, y0 * size);
    context.lineTo(x1 * size, y1 * size);
    context.stroke();
  };
  switch (hatching) {
    case 'none':
      return;
    case 'rising':
      for (const shift of [-1, 0, 1]) line(shift - 0.1, 1.1, shift + 1.1, -0.1);
      return;
    case 'falling':
      for (const shift of [-1, 0, 1]) line(shift - 0.1, -0.1, shift + 1.1, 1.1);
      return;
    case 'upright':
      return line(0.5, 0, 0.5, 1);
    case 'level':
      return line(0, 0.5, 1, 0.5);
    case 'grid':
      line(0.5, 0, 0.5, 1);
      return line(0, 0.5, 1, 0.5);
    case 'dots':
      context.beginPath();
      context.arc(size / 2, size / 2, size / 5, 0, 2 * Math.PI);
      return context.fill();
    default:
      return hatching satisfies never;
  }
}
