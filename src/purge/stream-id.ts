/**
 * Ids of a Redis stream, `ms-seq`, and the one safe integer each maps to:
 * position = ms × 2048 + min(seq, 2047). It orders like the ids do and stays below 2^53 until the
 * year 2109. The ids beyond 2047 of one ms (a burst, or a Redis whose clock stepped back) share the
 * last position of that ms; `asOfPosition` makes that edge purge too much, never too little.
 */
const SLOTS = 2048;

/** Id of the entry that begins a log. The lowest there is, so that it can be added once only. */
export const GENESIS_ID = '0-1';

/** Negative, zero or positive as `a` stands before, at or after `b` in the stream. */
export function compareIds(a: string, b: string): number {
  const [aMs, aSeq] = parts(a);
  const [bMs, bSeq] = parts(b);
  return compareDigits(aMs, bMs) || compareDigits(aSeq, bSeq);
}

/** The lowest id after this one within the same ms. */
export function nextId(id: string): string {
  const [ms, seq] = parts(id);
  return `${ms}-${BigInt(seq) + 1n}`;
}

/** The position of a purge that stands in the log under this id. */
export function positionOf(id: string): number {
  const [ms, seq] = parts(id);
  const position = Number(ms) * SLOTS + Math.min(Number(seq), SLOTS - 1);
  return Math.min(position, Number.MAX_SAFE_INTEGER);
}

/** When Redis gave this id, by its clock; ms since the epoch. */
export function msOf(id: string): number {
  return Number(parts(id)[0]);
}

/** Whether more than one entry of the log may have this position. */
export function isSharedPosition(position: number): boolean {
  return position % SLOTS === SLOTS - 1;
}

/**
 * What a response fetched after this id was applied carries as `asOf`. One less than a shared
 * position: a later purge may have the same, and must count as later.
 */
export function asOfPosition(id: string): number {
  const position = positionOf(id);
  return isSharedPosition(position) ? position - 1 : position;
}

function parts(id: string): [ms: string, seq: string] {
  const dash = id.indexOf('-');
  return [id.slice(0, dash), id.slice(dash + 1)];
}

/** Decimal numbers of any size without leading zeros. */
function compareDigits(a: string, b: string): number {
  if (a.length !== b.length) return a.length - b.length;
  return a < b ? -1 : a > b ? 1 : 0;
}
