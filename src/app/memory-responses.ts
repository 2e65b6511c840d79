import { isResponse, type StoredResponse } from '../policy/stored-response.ts';
import type { MemoryTier } from '../store/ports.ts';

/** All stored responses in memory, without counting as their use. */
export function* responsesIn(memory: MemoryTier): Generator<StoredResponse> {
  for (const { stored } of memory.walk()) if (isResponse(stored)) yield stored;
}
