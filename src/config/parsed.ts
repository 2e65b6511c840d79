/** What became of a scalar: its value, or what is wrong and what to do about it. */
export type Parsed<T> = { readonly value: T } | { readonly problem: string };

/** A value as an error message shows it: short, on one line, control characters escaped. */
export function shown(value: unknown): string {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? String(value));
  const short = text.length > 60 ? `${text.slice(0, 60)}…` : text;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not reach a terminal.
  return `\`${short.replace(/[\u0000-\u001f\u007f-\u009f]/g, (c) => JSON.stringify(c).slice(1, -1))}\``;
}
