/** What the signals of a running sidecar do. */
export interface SignalActions {
  /** SIGHUP. */
  reload(): void;
  /** The first SIGTERM or SIGINT. */
  drain(signal: NodeJS.Signals): void;
  /** Any further SIGTERM or SIGINT. */
  force(): void;
  /** One that means nothing here. */
  ignored(signal: NodeJS.Signals): void;
}

/** What came during the start. */
export interface HeldSignals {
  /** Lets go of all, and says what came. */
  release(): { readonly reload: boolean; readonly stop: NodeJS.Signals | undefined };
}

/** By default the first opens a port for debuggers, and the second ends the process. */
const MEANINGLESS = ['SIGUSR1', 'SIGUSR2'] as const;

/**
 * From here on signals do not end the process, as they would by default – or would not, where it is the first of a
 * container: they are remembered until somebody can act on them. A second SIGTERM or SIGINT ends it at once.
 */
export function holdSignals(): HeldSignals {
  let reload = false;
  let stop: NodeJS.Signals | undefined;
  const onHangUp = () => {
    reload = true;
  };
  const onStop = (signal: NodeJS.Signals) => {
    if (stop !== undefined) process.exit(1);
    stop = signal;
  };
  const ignore = () => {};
  process.on('SIGHUP', onHangUp);
  for (const signal of STOPS) process.on(signal, onStop);
  for (const signal of MEANINGLESS) process.on(signal, ignore);
  return {
    release() {
      process.off('SIGHUP', onHangUp);
      for (const signal of STOPS) process.off(signal, onStop);
      for (const signal of MEANINGLESS) process.off(signal, ignore);
      return { reload, stop };
    },
  };
}

const STOPS = ['SIGTERM', 'SIGINT'] as const;

/** Connects the signals; `held` is acted on first. Returns what disconnects them again. */
export function onSignals(actions: SignalActions, held: HeldSignals): () => void {
  let stopping = false;
  const stop = (signal: NodeJS.Signals) => {
    const isFirst = !stopping;
    stopping = true;
    if (isFirst) actions.drain(signal);
    else actions.force();
  };
  const reload = () => {
    if (!stopping) actions.reload();
  };
  for (const signal of STOPS) process.on(signal, stop);
  process.on('SIGHUP', reload);
  for (const signal of MEANINGLESS) process.on(signal, actions.ignored);
  const came = held.release();
  // Not before whoever called has what disconnects them.
  if (came.reload) queueMicrotask(reload);
  if (came.stop !== undefined) queueMicrotask(() => stop(came.stop ?? 'SIGTERM'));
  return () => {
    for (const signal of STOPS) process.off(signal, stop);
    process.off('SIGHUP', reload);
    for (const signal of MEANINGLESS) process.off(signal, actions.ignored);
  };
}
