import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Clock } from '../clock.ts';
import { createArrivals } from './arrivals.ts';
import {
  backOff,
  connect,
  disconnect,
  isReady,
  type OpenRedis,
  onChange,
  whenReady,
} from './log-connection.ts';
import { createLogTail } from './log-tail.ts';
import { type Batch, createPendingPurges } from './pending-purges.ts';
import type { PurgeIndex } from './purge-index.ts';
import type { PurgeLog, Receipt } from './purge-log.ts';
import { createPurgeStream } from './purge-stream.ts';
import { createRecentPurges } from './recent-purges.ts';
import { compareIds, positionOf } from './stream-id.ts';

export interface RedisLogOptions {
  readonly index: PurgeIndex;
  readonly open: OpenRedis;
  /** First part of the stream's key, `{namespace}:purges` without the braces. */
  readonly namespace: string;
  readonly clock: Clock;
  /**
   * How long purges may go unheard, ms: the end of the log is looked for several times within it. 5,000
   * where left out.
   */
  readonly lease?: number;
  /** How long Redis may take to confirm an append or to answer a read; ms, 1,000 where left out. */
  readonly commandTimeout?: number;
  /** Told whenever `trusted` changes. Must not throw. */
  readonly onState?: (trusted: boolean) => void;
  /** Told when entries of the log, own ones too, were applied up to this position. Must not throw. */
  readonly onApplied?: (position: number) => void;
}

export interface RedisLog extends PurgeLog {
  /**
   * Starts following the log. Resolves once it was read to its end, the first attempt to connect
   * failed or `withinMs` passed, whichever is first; it goes on in any case. Never rejects.
   */
  start(withinMs?: number): Promise<void>;
}

/** How long one blocking read waits at most, ms; a wake-up comes at once, so this only paces the checks. */
const BLOCK = 1_000;

/**
 * The purge log in a Redis stream: one connection appends, another one follows it. Purges that Redis
 * cannot confirm are kept, applied here, and appended again before the log is `trusted` again.
 */
export function createRedisLog(options: RedisLogOptions): RedisLog {
  const {
    index,
    open,
    namespace,
    clock,
    lease = 5_000,
    commandTimeout = 1_000,
    onState = () => {},
    onApplied = () => {},
  } = options;
  const key = `${namespace}:purges`;
  const writer = randomUUID();
  const commands = open('purge-append', { commandTimeout, socketTimeout: 2 * commandTimeout });
  const block = Math.ceil(Math.min(BLOCK, lease / 4));
  const patience = block + commandTimeout;
  const reader = open('purge-tail', { commandTimeout: patience, socketTimeout: patience });

  const pending = createPendingPurges(index, writer);
  const appends = createPurgeStream(commands, key, writer);
  const stopping = new AbortController();
  const underWay = new Set<Promise<unknown>>();
  let caughtUp = false;
  let replaying = false;
  let announced = false;
  let following: Promise<void> | undefined;
  let closed: Promise<void> | undefined;
  let firstAttempt: () => void = () => {};

  const tail = createLogTail({
    stream: createPurgeStream(reader, key, writer),
    index,
    pending,
    recent: createRecentPurges(),
    clock,
    onGap: () => setCaughtUp(false),
    onApplied(position) {
      onApplied(position);
      arrivals.advance(position);
    },
  });

  const arrivals = createArrivals(() => tail.applied);

  function isTrusted(): boolean {
    const complete = caughtUp && !replaying && pending.deferred === 0;
    return complete && isReady(reader) && isReady(commands);
  }

  function announce(): void {
    const trusted = isTrusted();
    if (trusted === announced) return;
    announced = trusted;
    onState(trusted);
  }

  function setCaughtUp(now: boolean): void {
    caughtUp = now;
    announce();
  }

  /** Resolves with the position, or undefined where Redis did not confirm: the batch is deferred then. */
  async function send(batch: Batch): Promise<number | undefined> {
    try {
      const id = await appends.append(
        batch.token,
        batch.held.map(({ purge }) => purge),
      );
      // The log has been rewound: at this position the purge would not count for all that is stored.
      if (!batch.seen && compareIds(id, tail.highest) <= 0) throw new Error('the log has been rewound');
      pending.confirm(batch, positionOf(id));
    } catch {
      pending.fail(batch);
    }
    announce();
    return batch.position;
  }

  /** Appends what is deferred, oldest first, until one fails. */
  async function replay(): Promise<void> {
    if (replaying) return;
    replaying = true;
    while (caughtUp && !stopping.signal.aborted && isReady(commands)) {
      const batch = pending.takeDeferred();
      if (batch === undefined || (await send(batch)) === undefined) break;
    }
    replaying = false;
    announce();
  }

  async function follow(): Promise<void> {
    let failures = 0;
    while (!stopping.signal.aborted) {
      try {
        await whenReady(reader, stopping.signal);
        await tail.drain();
        failures = 0;
        if (stopping.signal.aborted) break;
        setCaughtUp(true);
        void track(replay());
        firstAttempt();
        await tail.wait(block);
      } catch {
        setCaughtUp(false);
        firstAttempt();
        await delay(backOff(failures++), undefined, { signal: stopping.signal }).catch(() => {});
      }
    }
  }

  async function close(): Promise<void> {
    stopping.abort();
    disconnect(reader);
    firstAttempt();
    await Promise.all([following, ...underWay]);
    disconnect(commands);
  }

  function track<T>(promise: Promise<T>): Promise<T> {
    underWay.add(promise);
    void promise.finally(() => underWay.delete(promise));
    return promise;
  }

  onChange(reader, () => {
    if (isReady(reader)) return;
    setCaughtUp(false);
    firstAttempt();
  });
  onChange(commands, () => {
    announce();
    if (isReady(commands)) void track(replay());
  });

  return {
    get applied() {
      return tail.applied;
    },
    get trusted() {
      return isTrusted();
    },
    get confirmedAt() {
      return tail.confirmedAt;
    },
    get pending() {
      return pending.unconfirmed;
    },
    async append(purges): Promise<Receipt> {
      const batch = pending.begin(purges);
      announce();
      const position = await track(send(batch));
      return position === undefined ? { kind: 'pending' } : { kind: 'appended', position };
    },
    reached: arrivals.reached,
    async start(withinMs = 1_000) {
      if (following !== undefined) return;
      const attempted = new Promise<void>((resolve) => {
        firstAttempt = resolve;
      });
      for (const redis of [reader, commands]) connect(redis);
      following = follow();
      const timer = new AbortController();
      await Promise.race([attempted, delay(withinMs, undefined, { signal: timer.signal }).catch(() => {})]);
      timer.abort();
    },
    close() {
      closed ??= close();
      return closed;
    },
  };
}
