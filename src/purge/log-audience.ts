import type { Clock } from '../clock.ts';
import { createLineage } from './lineage.ts';
import { createPurgeHistory, type PurgeHistory } from './purge-history.ts';
import type { PurgeLedger } from './purge-ledger.ts';
import { createRedisClock, type RedisClock } from './redis-clock.ts';
import type { ReplicaHash } from './replica-hash.ts';
import { createReplicaLedger } from './replica-ledger.ts';
import { createReplicaRegistry } from './replica-registry.ts';
import type { Cursor } from './replica-report.ts';
import { createRoster } from './replica-roster.ts';
import type { Member, StreamEntry } from './stream-entry.ts';
import { msOf, positionOf } from './stream-id.ts';

/** Who reads the log, how far they are, and what was asked for in it. Told of all that goes on by the log. */
export interface LogAudience {
  readonly ledger: PurgeLedger;
  readonly history: PurgeHistory;
  readonly redisClock: RedisClock;
  /** An entry was applied. */
  entry(entry: StreamEntry): void;
  gap(gap: 'trimmed' | 'lost'): void;
  /** See `ReplicaRegistry.advance`. */
  advance(cursor: Cursor, done: void | Promise<void>): void;
  /** See `ReplicaRegistry.join`. */
  join(hash: ReplicaHash, tell: (member: Member) => Promise<string>): Promise<boolean>;
  /** The end of the log was seen, after `silence` ms without; Infinity: for the first time. */
  caughtUp(silence: number): void;
  start(): void;
  /** See `ReplicaRegistry.back`. */
  back(): void;
  leave(tell: (member: Member) => Promise<string>): Promise<void>;
}

export interface LogAudienceParts {
  /** Of this process, never of another one. */
  readonly own: string;
  readonly name: () => string;
  readonly hash: () => ReplicaHash | undefined;
  readonly clock: Clock;
  /** ms */
  readonly lease: number;
  /** See RedisLogOptions. */
  readonly settle: number;
  readonly isTrusted: () => boolean;
  readonly pending: () => ReadonlySet<string>;
  /** From the append to here, ms; of purges alone, and not of those that were there before we came. */
  readonly onLag: (ms: number) => void;
}

export function createLogAudience(parts: LogAudienceParts): LogAudience {
  const { own, name, hash, clock, lease, settle, isTrusted, pending, onLag } = parts;
  const history = createPurgeHistory();
  const lineage = createLineage();
  const redisClock = createRedisClock(clock);
  /** Monotonic ms since which the log was followed without a gap; undefined while it is not. */
  let steadySince: number | undefined;
  let isLive = false;

  const unsettled = () => {
    if (steadySince === undefined || !isTrusted()) return Number.POSITIVE_INFINITY;
    return Math.max(0, steadySince + settle - clock.monotonic());
  };
  const registry = createReplicaRegistry({
    own,
    name,
    roster: createRoster(own, clock),
    hash,
    clock,
    redisClock,
    lease,
    patience: settle,
    isSteady: () => unsettled() === 0,
  });

  return {
    ledger: createReplicaLedger({ history, registry, lineage, clock, pending, unsettled }),
    history,
    redisClock,
    entry(entry) {
      const { id, token, purges } = entry;
      const ms = msOf(id);
      redisClock.read(ms);
      lineage.note(id, token);
      for (const purge of purges) history.read(purge, positionOf(id));
      registry.heard(entry);
      if (isLive && purges.length > 0) onLag(Math.max(0, redisClock.now() - ms));
    },
    gap(gap) {
      steadySince = undefined;
      isLive = false;
      registry.rejoin(gap === 'lost');
      if (gap === 'trimmed') return;
      lineage.clear();
      history.beginAgain();
    },
    advance: registry.advance,
    join: registry.join,
    caughtUp(silence) {
      isLive = true;
      // Whoever was heard of last that long ago may be gone by now, and others may have come.
      if (steadySince === undefined || silence > lease) steadySince = clock.monotonic();
    },
    start: registry.start,
    back: registry.back,
    leave: registry.leave,
  };
}
