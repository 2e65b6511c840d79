import type { Axis } from './plot.ts';

/** From 0 to a little above the highest figure, and to `least` at least. */
export function fromZero(least: number): Axis['range'] {
  return (_low, high) => [0, Math.max(least, (high ?? 0) * 1.08)];
}

/** Whole powers of ten around all figures; `low` and `high` where there are none. */
export function powersOfTen(low: number, high: number): Axis['range'] {
  return (lowest, highest) => {
    const from = 10 ** Math.floor(Math.log10(Math.max(lowest ?? low, 0.001)));
    const to = 10 ** Math.ceil(Math.log10(Math.max(highest ?? high, 0.001)));
    return [Math.min(from, low), Math.max(to, from * 10)];
  };
}
