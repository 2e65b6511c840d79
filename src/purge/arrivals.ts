import { within } from './within.ts';

/** Those who wait until the log has been applied up to a position, or something else was read of it. */
export interface Arrivals {
  /** Something was applied: looks who has waited for it. */
  advance(): void;
  /** True once `position` is reached; false where that takes longer than `patience` ms. */
  reached(position: number, patience: number): Promise<boolean>;
  /** Resolves once this is so, which is looked at whenever something was applied; after `patience` ms at the latest. */
  until(isSo: () => boolean, patience: number): Promise<void>;
}

/** `applied`: how far the log is applied now. */
export function createArrivals(applied: () => number): Arrivals {
  const waiting = new Set<() => void>();

  async function until(isSo: () => boolean, patience: number): Promise<void> {
    if (isSo()) return;
    let look = () => {};
    const arrival = new Promise<void>((resolve) => {
      look = () => {
        if (isSo()) resolve();
      };
    });
    waiting.add(look);
    await within(patience, arrival);
    waiting.delete(look);
  }

  return {
    advance() {
      for (const look of waiting) look();
    },
    async reached(position, patience) {
      await until(() => applied() >= position, patience);
      return applied() >= position;
    },
    until,
  };
}
