import type { Readiness } from '../admin/ports.ts';
import type { MemoryTier } from '../store/ports.ts';
import type { MemoryLevels } from '../workers/figures.ts';

/** What is told of the memory tier, its limit included; null: there is none. */
export function memoryLevels(memory: MemoryTier | undefined): MemoryLevels | null {
  return memory === undefined ? null : { ...memory.stats(), limit: memory.limit };
}

/** As much of it as `/readyz` tells. */
export function cacheLevels(levels: MemoryLevels | null): Readiness['cache'] {
  return levels && { responses: levels.responses, bytes: levels.bytes, limit: levels.limit };
}
