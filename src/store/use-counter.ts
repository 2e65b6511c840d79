/** Counts how often keys were used, in bounded space. */
export interface UseCounter {
  add(key: string): void;
  /** The most used ones, most used first, with how often each was; they are counted anew from here. */
  take(most: number): [key: string, uses: number][];
}

/**
 * Misra and Gries's frequent items: with n keys told apart, what made up more than one use in n is among
 * them, and a count is too low by at most that share. A full counter takes one off every key, which
 * the uses counted before have paid for.
 */
export function createUseCounter(maxKeys: number): UseCounter {
  const uses = new Map<string, number>();

  const makeRoom = (): void => {
    for (const [key, count] of uses) {
      if (count === 1) uses.delete(key);
      else uses.set(key, count - 1);
    }
  };

  return {
    add(key) {
      const count = uses.get(key);
      if (count !== undefined) uses.set(key, count + 1);
      else if (uses.size < maxKeys) uses.set(key, 1);
      else makeRoom();
    },
    take(most) {
      const taken = [...uses].sort(([, a], [, b]) => b - a).slice(0, most);
      for (const [key] of taken) uses.delete(key);
      return taken;
    },
  };
}
