import { isResponse, type StoredResponse } from '../policy/stored-response.ts';
import type { MemoryTier } from '../store/ports.ts';

/** All stored responses in memory, without counting as their use. */
export function* responsesIn(memory: MemoryTier): Generator<StoredResponse> {
  // The keys as they are now: what comes and goes meanwhile would lead the walk astray.
  for (const key of [...memory.keys()]) {
    const stored = memory.glance(key);
    if (stored !== undefined && isResponse(stored)) yield stored;
  }
}
