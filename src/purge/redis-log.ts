import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { isReady, onChange, retryDelay } from '../redis-client.ts';
import { createArrivals } from './arrivals.ts';
import { createLogAudience } from './log-audience.ts';
import { connect, disconnect, whenReady } from './log-connection.ts';
import { createLogTail } from './log-tail.ts';
import { createLogTrim } from './log-trim.ts';
import { type Batch, createPendingPurges } from './pending-purges.ts';
import { createPurgeHistory } from './purge-history.ts';
import type { PurgeLedger } from './purge-ledger.ts';
import type { PurgeLog, Receipt } from './purge-log.ts';
import { createPurgeStream } from './purge-stream.ts';
import { createRecentPurges } from './recent-purges.ts';
import { DEFAULTS, type RedisLogOptions } from './redis-log-options.ts';
import { createReplicaHash } from './replica-reports.ts';
import { compareIds, msOf, positionOf } from './stream-id.ts';
import { within } from './within.ts';

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

/**
 * The purge log in a Redis stream: one connection appends, another one follows it. Purges that Redis
 * cannot confirm are kept, applied here, and appended again before the log is `trusted` again.
 */
export function createRedisLog(options: RedisLogOptions): RedisLog {
  const { index, open, namespace, clock, lease, history: keep, commandTimeout } = { ...DEFAULTS, ...options };
  const { settle = Math.max(lease, 5_000), onState, onApplied, onLag } = { ...DEFAULTS, ...options };
  const key = `${namespace}:purges`;
  const writer = randomUUID();
  const { name = () => writer.slice(0, 8) } = options;
  const commands = open('purge-append', { commandTimeout, socketTimeout: 2 * commandTimeout });
  const block = Math.ceil(Math.min(BLOCK, lease / 4));
  const patience = block + commandTimeout;
  const reader = open('purge-tail', { commandTimeout: patience, socketTimeout: patience });

  const history = createPurgeHistory();
  const pending = createPendingPurges(index, history, writer);
  const appends = createPurgeStream(commands, key, writer);
  const trim = createLogTrim(appends, keep, clock);
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
    history,
    onLag,
  });
  const { registry } = audience;
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
      if (tail.cursor !== undefined) registry.advance(tail.cursor, done);
      arrivals.advance();
    },
    async atEnd() {
      if (await registry.join(asked, (member) => read.tell(`${writer}:member`, member))) return 'appended';
      return (await registry.prove(asked)) ? 'proven' : 'unproven';
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
    const purges = batch.held.map(({ purge }) => purge);
    const sent = clock.monotonic();
    try {
      const id = await appends.append(batch.token, purges, batch.ack);
      audience.redisClock.appended(sent, clock.monotonic(), msOf(id));
      // The log has been rewound: at this position the purge would not count for all that is stored.
      if (!batch.seen && compareIds(id, tail.highest) <= 0) throw new Error('the log has been rewound');
      pending.confirm(batch, positionOf(id));
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
        arrivals.advance();
        failures = 0;
        if (stopping.signal.aborted) break;
        setCaughtUp(true);
        void track(replay());
        firstAttempt();
        await tail.wait(block);
      } catch {
        setCaughtUp(false);
        firstAttempt();
        await delay(retryDelay(++failures), undefined, { signal: stopping.signal }).catch(() => {});
      }
    }
  }

  /**
   * Appended is what was read back. An old master that does not know yet that it is none takes appends as well,
   * and nobody else will ever read them.
   */
  async function receiptOf(batch: Batch): Promise<Receipt> {
    await send(batch);
    await arrivals.until(() => stopping.signal.aborted || !pending.isOpen(batch), commandTimeout);
    const { seen, position } = batch;
    return seen && position !== undefined ? { kind: 'appended', position } : { kind: 'pending' };
  }

  async function close(): Promise<void> {
    stopping.abort();
    disconnect(reader);
    arrivals.advance();
    firstAttempt();
    await Promise.all([following, ...underWay]);
    await registry.leave((member) => appends.tell(`${writer}:member`, member));
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
    registry.back();
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
      // Once closed, nothing is read back any more: Redis has what it confirmed.
      return stopping.signal.aborted ? pending.unconfirmed : pending.unseen;
    },
    ledger: audience.ledger,
    append(purges, { ack = false } = {}): Promise<Receipt> {
      const batch = pending.begin(purges, ack);
      announce();
      return track(receiptOf(batch));
    },
    reached: arrivals.reached,
    async start(withinMs = 1_000) {
      if (following !== undefined) return;
      const attempted = new Promise<void>((resolve) => {
        firstAttempt = resolve;
      });
      for (const redis of [reader, commands]) connect(redis);
      following = follow();
      registry.start();
      await within(withinMs, attempted);
    },
    close() {
      closed ??= close();
      return closed;
    },
  };
}
