import type { Clock } from '../clock.ts';
import type { MemoryTier } from './ports.ts';

export interface SweepOptions {
  /** ms between two rounds. */
  readonly interval: number;
  readonly clock: Clock;
}

/** Stored responses looked at before other work gets its turn: well under a millisecond. */
const SLICE = 2_000;

/**
 * Clears the memory tier of what expired, one round per interval in slices that let other work in
 * between. Its timer keeps no process alive. Returns the function that stops it.
 */
export function startSweeping(memory: MemoryTier, { interval, clock }: SweepOptions): () => void {
  let slice: NodeJS.Immediate | undefined;

  const sweep = (left: number): void => {
    slice = undefined;
    memory.sweep(clock.now(), SLICE);
    if (left > SLICE) slice = setImmediate(sweep, left - SLICE);
  };
  const timer = setInterval(() => {
    if (slice === undefined) sweep(memory.stats().responses);
  }, interval);
  timer.unref();

  return () => {
    clearInterval(timer);
    clearImmediate(slice);
  };
}
