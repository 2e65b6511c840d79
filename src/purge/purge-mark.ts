import type { Purgeable } from '../policy/stored-response.ts';

/** The newest purge of one selector and one softness, by both clocks. */
export interface PurgeMark {
  /** Highest position in the log that is known; -1: none yet. */
  position: number;
  /** The index's serial when it was last applied here. */
  serial: number;
  /** Serial of the newest application that the log has not confirmed; 0: none. Counts as +Infinity. */
  pending: number;
}

/** What is known of one selector. A hard purge does not replace a soft one, nor the reverse. */
export interface SelectorMarks {
  hard: PurgeMark | undefined;
  soft: PurgeMark | undefined;
}

export function newMark(): PurgeMark {
  return { position: -1, serial: 0, pending: 0 };
}

/**
 * Whether this purge came after what the stored response reflects: by serial where it was fetched or
 * found valid here, by position where it was just read from Redis. Pending purges up to the serial
 * `settled` are in the log by way of a coarser one.
 */
export function isAfter(mark: PurgeMark | undefined, stored: Purgeable, settled: number): boolean {
  if (mark === undefined) return false;
  if (stored.heard >= 0) return mark.serial > stored.heard;
  return mark.position > stored.asOf || mark.pending > settled;
}

/** The log confirmed, at `position`, an application of `serial` or a later one that covers it. */
export function confirmMark(mark: PurgeMark, position: number, serial: number): void {
  mark.position = Math.max(mark.position, position);
  if (mark.pending <= serial) mark.pending = 0;
}

/** Makes `into` cover everything that `mark` says. */
export function absorbMark(into: PurgeMark, mark: PurgeMark): void {
  into.position = Math.max(into.position, mark.position);
  into.serial = Math.max(into.serial, mark.serial);
  into.pending = Math.max(into.pending, mark.pending);
}
