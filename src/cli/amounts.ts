const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];

/** `812 B`, `4.0 KiB`, `256 MiB`: three digits. */
export function formatBytes(bytes: number): string {
  let unit = 0;
  let value = bytes;
  // What would be rounded up to 1024 is one of the next.
  while (value >= 1023.5 && unit < UNITS.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${unit > 0 && value < 99.95 ? value.toFixed(1) : Math.round(value)} ${UNITS[unit]}`;
}

/** `12,345`. */
export function formatCount(count: number): string {
  return String(Math.round(count)).replace(/\B(?=(\d{3})+$)/g, ',');
}

/** How many a second; 0 of no time. `duration` in ms. */
export function perSecond(count: number, duration: number): number {
  return duration > 0 ? (count * 1_000) / duration : 0;
}

/** `0.4 /s`, `12.5 /s`, `1,204 /s`; `-` of no time. `duration` in ms. */
export function formatRateOf(count: number, duration: number): string {
  if (duration <= 0) return '-';
  const value = perSecond(count, duration);
  return `${value > 0 && value < 99.95 ? value.toFixed(1) : formatCount(value)} /s`;
}

/** Of 0–1: `93.2 %`; `-` for null. */
export function formatShare(share: number | null): string {
  return share === null ? '-' : `${(share * 100).toFixed(1)} %`;
}

/** Of a response time in ms: `0.08 ms`, `12.5 ms`, `1.20 s`; `-` for null. */
export function formatMs(ms: number | null): string {
  if (ms === null) return '-';
  if (ms >= 999.5) return `${(ms / 1_000).toFixed(ms < 99_995 ? 2 : 0)} s`;
  if (ms >= 99.95) return `${Math.round(ms)} ms`;
  return `${ms.toFixed(ms < 9.995 ? 2 : 1)} ms`;
}

const SPANS: readonly (readonly [unit: string, ms: number])[] = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1_000],
];

/** A while in its two largest units: `2d 3h`, `4m 10s`, `7s`; with a sign where it is negative, ms below a second. */
export function formatSpan(ms: number): string {
  if (ms < 0) return `-${formatSpan(-ms)}`;
  if (ms < 1_000) return `${Math.round(ms)}ms`;
  const first = SPANS.findIndex(([, size]) => ms >= size);
  const [unit = 's', size = 1_000] = SPANS[first] ?? [];
  const [smaller, part = 1] = SPANS[first + 1] ?? [];
  const rest = Math.floor((ms % size) / part);
  const more = smaller === undefined || rest === 0 ? '' : ` ${rest}${smaller}`;
  return `${Math.floor(ms / size)}${unit}${more}`;
}

/** `1 response`, `2 responses`. */
export function countOf(count: number, one: string, many = `${one}s`): string {
  return `${formatCount(count)} ${count === 1 ? one : many}`;
}
