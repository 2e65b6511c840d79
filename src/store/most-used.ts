import type { RedisClient } from '../redis-client.ts';
import { createUseCounter } from './use-counter.ts';

export interface MostUsedOptions {
  /** Connected and closed by others. */
  readonly redis: RedisClient;
  /** First part of the keys, `{namespace}:used:…` without the braces. */
  readonly namespace: string;
  /** How many keys Redis remembers; the least used beyond are forgotten. */
  readonly bound: number;
  /** Whether Redis can be asked now. */
  readonly isReady: () => boolean;
  /** ms between two reports, give or take a half; 30,000 where left out. */
  readonly interval?: number;
  /** ms since the epoch, the same for all replicas; Redis's own clock where left out. */
  readonly time?: () => Promise<number>;
}

/** Which keys of the tiers all replicas use most, remembered in Redis. */
export interface MostUsed {
  /** Counts so many uses, one where left out, in this process for now; synchronous and cheap. */
  sample(key: string, uses?: number): void;
  /** Tells Redis of the keys counted here. Nothing waits for a Redis that is away. Never rejects. */
  report(): Promise<void>;
  /** About how many keys are remembered. Rejects as commands do. */
  count(): Promise<number>;
  /** The keys, a thousand at a time, most used first; a key may come twice. Rejects as commands do. */
  pages(): AsyncGenerator<string[], void>;
  /** A last report; then none. Never rejects. */
  close(): Promise<void>;
}

/** Keys told apart between two reports, and the longest one that is counted: 2 MiB at most. */
const MAX_KEYS = 2_000;
const MAX_KEY_LENGTH = 1_024;

/** Keys of one report; the others are counted on until they are among the most used. */
const REPORTED = 256;

const INTERVAL = 30_000;

/** ms after which a use counts half. */
const HALF_LIFE = 10 * 60_000;

/** Each set takes the uses of so many ms: 2^576 is what one counts at the end, which a double has room for. */
const SPAN = 4 * 24 * 60 * 60_000;

/** Keys of one page. */
const PAGE = 1_000;

/**
 * A sorted set that every replica adds to, a few hundred keys at a time, in one write. Uses fade by
 * weighing later ones more, the double every ten minutes: halving all scores instead holds up Redis,
 * 31 ms for 40,000 keys and 0.7 s for 400,000. Every four days another set begins, and the one before
 * is asked after it. Each pipeline names a single key, as a Cluster wants it.
 */
export function rememberMostUsed(options: MostUsedOptions): MostUsed {
  const { redis, namespace, bound, isReady, interval = INTERVAL } = options;
  const counter = createUseCounter(MAX_KEYS);
  let reporting: Promise<void> | undefined;
  let timer: NodeJS.Timeout | undefined;

  const time =
    options.time ??
    (async () => {
      const [seconds = 0] = await redis.time();
      return Number(seconds) * 1_000;
    });
  const setOf = (span: number): string => `${namespace}:used:${span}`;

  const send = async (): Promise<void> => {
    if (!isReady()) return;
    const used = counter.take(REPORTED);
    if (used.length === 0) return;
    try {
      const now = await time();
      const span = Math.floor(now / SPAN);
      const set = setOf(span);
      const weight = 2 ** ((now - span * SPAN) / HALF_LIFE);
      const adding = redis.pipeline();
      for (const [key, uses] of used) adding.zincrby(set, uses * weight, key);
      adding.zremrangebyrank(set, 0, -bound - 1).pexpire(set, 2 * SPAN);
      await adding.exec();
    } catch {
      // Counts are lost, and what is used goes on being counted.
    }
  };

  /** Of now, and the one before. */
  const sets = async (): Promise<string[]> => {
    const span = Math.floor((await time()) / SPAN);
    return [setOf(span), setOf(span - 1)];
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
    sample(key, uses) {
      if (key.length <= MAX_KEY_LENGTH) counter.add(key, uses);
    },
    report,
    async count() {
      const counts = await Promise.all((await sets()).map((set) => redis.zcard(set)));
      return Math.max(...counts);
    },
    async *pages() {
      for (const set of await sets()) {
        for (let from = 0, page: string[]; ; from += PAGE) {
          page = await redis.zrevrange(set, from, from + PAGE - 1);
          yield page;
          if (page.length < PAGE) break;
        }
      }
    },
    async close() {
      clearTimeout(timer);
      await reporting;
      await report();
    },
  };
}
