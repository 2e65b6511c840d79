import type { Clock } from '../clock.ts';

/** Whether Redis has fallen silent: commands are under way, and for a while none was answered. */
export interface Silence {
  readonly now: boolean;
  /** A command is under way from here until it has `ended`. */
  began(): void;
  /** Redis has answered a command. */
  heard(): void;
  ended(): void;
}

/** `after`: for how long nothing must have been answered; ms. */
export function createSilence(after: number, clock: Clock): Silence {
  let underWay = 0;
  /** Monotonic ms at which the last answer came, or the first of the commands under way was sent. */
  let since = 0;
  let isSilent = false;
  let timer: NodeJS.Timeout | undefined;

  const isOver = (): boolean => underWay === 0 || clock.monotonic() - since < after;

  /** After a turn of the event loop: what arrived while it was held up has been read by then. */
  const judge = (): void => {
    timer = undefined;
    if (underWay === 0) return;
    isSilent = !isOver();
    if (!isSilent) arm();
  };

  const arm = (): void => {
    timer = setTimeout(() => setImmediate(judge), Math.max(1, after - (clock.monotonic() - since)));
    timer.unref();
  };

  return {
    get now() {
      return isSilent;
    },
    began() {
      if (underWay++ > 0) return;
      since = clock.monotonic();
      if (timer === undefined) arm();
    },
    heard() {
      since = clock.monotonic();
    },
    ended() {
      underWay--;
      if (!isSilent || !isOver()) return;
      isSilent = false;
      if (underWay > 0) arm();
    },
  };
}
