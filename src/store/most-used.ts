import type { RedisClient } from './redis-connection.ts';
import { createUseCounter } from './use-counter.ts';

export interface MostUsedOptions {
  /** Connected and closed by others. */
  readonly redis: RedisClient;
  /** First part of the keys `{namespace}:used` and `{namespace}:used:decay`, without the braces. */
  readonly namespace: string;
  /** How many keys Redis remembers; the least used beyond are forgotten. */
  readonly bound: number;
  /** Whether Redis can be asked now. */
  readonly isReady: () => boolean;
  /** ms between two reports, give or take a half; 30,000 where left out. */
  readonly interval?: number;
  /** ms after which a use counts half; 600,000 where left out. */
  readonly halfLife?: number;
}

/** Which keys of the tiers all replicas use most, remembered in Redis. */
export interface MostUsed {
  /** Counts one use, in this process for now; synchronous and cheap. */
  sample(key: string): void;
  /** Tells Redis of the keys counted here. Nothing waits for a Redis that is away. Never rejects. */
  report(): Promise<void>;
  /** How many keys are remembered. Rejects as commands do. */
  count(): Promise<number>;
  /** Up to `count` keys from this rank on, most used first. Rejects as commands do. */
  list(from: number, count: number): Promise<string[]>;
  /** A last report; then none. Never rejects. */
  close(): Promise<void>;
}

/** Keys told apart between two reports, and the longest one that is counted: 2 MiB at most. */
const MAX_KEYS = 2_000;
const MAX_KEY_LENGTH = 1_024;

/** Keys of one report; the others are counted on until they are among the most used. */
const REPORTED = 256;

const INTERVAL = 30_000;
const HALF_LIFE = 10 * 60_000;

/** A key whose uses have decayed to less is forgotten: a single sample within an hour. */
const FORGOTTEN = 0.02;

/** A namespace that nobody uses any more is forgotten as a whole; ms. */
const EXPIRY = 7 * 24 * 60 * 60_000;

/**
 * A sorted set that every replica adds to, a few hundred keys at a time, in one write. Whoever takes
 * the decay key halves all scores. Each pipeline names a single key, as a Cluster wants it.
 */
export function rememberMostUsed(options: MostUsedOptions): MostUsed {
  const { redis, namespace, bound, isReady, interval = INTERVAL, halfLife = HALF_LIFE } = options;
  const set = `${namespace}:used`;
  const counter = createUseCounter(MAX_KEYS);
  let reporting: Promise<void> | undefined;
  let timer: NodeJS.Timeout | undefined;

  const decay = async (): Promise<void> => {
    if ((await redis.set(`${set}:decay`, '1', 'PX', halfLife, 'NX')) === null) return;
    // The set is a new one, without the expiry of the old: what is added next gives it that again.
    const halving = redis.pipeline().zunionstore(set, 1, set, 'WEIGHTS', 0.5);
    await halving.zremrangebyscore(set, '-inf', FORGOTTEN).exec();
  };

  const send = async (): Promise<void> => {
    if (!isReady()) return;
    const used = counter.take(REPORTED);
    if (used.length === 0) return;
    try {
      await decay();
      const adding = redis.pipeline();
      for (const [key, uses] of used) adding.zincrby(set, uses, key);
      await adding
        .zremrangebyrank(set, 0, -bound - 1)
        .pexpire(set, EXPIRY)
        .exec();
    } catch {
      // Counts are lost, and what is used goes on being counted.
    }
  };

  const report = (): Promise<void> => {
    reporting ??= send().finally(() => {
      reporting = undefined;
    });
    return reporting;
  };

  const schedule = (): void => {
    timer = setTimeout(
      () => {
        void report();
        schedule();
      },
      interval * (0.5 + Math.random()),
    );
    timer.unref();
  };
  schedule();

  return {
    sample(key) {
      if (key.length <= MAX_KEY_LENGTH) counter.add(key);
    },
    report,
    count: () => redis.zcard(set),
    list: (from, count) => redis.zrevrange(set, from, from + count - 1),
    async close() {
      clearTimeout(timer);
      await reporting;
      await report();
    },
  };
}
