import { setTimeout as delay } from 'node:timers/promises';
import type { TcpProxy } from '../../fixtures/tcp-proxy.ts';

/** One answer of a sidecar, in process or not. */
export interface Reply {
  readonly status: number;
  readonly text: string;
  readonly cacheStatus: string;
  readonly headers: { readonly etag?: string | string[] | undefined };
}

/** A sidecar that runs, whichever way. */
export interface Running {
  ask(
    path: string,
    ask?: { readonly method?: string; readonly headers?: Record<string, string> },
  ): Promise<Reply>;
  purge(order: Readonly<Record<string, unknown>>): Promise<PurgeReply>;
  state(): Promise<LogState>;
  /** What it logged as an error. */
  faults(): readonly string[];
  /** Finishes what is under way, and ends. */
  close(): Promise<void>;
  /** Ends as it stands: a process alone can. */
  kill?(): Promise<void>;
}

/** What a receipt says, as far as the checker asks. */
export interface PurgeReply {
  readonly status: number;
  /** undefined while it is pending. */
  readonly position: number | undefined;
  /** Whether every replica has applied it. */
  readonly all: boolean;
  readonly text: string;
}

/** Of the purge log, as `/stats` tells it. */
export interface LogState {
  readonly applied: number;
  readonly pending: number;
  readonly trusted: boolean;
}

/** One of the sidecars of a run, through its restarts. */
export interface Replica {
  readonly name: string;
  /** Its link to Redis, where it has one of its own. */
  readonly link: TcpProxy | undefined;
  /** The present one; another one after a restart. */
  readonly running: Running;
  /** Whether it has followed the log since its last start. */
  readonly joined: boolean;
  join(): void;
  /** Whether it is being replaced: requests that began before may end as they like. */
  readonly restarting: boolean;
  /**
   * Runs against the present sidecar; undefined where it was being replaced meanwhile, whatever came out.
   * Otherwise rejects as `use` does.
   */
  use<T>(use: (running: Running) => Promise<T>): Promise<T | undefined>;
  /**
   * Ends it once nothing is pending and what it is told is answered, then starts the next; `between` is run
   * while there is none. False: something was pending for too long, and it stays.
   */
  restart(between?: () => Promise<void>, how?: 'close' | 'kill'): Promise<boolean>;
  close(): Promise<void>;
}

/** How long a restart waits for purges that are not in the log yet, ms. */
const PATIENCE = 3_000;

export async function startReplica(
  name: string,
  link: TcpProxy | undefined,
  start: () => Promise<Running>,
): Promise<Replica> {
  let running = await start();
  let restarting = false;
  let joined = false;
  const underWay = new Set<Promise<unknown>>();

  const isQuiet = async (): Promise<boolean> => {
    const deadline = performance.now() + PATIENCE;
    await Promise.allSettled(underWay);
    do {
      const state = await running.state();
      if (state.pending === 0 && state.trusted) return true;
      await delay(10);
    } while (performance.now() < deadline);
    return false;
  };

  return {
    name,
    link,
    get joined() {
      return joined;
    },
    join() {
      joined = true;
    },
    get running() {
      return running;
    },
    get restarting() {
      return restarting;
    },
    async use(use) {
      if (restarting) return undefined;
      const present = running;
      const task = use(present);
      underWay.add(task);
      try {
        const result = await task;
        return present === running ? result : undefined;
      } catch (error) {
        if (present !== running || restarting) return undefined;
        throw error;
      } finally {
        underWay.delete(task);
      }
    },
    async restart(between = async () => {}, how = 'close') {
      restarting = true;
      try {
        if (!(await isQuiet())) return false;
        await between();
        await (how === 'kill' && running.kill !== undefined ? running.kill() : running.close());
        joined = false;
        running = await start();
        return true;
      } finally {
        restarting = false;
      }
    },
    close: () => running.close(),
  };
}
