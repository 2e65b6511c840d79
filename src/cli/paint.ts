/** SGR parameters (ECMA-48 §8.3.117): on, and off again. */
const SGR = {
  bold: ['1', '22'],
  dim: ['2', '22'],
  red: ['31', '39'],
  green: ['32', '39'],
  yellow: ['33', '39'],
  cyan: ['36', '39'],
} as const;

export type Style = keyof typeof SGR;

/** A piece of a line of one style. Its text has no control characters. */
export interface Span {
  readonly text: string;
  readonly style: Style;
}

/** Pieces from left to right. */
export type Line = readonly (string | Span)[];

/** How lines are shown. */
export interface Paper {
  /** Characters in a line; what is longer is cut, and ends in `…`. */
  readonly width: number;
  readonly isColored: boolean;
}

export function textOf(line: Line): string {
  return line.map((part) => (typeof part === 'string' ? part : part.text)).join('');
}

/** The line as it is written. */
export function paint(line: Line, { width, isColored }: Paper): string {
  const isCut = [...textOf(line)].length > width;
  let left = isCut ? width - 1 : width;
  let out = '';
  for (const part of line) {
    const [text, style] = typeof part === 'string' ? [part, undefined] : [part.text, part.style];
    const shown = [...text].slice(0, left);
    left -= shown.length;
    out +=
      style === undefined || !isColored || shown.length === 0
        ? shown.join('')
        : styled(shown.join(''), style);
  }
  return isCut ? `${out}…` : out.trimEnd();
}

function styled(text: string, style: Style): string {
  const [on, off] = SGR[style];
  return `\u001b[${on}m${text}\u001b[${off}m`;
}

/** Columns as wide as their widest cell, two spaces between them: numbers to the right. The first row is the heading. */
export function columns(rows: readonly Line[], right: ReadonlySet<number>): Line[] {
  const widths: number[] = [];
  const lengths = rows.map((row) => row.map((cell) => [...textOf([cell])].length));
  for (const row of lengths) {
    for (const [i, length] of row.entries()) widths[i] = Math.max(widths[i] ?? 0, length);
  }
  return rows.map((row, y) =>
    row.flatMap((cell, x) => {
      const pad = ' '.repeat((widths[x] ?? 0) - (lengths[y]?.[x] ?? 0));
      const gap = x === 0 ? [] : ['  '];
      return right.has(x) ? [...gap, pad, cell] : [...gap, cell, pad];
    }),
  );
}

const BARS = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/** Values from 0 up to `most` as little columns. */
export function sparkline(values: readonly number[], most: number): string {
  const top = BARS.length - 1;
  return values.map((value) => BARS[most > 0 ? Math.round(Math.min(1, value / most) * top) : 0]).join('');
}

/** A share of 0–1 as a bar. */
export function bar(share: number, width: number): string {
  const full = Math.round(Math.max(0, Math.min(1, share)) * width);
  return '█'.repeat(full) + '░'.repeat(width - full);
}
