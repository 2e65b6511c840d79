/** What stands where there is no figure. */
export const NONE = '–';

const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const compact = new Intl.NumberFormat('en', {
  notation: 'compact',
  minimumSignificantDigits: 3,
  maximumSignificantDigits: 3,
});
const BYTE_UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];

/** A number of things: exact below a million, three digits of it beyond. */
export function count(n: number | null | undefined): string {
  if (n === null || n === undefined) return NONE;
  return Math.abs(n) < 1_000_000 ? whole.format(n) : compact.format(n);
}

/** Things a second, where that is said elsewhere. */
export function rate(n: number | null | undefined): string {
  if (n === null || n === undefined) return NONE;
  return n === 0 || n >= 100 ? count(Math.round(n)) : n.toFixed(n < 10 ? 2 : 1);
}

/** Things a second. */
export function perSecond(n: number | null | undefined): string {
  return n === null || n === undefined ? NONE : `${rate(n)} /s`;
}

/** Bytes in the largest binary unit of which there is one. */
export function bytes(n: number | null | undefined): string {
  if (n === null || n === undefined) return NONE;
  let value = n;
  let unit = 0;
  while (value >= 1023.5 && unit < BYTE_UNITS.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${unit === 0 ? value : threeDigits(value)} ${BYTE_UNITS[unit]}`;
}

/** A response time, given in ms. */
export function milliseconds(n: number | null | undefined): string {
  if (n === null || n === undefined) return NONE;
  if (n >= 10_000) return `${threeDigits(n / 1000)} s`;
  return `${n < 0.1 ? n.toFixed(3) : n < 1000 ? threeDigits(n) : whole.format(n)} ms`;
}

/** A share of 1, in per cent. 100 % is said of the whole alone. */
export function percent(share: number | null | undefined): string {
  if (share === null || share === undefined) return NONE;
  if (share === 1) return '100 %';
  return `${Math.min(share * 100, 99.9).toFixed(1)} %`;
}

/** A span of time, given in ms, in its two largest units. */
export function span(ms: number | null | undefined): string {
  if (ms === null || ms === undefined) return NONE;
  if (ms < 0) return `−${span(-ms)}`;
  if (ms < 1000) return `${Math.round(ms)} ms`;
  const seconds = Math.floor(ms / 1000);
  const steps: readonly (readonly [string, number])[] = [
    ['d', Math.floor(seconds / 86_400)],
    ['h', Math.floor(seconds / 3_600) % 24],
    ['m', Math.floor(seconds / 60) % 60],
    ['s', seconds % 60],
  ];
  const first = steps.findIndex(([, amount]) => amount > 0);
  return steps
    .slice(first, first + 2)
    .filter(([, amount], i) => i === 0 || amount > 0)
    .map(([unit, amount]) => `${amount} ${unit}`)
    .join(' ');
}

/** How long before `now` that was; both in ms since the epoch. */
export function ago(at: number | null | undefined, now: number): string {
  if (at === null || at === undefined) return NONE;
  return now - at < 1000 ? 'just now' : `${span(Math.max(0, now - at))} ago`;
}

/** A time of this day, or its date as well; given in ms since the epoch. */
export function clockTime(at: number, now: number): string {
  const date = new Date(at);
  const time = date.toLocaleTimeString('en-GB');
  return date.toDateString() === new Date(now).toDateString()
    ? time
    : `${date.toLocaleDateString('en-CA')} ${time}`;
}

function threeDigits(n: number): string {
  return n.toFixed(n < 10 ? 2 : n < 100 ? 1 : 0);
}
