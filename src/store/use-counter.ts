/** Counts how often keys were used, in bounded space. */
export interface UseCounter {
  /** One use, or as many as are given. */
  add(key: string, uses?: number): void;
  /** The most used ones, most used first, with how often each was; they are counted anew from here. */
  take(most: number): [key: string, uses: number][];
  /** All that are told apart, in no order. */
  readonly counts: ReadonlyMap<string, number>;
}

/**
 * Misra and Gries's frequent items: with n keys told apart, what made up more than one use in n is among
 * them, and a count is too low by at most that share. What finds the counter full is taken off every key, which
 * the uses counted before have paid for.
 */
export function createUseCounter(maxKeys: number): UseCounter {
  const counts = new Map<string, number>();

  const makeRoom = (uses: number): void => {
    for (const [key, count] of counts) {
      if (count <= uses) counts.delete(key);
      else counts.set(key, count - uses);
    }
  };

  return {
    add(key, uses = 1) {
      const count = counts.get(key);
      if (count !== undefined) counts.set(key, count + uses);
      else if (counts.size < maxKeys) counts.set(key, uses);
      else makeRoom(uses);
    },
    take(most) {
      const taken = [...counts].sort(([, a], [, b]) => b - a).slice(0, most);
      for (const [key] of taken) counts.delete(key);
      return taken;
    },
    counts,
  };
}
