import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import { createLogTail } from './log-tail.ts';
import { type Batch, createPendingPurges } from './pending-purges.ts';
import type { PurgeIndex } from './purge-index.ts';
import type { PurgeLog, Receipt } from './purge-log.ts';
import { createPurgeStream } from './purge-stream.ts';
import { createRecentPurges } from './recent-purges.ts';
import { compareIds, positionOf } from './stream-id.ts';

/** Time-outs of a connection, ms: of one command, and of a silence with commands under way. */
export interface Waits {
  readonly commandTimeout: number;
  readonly socketTimeout: number;
}

/**
 * Makes a connection (named by `role`) that reconnects for good, with back-off and jitter, and
 * neither queues commands while it is down nor repeats them by itself: that is done here, once it is
 * known what the log holds.
 */
export type OpenRedis = (role: string, waits: Waits) => Redis;

export interface RedisLogOptions {
  readonly index: PurgeIndex;
  readonly open: OpenRedis;
  /** First part of the stream's key, `{namespace}:purges` without the braces. */
  readonly namespace: string;
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

/** How long one blocking read waits; a wake-up comes at once, so this only paces the checks. */
const BLOCK = 1_000;
const MAX_BACKOFF = 2_000;

/**
 * The purge log in a Redis stream: one connection appends, another one follows it. Purges that Redis
 * cannot confirm are kept, applied here, and appended again before the log is `trusted` again.
 */
export function createRedisLog(options: RedisLogOptions): RedisLog {
  const {
    index,
    open,
    namespace,
    commandTimeout = 1_000,
    onState = () => {},
    onApplied = () => {},
  } = options;
  const key = `${namespace}:purges`;
  const writer = randomUUID();
  const commands = open('purge-append', { commandTimeout, socketTimeout: 2 * commandTimeout });
  const patience = BLOCK + commandTimeout;
  const reader = open('purge-tail', { commandTimeout: patience, socketTimeout: patience });

  const pending = createPendingPurges(index, writer);
  const appends = createPurgeStream(commands, key, writer);
  const stopping = new AbortController();
  const underWay = new Set<Promise<unknown>>();
  const waiting = new Set<() => void>();
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
    onGap: () => setCaughtUp(false),
    onApplied(position) {
      onApplied(position);
      for (const look of waiting) look();
    },
  });

  function isTrusted(): boolean {
    const complete = caughtUp && !replaying && pending.deferred === 0;
    return complete && reader.status === 'ready' && commands.status === 'ready';
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
    while (caughtUp && !stopping.signal.aborted && commands.status === 'ready') {
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
        await tail.wait(BLOCK);
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

  reader.on('close', () => {
    setCaughtUp(false);
    firstAttempt();
  });
  commands.on('close', announce);
  commands.on('ready', () => {
    announce();
    void track(replay());
  });

  return {
    get applied() {
      return tail.applied;
    },
    get trusted() {
      return isTrusted();
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
    async reached(position, within) {
      if (tail.applied >= position) return true;
      let look = () => {};
      const reached = new Promise<true>((resolve) => {
        look = () => {
          if (tail.applied >= position) resolve(true);
        };
        waiting.add(look);
      });
      const patience = new AbortController();
      const late = delay(within, false as const, { signal: patience.signal }).catch(() => false as const);
      const answer = await Promise.race([reached, late]);
      patience.abort();
      waiting.delete(look);
      return answer;
    },
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

/** Opens a connection that was made lazily, or had given up. */
function connect(redis: Redis): void {
  if (redis.status === 'wait' || redis.status === 'end') redis.connect().catch(() => {});
}

/** Without waiting for the other side, which may have stopped answering. */
function disconnect(redis: Redis): void {
  redis.disconnect();
  redis.stream?.destroy();
}

/** Resolves once the connection can take commands, or with the signal. */
function whenReady(redis: Redis, signal: AbortSignal): Promise<void> {
  if (redis.status === 'ready' || signal.aborted) return Promise.resolve();
  connect(redis);
  return new Promise((resolve) => {
    const done = () => {
      redis.off('ready', done);
      signal.removeEventListener('abort', done);
      resolve();
    };
    redis.once('ready', done);
    signal.addEventListener('abort', done, { once: true });
  });
}

/** Doubling from 50 ms, halved at random; ms. */
function backOff(failures: number): number {
  const full = Math.min(MAX_BACKOFF, 50 * 2 ** Math.min(failures, 10));
  return full / 2 + (Math.random() * full) / 2;
}
