import { type Line, textOf } from './paint.ts';

/** What stands in a line behind its label: pieces that are not broken, two spaces between them. */
export interface Labelled {
  readonly label: string;
  readonly pieces: readonly Line[];
}

/** The labels of a page are as wide. */
const LABEL = 13;
/** Where a page is narrow, what does not fit goes on below its label. */
const NARROW = 60;

/**
 * As many lines as the pieces take in this width; one that is longer by itself has a line of its own. `below`: how far lines
 * without a label are indented.
 */
export function flow({ label, pieces }: Labelled, width: number, below = LABEL): Line[] {
  const indent = width < NARROW ? 2 : below;
  const lines: Line[] = [];
  let line: Line = label === '' ? [' '.repeat(indent)] : [{ text: label.padEnd(LABEL), style: 'bold' }];
  let used = label === '' ? indent : LABEL;
  let isEmpty = true;
  for (const piece of pieces) {
    const length = [...textOf(piece)].length;
    if (!isEmpty && used + 2 + length > width) {
      lines.push(line);
      line = [' '.repeat(indent)];
      used = indent;
      isEmpty = true;
    }
    line = isEmpty ? [...line, ...piece] : [...line, '  ', ...piece];
    used += length + (isEmpty ? 0 : 2);
    isEmpty = false;
  }
  return [...lines, line];
}
