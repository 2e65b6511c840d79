/** What the signals of a running sidecar do. */
export interface SignalActions {
  /** SIGHUP. */
  reload(): void;
  /** The first SIGTERM or SIGINT. */
  drain(signal: NodeJS.Signals): void;
  /** Any further SIGTERM or SIGINT. */
  force(): void;
}

/** Connects the signals. Returns what disconnects them again. */
export function onSignals(actions: SignalActions): () => void {
  let stopping = false;
  const stop = (signal: NodeJS.Signals) => {
    if (stopping) actions.force();
    else actions.drain(signal);
    stopping = true;
  };
  const reload = () => {
    if (!stopping) actions.reload();
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
  process.on('SIGHUP', reload);
  return () => {
    process.off('SIGTERM', stop);
    process.off('SIGINT', stop);
    process.off('SIGHUP', reload);
  };
}
