import { randomUUID } from 'node:crypto';

import type { Clock } from '../clock.ts';
import type { RedisClient } from '../redis-client.ts';
import { placeOf } from './lookup.ts';
import type { KeyLock, KeyLocks, LockMark, LockState } from './ports.ts';
import { redisKey } from './redis-key.ts';

export interface RedisLocksOptions {
  /** The tier's connection. */
  readonly redis: RedisClient;
  readonly namespace: string;
  /** False while Redis must not be asked. */
  readonly available: () => boolean;
  /** See RemoteTier. */
  readonly written: () => Promise<void>;
  readonly clock: Clock;
  /** Told when Redis does not allow a command of the locks. Must not throw. */
  readonly onRefused?: (error: Error) => void;
  /** How long a lock outlives the process that holds it; ms. */
  readonly lease?: number;
}

const LEASE = 1_000;
/** A lock is extended this often within a lease. */
const EXTENSIONS = 3;
/** Redis is left alone for so long where a command fails, and where it may not be given; ms. */
const PAUSE = 1_000;
const FORBIDDEN_PAUSE = 30_000;
/** Refusals that no waiting ends. All others (READONLY, LOADING, CLUSTERDOWN …) are over after a while. */
const FORBIDDEN = /^(?:NOPERM|NOAUTH|WRONGPASS|ERR unknown command)/;

const MARKS: ReadonlySet<string> = new Set<LockMark>(['not-storable', 'not-shared']);

/* Only who holds a lock may change it: by now it may be another's. One key each, as a Cluster wants it. */
const ifMine = (command: string) =>
  `if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call(${command}) end return 0`;
const EXTEND = ifMine("'PEXPIRE', KEYS[1], ARGV[2]");
const RELEASE = ifMine("'DEL', KEYS[1]");
const MARK = ifMine("'SET', KEYS[1], ARGV[2], 'PX', ARGV[3]");

const FREE: LockState = { kind: 'free' };
const UNAVAILABLE: LockState = { kind: 'unavailable' };

/**
 * Locks in Redis. A value is the token of who holds the lock, or a mark; either runs out by itself, so that
 * no clock of one machine is compared with that of another. Locks save requests and do no more: whatever
 * fails leaves each replica to itself.
 */
export function createRedisLocks(options: RedisLocksOptions): KeyLocks {
  const { redis, namespace, available, written, clock, onRefused, lease = LEASE } = options;
  let askAgainAt = 0;

  const askable = (): boolean => available() && clock.monotonic() >= askAgainAt;

  const failed = (error: unknown): void => {
    const { message } = error instanceof Error ? error : new Error(String(error));
    // What stands under this one name is nobody's lock.
    if (message.startsWith('WRONGTYPE')) return;
    const isForbidden = FORBIDDEN.test(message);
    askAgainAt = clock.monotonic() + (isForbidden ? FORBIDDEN_PAUSE : PAUSE);
    if (isForbidden) onRefused?.(new Error(message));
  };

  /** Asks Redis; `otherwise` where that fails or must not be. */
  const ask = async <T, E>(command: () => Promise<T>, otherwise: E): Promise<T | E> => {
    if (!askable()) return otherwise;
    try {
      return await command();
    } catch (error) {
      failed(error);
      return otherwise;
    }
  };

  const look = (key: string): Promise<LockState> =>
    ask(async () => stateOf(await redis.get(lockKey(namespace, key))), UNAVAILABLE);

  const keepUp = (name: string, token: string): KeyLock => {
    let left = EXTENSIONS;
    const extend = async (): Promise<void> => {
      const isMine = await ask(() => redis.eval(EXTEND, 1, name, token, lease), undefined);
      left = isMine === 1 ? EXTENSIONS : left - 1;
      // Another's by now, or run out while Redis was silent: for good, a token is never set twice.
      if (isMine === 0 || left === 0) clearInterval(timer);
    };
    const timer = setInterval(extend, lease / EXTENSIONS);
    timer.unref();
    return {
      release() {
        clearInterval(timer);
        void ask(() => redis.eval(RELEASE, 1, name, token), undefined);
      },
      mark(mark, duration) {
        clearInterval(timer);
        void ask(() => redis.eval(MARK, 1, name, token, mark, duration), undefined);
      },
    };
  };

  return {
    look,

    async take(key) {
      const name = lockKey(namespace, key);
      const token = randomUUID();
      const answer = await ask(() => redis.set(name, token, 'PX', lease, 'NX'), UNAVAILABLE);
      if (answer === UNAVAILABLE) return UNAVAILABLE;
      return answer === null ? look(key) : { kind: 'taken', lock: keepUp(name, token) };
    },

    async isShared(stored) {
      await written();
      if (stored === undefined) return true;
      return (await ask(() => redis.exists(redisKey(namespace, placeOf(stored))), 1)) === 1;
    },
  };
}

function stateOf(value: string | null): LockState {
  if (value === null) return FREE;
  return isMark(value) ? { kind: 'marked', mark: value } : { kind: 'held', by: value };
}

function isMark(value: string): value is LockMark {
  return MARKS.has(value);
}

/** The Redis key of a flight's lock: as that of a tier key, in a place of its own. */
export function lockKey(namespace: string, key: string): string {
  return `${namespace}:l:${redisKey('', key).slice(':r:'.length)}`;
}
