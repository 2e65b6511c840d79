import type { Clock } from '../clock.ts';
import type { PurgeHistory } from './purge-history.ts';
import type { PurgeLedger } from './purge-ledger.ts';
import { createRedisClock, type RedisClock } from './redis-clock.ts';
import { createReplicaLedger } from './replica-ledger.ts';
import { createReplicaRegistry, type ReplicaRegistry } from './replica-registry.ts';
import type { ReplicaHash } from './replica-reports.ts';
import { createRoster } from './replica-roster.ts';
import type { StreamEntry } from './stream-entry.ts';
import { msOf } from './stream-id.ts';

/**
 * All who read the log, from here: who they are and how far (registry), and what they have applied (ledger). Hears
 * from the log what it reads, and whether it can be followed.
 */
export interface LogAudience {
  readonly ledger: PurgeLedger;
  readonly registry: ReplicaRegistry;
  readonly redisClock: RedisClock;
  /** An entry was applied. */
  entry(entry: StreamEntry): void;
  gap(gap: 'trimmed' | 'lost'): void;
  /** The end of the log was seen, after `silence` ms without; Infinity: for the first time. */
  caughtUp(silence: number): void;
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
  readonly history: PurgeHistory;
  /** From the append to here, ms; of purges alone, and not of those that were there before we came. */
  readonly onLag: (ms: number) => void;
}

export function createLogAudience(parts: LogAudienceParts): LogAudience {
  const { own, name, hash, clock, lease, settle, isTrusted, history, onLag } = parts;
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

  const ledger = createReplicaLedger({ history, registry, clock, unsettled });

  return {
    ledger,
    registry,
    redisClock,
    entry(entry) {
      const ms = msOf(entry.id);
      redisClock.read(ms);
      ledger.read(entry);
      registry.heard(entry);
      if (isLive && entry.purges.length > 0) onLag(Math.max(0, redisClock.now() - ms));
    },
    gap(gap) {
      steadySince = undefined;
      isLive = false;
      registry.rejoin(gap === 'lost');
      if (gap === 'lost') ledger.beginAgain();
    },
    caughtUp(silence) {
      isLive = true;
      // Whoever was heard of last that long ago may be gone by now, and others may have come.
      if (steadySince === undefined || silence > lease) steadySince = clock.monotonic();
    },
  };
}
