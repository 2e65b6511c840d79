/** The connections to the upstream, whoever reads them: never more than a limit. */
export interface Seats {
  /** False where all are taken. */
  take(): boolean;
  /** Calls once there is one, which is then taken. */
  await(seated: () => void): void;
  readonly taken: number;
  /** How many wait. */
  readonly awaited: number;
  free(): void;
}

/** `onAwaited` is called where somebody has to wait, `onFree` where one is free and nobody does. */
export function createSeats(limit: number, onAwaited: () => void, onFree: () => void): Seats {
  const waiting: (() => void)[] = [];
  let taken = 0;
  return {
    take() {
      if (taken >= limit) return false;
      taken++;
      return true;
    },
    await(seated) {
      if (taken < limit) {
        taken++;
        return seated();
      }
      waiting.push(seated);
      onAwaited();
    },
    get taken() {
      return taken;
    },
    get awaited() {
      return waiting.length;
    },
    free() {
      const next = waiting.shift();
      if (next !== undefined) return next();
      taken--;
      onFree();
    },
  };
}
