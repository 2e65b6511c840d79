/** How many of those that were counted lately are of one kind. */
export interface SlidingShare {
  add(isOne: boolean): void;
  readonly total: number;
  readonly ones: number;
  clear(): void;
}

/** The window moves on by so many parts of itself. */
const SLOTS = 10;

/** Counts over the last `within` ms, to a tenth of it. `now`: monotonic ms. */
export function createSlidingShare(within: number, now: () => number): SlidingShare {
  const width = within / SLOTS;
  const totals = new Float64Array(SLOTS);
  const marked = new Float64Array(SLOTS);
  let current = 0;
  let total = 0;
  let ones = 0;

  const clear = (): void => {
    totals.fill(0);
    marked.fill(0);
    total = 0;
    ones = 0;
  };
  const advance = (): number => {
    const slot = Math.floor(now() / width);
    if (slot - current >= SLOTS) clear();
    else {
      for (let passed = current + 1; passed <= slot; passed++) {
        const i = passed % SLOTS;
        total -= totals[i] as number;
        ones -= marked[i] as number;
        totals[i] = 0;
        marked[i] = 0;
      }
    }
    current = slot;
    return slot % SLOTS;
  };

  return {
    add(isOne) {
      const i = advance();
      totals[i] = (totals[i] as number) + 1;
      total++;
      if (!isOne) return;
      marked[i] = (marked[i] as number) + 1;
      ones++;
    },
    get total() {
      advance();
      return total;
    },
    get ones() {
      advance();
      return ones;
    },
    clear,
  };
}
