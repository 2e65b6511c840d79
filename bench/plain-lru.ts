import { LRUCache } from 'lru-cache';
import type { Stored } from '../src/policy/stored-response.ts';
import type { MemoryTier } from '../src/store/ports.ts';
import { sizeOf } from '../src/store/stored-size.ts';

/** What of a memory tier decides what it holds. */
export type Holder = Pick<MemoryTier, 'peek' | 'put'>;

/** Least recently used, and nothing else: counts bytes as the memory tier does. */
export function createPlainLru(limit: number): Holder {
  const lru = new LRUCache<string, Stored>({
    maxSize: limit,
    maxEntrySize: Math.floor(limit / 4),
    sizeCalculation: (stored, key) => sizeOf(key, stored),
  });
  return {
    peek: (key) => lru.get(key),
    put(key, stored) {
      lru.set(key, stored);
      return true;
    },
  };
}
