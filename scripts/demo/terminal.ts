const { NO_COLOR, TERM } = process.env;
const COLOURS = process.stdout.isTTY === true && !NO_COLOR && TERM !== 'dumb';

const CODES = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33, cyan: 36 } as const;

/** The text in a colour where the output is a terminal that wants colours. */
export function paint(style: keyof typeof CODES, text: string): string {
  return COLOURS && text !== '' ? `\x1b[${CODES[style]}m${text}\x1b[0m` : text;
}

export function say(line = ''): void {
  process.stdout.write(`${line}\n`);
}
