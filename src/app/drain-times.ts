import type { Config } from '../config/config.ts';
import type { DrainTimes } from '../downstream/drain.ts';

/** Waits for nobody. */
export const AT_ONCE: DrainTimes = { delay: 0, within: 0 };

/** As the configuration has it. */
export function drainTimes({ drainDelay, drainTimeout }: Config): DrainTimes {
  return { delay: drainDelay, within: drainTimeout };
}
