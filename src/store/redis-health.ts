import { Cluster } from 'ioredis';
import { createCircuitBreaker, failuresInARow } from '../circuit-breaker.ts';
import type { Clock } from '../clock.ts';
import { isReady, onChange, type RedisClient } from '../redis-client.ts';
import type { RemoteState } from './ports.ts';

export type RedisEvent =
  | {
      readonly kind: 'state';
      readonly from: RemoteState;
      readonly to: RemoteState;
      readonly reason: string | undefined;
    }
  /** Redis answered a command with this error (OOM, NOAUTH …); told once a minute per code. */
  | { readonly kind: 'refused'; readonly code: string; readonly message: string };

/** How a command failed; `refused` is an error reply: Redis is there, and said no. */
export type Failure =
  | { readonly kind: 'timeout' | 'lost' }
  | { readonly kind: 'refused'; readonly code: string };

/** Whether Redis may be asked: its connection and a circuit breaker in one state. */
export interface RedisHealth {
  readonly state: RemoteState;
  readonly errors: number;
  readonly timeouts: number;
  readonly reconnects: number;
  /** A command was answered. */
  succeeded(): void;
  /** Counts a failure and says what it was; does not touch the breaker. */
  classify(error: unknown): Failure;
  /** How many commands were answered so far. */
  readonly answered: number;
  /**
   * A command that says something about all commands failed; `answered` is that of when it was sent. A node
   * of a Cluster says little about the others: what fails at once because it is away costs nothing, and what
   * times out or is refused counts only where no node answered anything in the meantime.
   */
  failed(failure: Failure, answered: number): void;
  /** No more states, no more probes. */
  close(): void;
}

export interface RedisHealthOptions {
  readonly redis: RedisClient;
  readonly clock: Clock;
  /** The command that finds out whether Redis answers again. */
  readonly probe: () => Promise<unknown>;
  readonly log: ((event: RedisEvent) => void) | undefined;
}

/** Failures in a row after which Redis is not asked until a probe succeeds. */
const FAILURES = 5;
/** ms before the first probe, and the longest wait it doubles up to. */
const BACK_OFF = 500;
const MAX_BACK_OFF = 5_000;
/** ms between two reports of the same error code. */
const REFUSED_PAUSE = 60_000;

/** How many reasons for not getting a first connection are told. */
const REASONS = 5;

const BEGINNING: ReadonlySet<string> = new Set(['wait', 'connecting', 'connect', 'ready']);

/** Follows the events of a connection; probes by itself, so that no request waits to find out. */
export function watchRedis({ redis, clock, probe, log }: RedisHealthOptions): RedisHealth {
  const refusedAt = new Map<string, number>();
  let state: RemoteState = 'connecting';
  let connections = 0;
  let errors = 0;
  let timeouts = 0;
  let lastError: string | undefined;
  let timer: NodeJS.Timeout | undefined;
  let wasReady = false;
  let answered = 0;
  const isCluster = redis instanceof Cluster;

  /** Why it is down, as far as that was told and it was never ready: the first reason may be a lesser one. */
  const reasons = new Set<string>();

  const become = (to: RemoteState, reason?: string): void => {
    if (state === to || state === 'off') return;
    const from = state;
    state = to;
    if (reason !== undefined) reasons.add(reason);
    log?.({ kind: 'state', from, to, reason });
  };

  const stayDown = (reason: string): void => {
    if (connections > 0 || reasons.has(reason) || reasons.size >= REASONS) return;
    reasons.add(reason);
    log?.({ kind: 'state', from: 'down', to: 'down', reason });
  };

  const breaker = createCircuitBreaker({
    tripwire: failuresInARow(FAILURES),
    backOff: BACK_OFF,
    maxBackOff: MAX_BACK_OFF,
    now: clock.monotonic,
    onChange(now) {
      // Without a connection there is nothing to probe: a new one resets the breaker.
      if (!isReady(redis)) return;
      if (now === 'closed') become('ready');
      else become('degraded', lastError);
      if (now === 'open') scheduleProbe();
    },
  });

  const scheduleProbe = (): void => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      if (!isReady(redis)) return;
      if (!breaker.admits()) return scheduleProbe();
      probe().then(breaker.succeeded, (error: unknown) => {
        classify(error);
        breaker.failed();
      });
    }, Math.ceil(breaker.probeIn));
    timer.unref();
  };

  const classify = (error: unknown): Failure => {
    const { name, message } = error instanceof Error ? error : new Error(String(error));
    lastError = message;
    if (message === 'Command timed out') {
      timeouts++;
      return { kind: 'timeout' };
    }
    errors++;
    if (name !== 'ReplyError') return { kind: 'lost' };
    const code = message.split(' ', 1)[0] ?? '';
    const now = clock.monotonic();
    if (now - (refusedAt.get(code) ?? Number.NEGATIVE_INFINITY) >= REFUSED_PAUSE) {
      refusedAt.set(code, now);
      log?.({ kind: 'refused', code, message });
    }
    return { kind: 'refused', code };
  };

  onChange(redis, () => {
    if (isReady(redis)) {
      if (wasReady) return;
      wasReady = true;
      connections++;
      lastError = undefined;
      breaker.reset();
      become('ready');
    } else if (wasReady || !BEGINNING.has(redis.status)) {
      wasReady = false;
      clearTimeout(timer);
      become('down', lastError ?? 'connection closed');
    }
  });
  const note = ({ message }: Error): void => {
    lastError = message;
    // No connection closes while no Sentinel tells where one could lead.
    if (state === 'connecting') become('down', message);
    else if (state === 'down') stayDown(message);
  };
  redis.on('error', note);
  redis.on('node error', note);

  return {
    get state() {
      return state;
    },
    get errors() {
      return errors;
    },
    get timeouts() {
      return timeouts;
    },
    get reconnects() {
      return Math.max(0, connections - 1);
    },
    get answered() {
      return answered;
    },
    succeeded() {
      answered++;
      breaker.succeeded();
    },
    classify,
    failed({ kind }, answeredBefore) {
      if (isCluster && (kind === 'lost' || answered > answeredBefore)) return;
      breaker.failed();
    },
    close() {
      clearTimeout(timer);
      become('off');
    },
  };
}
