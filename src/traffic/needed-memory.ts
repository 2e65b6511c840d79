import { isResponse } from '../policy/stored-response.ts';
import type { MemoryTier } from '../store/ports.ts';
import { sizeOf } from '../store/stored-size.ts';

/** The most that was held at once. */
export interface NeededMemory {
  /** To be told after each response that was kept. */
  look(tier: MemoryTier): void;
  /** bytes */
  readonly most: number;
  /** The most of each route; not at the same time, perhaps. */
  readonly routes: ReadonlyMap<string, number>;
}

/** All that is held is looked through each time it has grown by so much: some twenty times what is held at the end. */
const GROWTH = 1.05;
const LEAST_GROWTH = 16 * 1024;

/** Keeps the high-water mark of a memory tier, that of each route within five per cent. */
export function createNeededMemory(): NeededMemory {
  const routes = new Map<string, number>();
  let most = 0;
  let lookedThrough = 0;

  const lookThrough = (tier: MemoryTier): void => {
    const now = new Map<string, number>();
    for (const key of tier.keys()) {
      const stored = tier.glance(key);
      if (stored === undefined || !isResponse(stored)) continue;
      now.set(stored.route, (now.get(stored.route) ?? 0) + sizeOf(key, stored));
    }
    for (const [route, bytes] of now) routes.set(route, Math.max(bytes, routes.get(route) ?? 0));
  };

  return {
    look(tier) {
      const { bytes } = tier.stats();
      if (bytes <= most) return;
      most = bytes;
      if (bytes < lookedThrough * GROWTH + LEAST_GROWTH && lookedThrough > 0) return;
      lookedThrough = bytes;
      lookThrough(tier);
    },
    get most() {
      return most;
    },
    routes,
  };
}
