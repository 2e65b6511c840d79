import type { Config } from '../config/config.ts';
import type { DrainTimes } from '../downstream/drain.ts';

/** How an app is closed. */
export interface CloseOptions {
  /** Waits for nobody. */
  readonly force?: boolean;
  /** Waits less than the configuration has it, and at once; ms. */
  readonly within?: number;
}

/** As the configuration has it, where nothing else is said. */
export function drainTimes(
  { drainDelay, drainTimeout }: Config,
  { force = false, within = drainTimeout }: CloseOptions,
): DrainTimes {
  if (force) return { delay: 0, within: 0 };
  return within < drainTimeout ? { delay: 0, within } : { delay: drainDelay, within: drainTimeout };
}
