import type { Line } from './paint.ts';
import { visibleText } from './visible-text.ts';

/** Nothing, where there are no lines. */
export function section(heading: string, lines: readonly Line[]): Line[] {
  return lines.length === 0 ? [] : [[], [{ text: heading, style: 'bold' }], ...lines];
}

/** Text in lines of at most this width, indented by two in all but the first. */
export function wrapped(text: string, width: number, indent = ''): Line[] {
  const lines: string[] = [];
  let line = '';
  for (const word of visibleText(text).split(' ')) {
    if (line !== '' && indent.length + line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line].map((one): Line => [indent + one]);
}

export function indented(lines: readonly Line[]): Line[] {
  return lines.map((line) => ['  ', ...line]);
}
