import { type Parsed, shown } from './parsed.ts';

const UNITS: ReadonlyMap<string, number> = new Map([
  ['B', 1],
  ['KB', 1e3],
  ['MB', 1e6],
  ['GB', 1e9],
  ['KiB', 2 ** 10],
  ['MiB', 2 ** 20],
  ['GiB', 2 ** 30],
]);

export const SIZE = /^(\d{1,9})(B|KB|MB|GB|KiB|MiB|GiB)$/;

/** Reads `64KB` (powers of 1,000) and `256MiB` (powers of 1,024) as bytes. A bare number is refused. */
export function parseSize(text: string): Parsed<number> {
  const parts = SIZE.exec(text);
  const unit = UNITS.get(parts?.[2] ?? '');
  if (parts !== null && unit !== undefined) return { value: Number(parts[1]) * unit };
  if (/^\d+$/.test(text)) {
    return {
      problem: `${shown(text)} has no unit – write \`${text}B\` for bytes, \`${text}MiB\` for mebibytes`,
    };
  }
  return { problem: `${shown(text)} is not a size – write \`64KB\`, \`256MiB\` or \`1GiB\`` };
}

/** The largest unit that divides `bytes`, in the form that `parseSize` reads back. */
export function formatSize(bytes: number): string {
  for (const unit of ['GiB', 'MiB', 'KiB']) {
    const size = UNITS.get(unit) ?? 1;
    if (bytes >= size && bytes % size === 0) return `${bytes / size}${unit}`;
  }
  return `${bytes}B`;
}
