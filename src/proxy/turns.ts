/** How many have a turn at once, how many may wait for one, and for how long. */
export interface TurnBounds {
  readonly limit: number;
  readonly queue: number;
  /** ms. */
  readonly timeout: number;
}

/** Turns for a bounded number at once, and a queue in order of arrival. */
export interface Turns<W> {
  readonly taken: number;
  readonly waiting: number;
  /** False where all are taken, or others wait already. */
  take(): boolean;
  /** Joins the queue, for so many ms at most; false where it is full. */
  await(waiter: W, patience: number): boolean;
  /** Leaves the queue before its turn. */
  withdraw(waiter: W): void;
  /** Gives back a turn that was taken. */
  free(): void;
  /** Leaves the queue to nobody: `tell` hears of each that waited. */
  dismiss(tell: (waiter: W) => void): void;
  /** undefined: as many as come. */
  setBounds(bounds: TurnBounds | undefined): void;
  readonly bounds: TurnBounds | undefined;
}

/** More than there ever are. */
const UNBOUNDED = 2 ** 30 - 1;

/**
 * `onTurn`: a turn has been taken for this one, which waited. `onTimeout`: it waits no longer. Both are called without
 * it in the queue, and must not throw.
 */
export function createTurns<W>(onTurn: (waiter: W) => void, onTimeout: (waiter: W) => void): Turns<W> {
  const queue = new Map<W, NodeJS.Timeout>();
  let bounds: TurnBounds | undefined;
  let limit = UNBOUNDED;
  let taken = 0;
  let isHandingOut = false;

  const withdraw = (waiter: W): void => {
    clearTimeout(queue.get(waiter));
    queue.delete(waiter);
  };
  const expire = (waiter: W): void => {
    queue.delete(waiter);
    onTimeout(waiter);
  };
  /** In a loop, not by recursion: whose turn comes may give its turn back at once. */
  const handOut = (): void => {
    if (isHandingOut) return;
    isHandingOut = true;
    for (const waiter of queue.keys()) {
      if (taken >= limit) break;
      withdraw(waiter);
      taken++;
      onTurn(waiter);
    }
    isHandingOut = false;
  };

  return {
    get taken() {
      return taken;
    },
    get waiting() {
      return queue.size;
    },
    get bounds() {
      return bounds;
    },
    take() {
      if (taken >= limit || queue.size > 0) return false;
      taken++;
      return true;
    },
    await(waiter, patience) {
      if (bounds === undefined || queue.size >= bounds.queue || patience <= 0) return false;
      queue.set(waiter, setTimeout(expire, patience, waiter));
      return true;
    },
    withdraw,
    free() {
      taken--;
      if (queue.size > 0) handOut();
    },
    dismiss(tell) {
      for (const waiter of queue.keys()) {
        withdraw(waiter);
        tell(waiter);
      }
    },
    setBounds(next) {
      bounds = next;
      limit = next?.limit ?? UNBOUNDED;
      handOut();
    },
  };
}
