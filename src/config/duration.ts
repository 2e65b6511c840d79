import { type Parsed, shown } from './parsed.ts';

const UNITS: readonly (readonly [unit: string, ms: number])[] = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1_000],
  ['ms', 1],
];

/** Parts from the largest unit to the smallest, each at most once; no signs, no fractions. */
export const DURATION =
  /^(?=\d)(?:(\d{1,9})d)?(?:(\d{1,9})h)?(?:(\d{1,9})m)?(?:(\d{1,9})s)?(?:(\d{1,9})ms)?$/;

/** Reads `250ms`, `30s`, `5m`, `1h30m`, `2d` as ms. A bare number is refused: its unit would be a guess. */
export function parseDuration(text: string): Parsed<number> {
  const parts = DURATION.exec(text);
  if (parts !== null) {
    return { value: UNITS.reduce((sum, [, ms], i) => sum + Number(parts[i + 1] ?? 0) * ms, 0) };
  }
  if (/^\d+$/.test(text)) {
    return {
      problem: `${shown(text)} has no unit – write \`${text}s\` for seconds, \`${text}ms\` for milliseconds`,
    };
  }
  return {
    problem: `${shown(text)} is not a duration – write \`250ms\`, \`30s\`, \`5m\`, \`1h30m\` or \`2d\``,
  };
}

/** The shortest form that `parseDuration` reads back to the same ms. */
export function formatDuration(ms: number): string {
  let text = '';
  let rest = ms;
  for (const [unit, size] of UNITS) {
    const count = Math.floor(rest / size);
    if (count > 0) text += `${count}${unit}`;
    rest -= count * size;
  }
  return text === '' ? '0s' : text;
}
