import { setTimeout as delay } from 'node:timers/promises';
import { Cluster } from 'ioredis';
import type { Clock } from '../clock.ts';
import { isReady, onChange, type RedisClient } from '../redis-client.ts';
import { arrived } from './arrival.ts';
import type { RemoteFind, RemoteState, RemoteStats, RemoteTier } from './ports.ts';
import { decodeStored } from './redis-codec.ts';
import { createCommands } from './redis-commands.ts';
import { type RedisEvent, watchRedis } from './redis-health.ts';
import { redisKey } from './redis-key.ts';
import { watchLevels } from './redis-levels.ts';
import { createRedisWriter } from './redis-writer.ts';
import { createSilence } from './silence.ts';
import { authenticator, checksum } from './value-check.ts';

export interface RedisTierOptions {
  /** Made by connectRedis and not connected yet; the tier connects and closes it. */
  readonly redis: RedisClient;
  /** First part of every Redis key. */
  readonly namespace: string;
  /** Bytes of one body; larger ones are not written. */
  readonly maxValue: number;
  /** Commands under way beyond which reads answer `unavailable` and writes are dropped. */
  readonly maxInFlight: number;
  /** As the connection has it; ms. */
  readonly commandTimeout: number;
  /** Authenticate values where others write to the same Redis, the first what is written; without one a checksum tells accidents. */
  readonly hmacKeys?: readonly string[];
  readonly clock: Clock;
  /** Told once per change, never per command. Must not throw. */
  readonly log?: (event: RedisEvent) => void;
}

/** The share of the command time-out after which a Redis that answers nothing at all counts as silent. */
const SILENT_SHARE = 1 / 2;

/** Enough for some of them to lie at a node that lives. */
const PROBES = ['', '1', '2', '3', '4', '5', '6', '7'];

const ABSENT: RemoteFind = { kind: 'absent' };
const UNAVAILABLE: RemoteFind = { kind: 'unavailable' };
const UNASKED: Promise<RemoteFind> = Promise.resolve(UNAVAILABLE);

/** A GET that has not left yet, for all who want to know the same. */
interface Look {
  lookups: number;
  answer: Promise<RemoteFind>;
}

/**
 * The Redis tier. Every command names a single key. Commands of one turn of the event loop go out in one
 * write, and who looks for a key that is about to be asked for, or to be written, shares that. Whatever
 * Redis answers or fails to answer becomes a value and a count.
 */
export function createRedisTier(options: RedisTierOptions): RemoteTier {
  const { redis, namespace, maxValue, maxInFlight, commandTimeout, hmacKeys = [], clock, log } = options;
  const check = hmacKeys.length === 0 ? checksum : authenticator(hmacKeys);
  const counts = { hits: 0, misses: 0, corrupt: 0, dropped: 0 };
  let closing = false;
  // Who comes while others wait for a Redis that has fallen silent does not wait with them.
  const silence = createSilence(commandTimeout * SILENT_SHARE, clock);
  let looks = new Map<string, Look>();
  // A new one: a cleared Map's table points at the next, and the first to grow old keeps them all.
  const forget = (): void => {
    looks = new Map();
  };
  const commands = createCommands(redis, commandTimeout, silence, forget);

  /** Keys of many slots: a Cluster is asked again as soon as one of its nodes answers. */
  const probe = async (): Promise<void> => {
    const names = redis instanceof Cluster ? PROBES : PROBES.slice(0, 1);
    const asked = await Promise.allSettled(
      names.map((nth) => commands.send('get', [`${namespace}:probe${nth}`])),
    );
    const [first] = asked;
    if (asked.every(({ status }) => status === 'rejected') && first?.status === 'rejected')
      throw first.reason;
  };

  const health = watchRedis({ redis, clock, log, probe });

  const server = watchLevels(redis);

  const state = (): RemoteState => (health.state === 'ready' && silence.now ? 'degraded' : health.state);

  const admits = (more: number): boolean => {
    if (state() !== 'ready' || closing) return false;
    if (commands.underWay + writer.gathered + more <= maxInFlight) return true;
    counts.dropped += more;
    return false;
  };

  const writer = createRedisWriter({ commands, health, namespace, check, maxValue, admits, clock });

  /** `look` undefined: it is to leave no trace. */
  const ask = async (key: string, look: Look | undefined): Promise<RemoteFind> => {
    const { answered } = health;
    let value: unknown;
    try {
      value = await commands.send('get', [redisKey(namespace, key)]);
    } catch (error) {
      const failure = health.classify(error);
      // What stands there is of another type: nothing of ours, and a SET replaces it.
      if (failure.kind === 'refused' && failure.code === 'WRONGTYPE') {
        counts.misses += look?.lookups ?? 0;
        return ABSENT;
      }
      health.failed(failure, answered);
      return UNAVAILABLE;
    }
    health.succeeded();
    const stored = Buffer.isBuffer(value) ? decodeStored(value, key, check) : undefined;
    if (stored !== undefined) {
      counts.hits += look?.lookups ?? 0;
      return { kind: 'found', stored: arrived(stored, clock.now(), clock.setBack ?? 0) };
    }
    counts.misses += look?.lookups ?? 0;
    if (value !== null && look !== undefined) {
      counts.corrupt++;
      writer.delete(key);
    }
    return ABSENT;
  };

  const find = (key: string): Promise<RemoteFind> => {
    const write = writer.glance(key);
    if (write !== undefined) {
      counts[write.stored === undefined ? 'misses' : 'hits']++;
      return Promise.resolve(write.stored === undefined ? ABSENT : { kind: 'found', stored: write.stored });
    }
    const same = looks.get(key);
    if (same !== undefined) {
      same.lookups++;
      return same.answer;
    }
    const look: Look = { lookups: 1, answer: UNASKED };
    looks.set(key, look);
    look.answer = ask(key, look);
    return look.answer;
  };

  return {
    get state() {
      return state();
    },

    find: (key) => (admits(1) ? find(key) : Promise.resolve(UNAVAILABLE)),

    glance(key) {
      if (state() !== 'ready' || closing) return UNASKED;
      const write = writer.glance(key);
      if (write === undefined) return ask(key, undefined);
      return Promise.resolve(write.stored === undefined ? ABSENT : { kind: 'found', stored: write.stored });
    },

    findMany(keys) {
      if (!admits(keys.length)) return Promise.resolve(keys.map(() => UNAVAILABLE));
      return Promise.all(keys.map(find));
    },

    put: writer.put,
    delete: writer.delete,
    written: writer.written,

    stats(): RemoteStats {
      const { errors, timeouts, reconnects } = health;
      const { sets, deletes } = writer.counts;
      const dropped = counts.dropped + writer.counts.dropped;
      const inFlight = commands.underWay + writer.gathered;
      const written = { sets, deletes, dropped, inFlight, bytesInFlight: writer.bytesInFlight };
      return { ...server.levels, ...counts, ...written, state: state(), errors, timeouts, reconnects };
    },

    async connect(withinMs) {
      const waiting = new AbortController();
      const stop = onChange(redis, () => isReady(redis) && waiting.abort());
      // Its rejection is that of the first attempt; others follow by themselves.
      redis.connect().catch(() => {});
      await delay(withinMs, undefined, { signal: waiting.signal }).catch(() => {});
      stop();
    },

    async close() {
      closing = true;
      await writer.written();
      // Each command ends by itself within its time-out.
      while (commands.underWay > 0) await delay(2);
      health.close();
      server.stop();
      if (redis.status === 'ready') await redis.quit().catch(() => {});
      redis.disconnect();
    },
  };
}
