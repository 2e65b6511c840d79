import type { Logger } from 'pino';
import type { Clock } from '../clock.ts';
import type { Config } from '../config/config.ts';
import type { RouteRule } from '../policy/route-rule.ts';
import type { CodedMemory } from '../store/coded-memory.ts';
import type { HotKeys } from '../store/hot-keys.ts';
import { createMemoryTier } from '../store/memory-tier.ts';
import type { MostUsed } from '../store/most-used.ts';
import { createReclaim, type Reclaim } from '../store/reclaim.ts';
import { openCodedMemory } from './coded-parts.ts';

/** The memory tier, and what goes with it. */
export interface MemoryParts {
  /** undefined: no memory tier. */
  readonly coded: CodedMemory | undefined;
  /** Told of what is not held any more. */
  readonly reclaim: Reclaim;
}

/** `hot` and `mostUsed` are told of uses. */
export function openMemory(
  { limit, enabled }: Config['memory'],
  parts: {
    readonly hot: HotKeys;
    readonly mostUsed: MostUsed | undefined;
    readonly rules: () => readonly RouteRule[];
    readonly clock: Clock;
    readonly log: Logger;
  },
): MemoryParts {
  const { hot, mostUsed, rules, clock, log } = parts;
  const reclaim = createReclaim(limit);
  if (!enabled) return { coded: undefined, reclaim };
  const onSample = (place: string, uses: number): void => {
    hot.sample(place, uses);
    mostUsed?.sample(place, uses);
  };
  const tier = createMemoryTier({ limit, onSample, reclaim, now: clock.monotonic });
  return { coded: openCodedMemory(tier, rules, log), reclaim };
}
