import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { createArrivals } from './arrivals.ts';
import { createLogAudience } from './log-audience.ts';
import { backOff, connect, disconnect, isReady, onChange, whenReady } from './log-connection.ts';
import { createLogTail } from './log-tail.ts';
import { createLogTrim } from './log-trim.ts';
import { type Batch, createPendingPurges } from './pending-purges.ts';
import type { PurgeLedger } from './purge-ledger.ts';
import type { PurgeLog, Receipt } from './purge-log.ts';
import { createPurgeStream } from './purge-stream.ts';
import { createRecentPurges } from './recent-purges.ts';
import type { RedisLogOptions } from './redis-log-options.ts';
import { createReplicaHash } from './replica-hash.ts';
import { compareIds, msOf, positionOf } from './stream-id.ts';

export interface RedisLog extends PurgeLog {
  readonly ledger: PurgeLedger;
  /**
   * Starts following the log. Resolves once it was read to its end, the first attempt to connect
   * failed or `withinMs` passed, whichever is first; it goes on in any case. Never rejects.
   */
  start(withinMs?: number): Promise<void>;
}

/** How long one blocking read waits at most, ms; a wake-up comes at once, so this only paces the checks. */
const BLOCK = 1_000;
const WEEK = 7 * 24 * 60 * 60_000;

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
    history = WEEK,
    commandTimeout = 1_000,
    settle = Math.max(lease, 5_000),
    onState = () => {},
    onApplied = () => {},
    onLag = () => {},
  } = options;
  const key = `${namespace}:purges`;
  const writer = randomUUID();
  const { name = () => writer.slice(0, 8) } = options;
  const commands = open('purge-append', { commandTimeout, socketTimeout: 2 * commandTimeout });
  const block = Math.ceil(Math.min(BLOCK, lease / 4));
  const patience = block + commandTimeout;
  const reader = open('purge-tail', { commandTimeout: patience, socketTimeout: patience });

  const pending = createPendingPurges(index, writer);
  const appends = createPurgeStream(commands, key, writer);
  const trim = createLogTrim(appends, history, clock);
  const stopping = new AbortController();
  const underWay = new Set<Promise<unknown>>();
  let caughtUp = false;
  let replaying = false;
  let announced = false;
  let following: Promise<void> | undefined;
  let closed: Promise<void> | undefined;
  let firstAttempt: () => void = () => {};

  const told = createReplicaHash(commands, `${namespace}:replicas`);
  const audience = createLogAudience({
    own: writer,
    name,
    hash: () => (isReady(commands) ? told : undefined),
    clock,
    lease,
    settle,
    isTrusted,
    pending: pending.orders,
    onLag,
  });
  const read = createPurgeStream(reader, key, writer);
  const asked = createReplicaHash(reader, `${namespace}:replicas`);
  const tail = createLogTail({
    stream: read,
    index,
    pending,
    recent: createRecentPurges(),
    clock,
    onGap(gap) {
      setCaughtUp(false);
      audience.gap(gap);
    },
    onEntry: audience.entry,
    onApplied(position) {
      const done = onApplied(position);
      if (tail.cursor !== undefined) audience.advance(tail.cursor, done);
      arrivals.advance(position);
    },
    atEnd: () => audience.join(asked, (member) => read.tell(`${writer}:member`, member)),
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
    const purges = batch.held.map(({ purge }) => purge);
    const sent = clock.monotonic();
    try {
      const id = await appends.append(batch.token, purges, batch.ack);
      audience.redisClock.appended(sent, clock.monotonic(), msOf(id));
      // The log has been rewound: at this position the purge would not count for all that is stored.
      if (!batch.seen && compareIds(id, tail.highest) <= 0) throw new Error('the log has been rewound');
      const position = positionOf(id);
      pending.confirm(batch, position);
      for (const purge of purges) audience.history.confirm(purge, position);
      void track(trim(id));
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
        const before = tail.confirmedAt;
        await tail.drain();
        audience.caughtUp(tail.confirmedAt - before);
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
    await audience.leave((member) => appends.tell(`${writer}:member`, member));
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
    if (!isReady(commands)) return;
    audience.back();
    void track(replay());
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
    ledger: audience.ledger,
    async append(purges, { ack = false } = {}): Promise<Receipt> {
      audience.history.take(purges);
      const batch = pending.begin(purges, ack);
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
      audience.start();
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
