/** Something that is asked for again and again. */
export interface Poll {
  /** Asks at once, and then again at its interval. */
  soon(): void;
  stop(): void;
}

/** Asks every `interval` ms while the page is looked at, never twice at once. `ask` sees to its own failures. */
export function createPoll(interval: number, ask: () => Promise<void>): Poll {
  let timer = 0;
  let run = 0;

  async function go(): Promise<void> {
    clearTimeout(timer);
    const mine = ++run;
    if (!document.hidden) await ask();
    if (mine === run) timer = window.setTimeout(() => void go(), interval);
  }

  return {
    soon: () => void go(),
    stop() {
      run++;
      clearTimeout(timer);
    },
  };
}
