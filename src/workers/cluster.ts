import cluster, { type Worker } from 'node:cluster';
import { OperatorError } from '../errors.ts';

/** A worker's process, as the primary has hold of it. */
export interface SpawnedProcess {
  readonly pid: number;
  /** Keeps the order; what a process that is gone was to get is lost. */
  send(message: unknown): void;
  kill(): void;
  /** The listening socket is from now on the worker's alone. */
  handOver(): void;
}

export interface ProcessListeners {
  onMessage(message: unknown): void;
  /** Once, and after everything else. */
  onExit(code: number | null, signal: string | null): void;
}

/** Starts a process of its own that shares this one's listening socket. Does not throw: one that cannot be started ends on the next turn. */
export type Spawn = (listeners: ProcessListeners) => SpawnedProcess;

/**
 * Spawns `module` by Node's cluster. The workers accept connections themselves (SCHED_NONE): handed out
 * by the primary, one that a worker dies over is left open and unanswered for ever, and where all
 * workers have as many as they may, it goes round between the processes.
 * @throws OperatorError inside somebody else's cluster
 */
export function clusterSpawn(module: string): Spawn {
  if (!cluster.isPrimary) {
    throw new OperatorError(
      'Cacheside was started as a worker of another Node cluster: set `workers: 1`, or start it by itself.',
    );
  }
  cluster.schedulingPolicy = cluster.SCHED_NONE;
  cluster.setupPrimary({ exec: module, args: [], serialization: 'advanced' });
  return ({ onMessage, onExit }) => {
    let worker: Worker;
    try {
      worker = cluster.fork();
    } catch (error) {
      // What keeps a process from starting is an event of it, or thrown, as the lack of memory is.
      const { code, message } = error as NodeJS.ErrnoException;
      setImmediate(onExit, null, code ?? message);
      return { pid: 0, send() {}, kill() {}, handOver() {} };
    }
    const child = worker.process;
    worker.on('message', onMessage);
    worker.once('exit', (code, signal) => onExit(code, signal));
    worker.on('error', (error: NodeJS.ErrnoException) => {
      // A process that never was does not exit either; any other error is followed by its end.
      if (child.pid === undefined) onExit(null, error.code ?? error.message);
    });
    return {
      pid: child.pid ?? 0,
      send(message) {
        if (child.connected) child.send(message as object, undefined, undefined, () => {});
      },
      kill: () => void child.kill('SIGKILL'),
      // Node's cluster lets go of what it shares with a worker when it hears this, or when the worker has closed it: too late,
      // for who connects in between is accepted by nobody.
      handOver: () => void child.emit('disconnect'),
    };
  };
}
