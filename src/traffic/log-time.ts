const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

const CLF = /^(\d\d)\/([A-Z][a-z]{2})\/(\d{4}):(\d\d):(\d\d):(\d\d)(?:[.,](\d{1,9}))? ([+-])(\d\d)(\d\d)$/;

/** Lines of one second stand together. */
let lastText = '';
let lastTime: number | undefined;

/** Reads `10/Oct/2026:13:55:36 +0200` as ms since the epoch; undefined for anything else. */
export function parseClfTime(text: string): number | undefined {
  if (text === lastText) return lastTime;
  lastText = text;
  lastTime = readClfTime(text);
  return lastTime;
}

function readClfTime(text: string): number | undefined {
  const parts = CLF.exec(text);
  if (parts === null) return undefined;
  const [, day, name = '', year, hour, minute, second, fraction = '', sign, zoneHours, zoneMinutes] = parts;
  const month = MONTHS.indexOf(name);
  if (month < 0) return undefined;
  const local = Date.UTC(
    Number(year),
    month,
    Number(day),
    Number(hour),
    Number(minute),
    Number(second),
    Number(fraction.padEnd(3, '0').slice(0, 3)),
  );
  const zone = (Number(zoneHours) * 60 + Number(zoneMinutes)) * 60_000;
  return sign === '+' ? local - zone : local + zone;
}

/** Above these a number counts ms, µs or ns since the epoch; until the year 5138 seconds stay below. */
const UNITS = [
  [1e17, 1e-6],
  [1e14, 1e-3],
  [1e11, 1],
] as const;

/** Reads a time of a JSON log as ms since the epoch: a number of s, ms, µs or ns, ISO 8601, or as in Common Log Format. */
export function parseLogTime(value: unknown): number | undefined {
  const number = typeof value === 'number' ? value : typeof value === 'string' ? numeric(value) : undefined;
  if (number !== undefined) {
    if (!(number > 0)) return undefined;
    const unit = UNITS.find(([least]) => number >= least)?.[1] ?? 1_000;
    return Math.round(number * unit);
  }
  if (typeof value !== 'string') return undefined;
  const clf = parseClfTime(value);
  if (clf !== undefined) return clf;
  const time = /^\d{4}-\d\d/.test(value) ? Date.parse(value) : Number.NaN;
  return Number.isNaN(time) ? undefined : time;
}

function numeric(text: string): number | undefined {
  return /^\d+(?:\.\d+)?$/.test(text) ? Number(text) : undefined;
}
