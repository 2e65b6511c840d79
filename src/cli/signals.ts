/** What the signals of a running sidecar do. */
export interface SignalActions {
  /** SIGHUP. */
  reload(): void;
  /** The first SIGTERM or SIGINT. */
  drain(signal: NodeJS.Signals): void;
  /** Any further SIGTERM or SIGINT. */
  force(): void;
}

/**
 * From here on SIGHUP does not end the process, as it would by default: it is remembered until
 * somebody can reload. What is returned lets go of it and says whether one came.
 */
export function holdReload(): () => boolean {
  let came = false;
  const remember = () => {
    came = true;
  };
  process.on('SIGHUP', remember);
  return () => {
    process.off('SIGHUP', remember);
    return came;
  };
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
