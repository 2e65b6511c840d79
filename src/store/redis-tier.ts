import { createHash } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { Cluster } from 'ioredis';
import type { Clock } from '../clock.ts';
import { isResponse, type Stored } from '../policy/stored-response.ts';
import { isReady, onChange, type RedisClient } from '../redis-client.ts';
import type { RemoteFind, RemoteState, RemoteStats, RemoteTier } from './ports.ts';
import { decodeStored, encodeStored } from './redis-codec.ts';
import { createCork } from './redis-cork.ts';
import { type RedisEvent, watchRedis } from './redis-health.ts';
import { watchLevels } from './redis-levels.ts';
import { createSilence } from './silence.ts';
import { sizeOf } from './stored-size.ts';
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
  /** Authenticates values where others write to the same Redis; without it a checksum tells accidents. */
  readonly hmacKey?: string | undefined;
  readonly clock: Clock;
  /** Told once per change, never per command. Must not throw. */
  readonly log?: (event: RedisEvent) => void;
}

/** Bytes on their way to Redis beyond which writes are dropped, however few they are. */
const MAX_BYTES_IN_FLIGHT = 32 * 1024 * 1024;
/** The share of the command time-out after which a Redis that answers nothing at all counts as silent. */
const SILENT_SHARE = 1 / 2;
/** Keys up to this many characters are readable in Redis; longer ones are digested. */
const MAX_READABLE = 256;

/** Enough for some of them to lie at a node that lives. */
const PROBES = ['', '1', '2', '3', '4', '5', '6', '7'];

const ABSENT: RemoteFind = { kind: 'absent' };
const UNAVAILABLE: RemoteFind = { kind: 'unavailable' };

interface Write {
  readonly key: string;
  /** Undefined: the key is deleted. */
  readonly stored: Stored | undefined;
  readonly uselessAfter: number;
  readonly bytes: number;
}

/**
 * The Redis tier. Every command names a single key. Reads of one tick go out in one write; writes are
 * gathered and sent after the tick, so that no client waits for their encoding. Whatever Redis answers
 * or fails to answer becomes a value and a count.
 */
export function createRedisTier(options: RedisTierOptions): RemoteTier {
  const { redis, namespace, maxValue, maxInFlight, commandTimeout, hmacKey, clock, log } = options;
  const check = hmacKey === undefined ? checksum : authenticator(hmacKey);
  const counts = { hits: 0, misses: 0, sets: 0, deletes: 0, corrupt: 0, dropped: 0 };
  let closing = false;
  // Who comes while others wait for a Redis that has fallen silent does not wait with them.
  const silence = createSilence(commandTimeout * SILENT_SHARE, clock);
  /** Of writes gathered and under way. */
  let bytesInFlight = 0;
  let writes: Write[] = [];
  let flushing: NodeJS.Immediate | undefined;
  /** One for each flush, until its last write was answered or failed. */
  const batches = new Set<Promise<unknown>>();

  const cork = createCork(redis);
  const get = (name: string): Promise<Buffer | null> => {
    cork();
    return silence.follow(redis.getBuffer(name));
  };

  /** Keys of many slots: a Cluster is asked again as soon as one of its nodes answers. */
  const probe = async (): Promise<void> => {
    const names = redis instanceof Cluster ? PROBES : PROBES.slice(0, 1);
    const asked = await Promise.allSettled(names.map((nth) => get(`${namespace}:probe${nth}`)));
    const [first] = asked;
    if (asked.every(({ status }) => status === 'rejected') && first?.status === 'rejected')
      throw first.reason;
  };

  const health = watchRedis({ redis, clock, log, probe });

  const server = watchLevels(redis);

  const state = (): RemoteState => (health.state === 'ready' && silence.now ? 'degraded' : health.state);

  const admits = (commands: number): boolean => {
    if (state() !== 'ready' || closing) return false;
    if (silence.underWay + writes.length + commands <= maxInFlight) return true;
    counts.dropped += commands;
    return false;
  };

  const ask = async (key: string): Promise<RemoteFind> => {
    const { answered } = health;
    let value: Buffer | null;
    try {
      value = await get(redisKey(namespace, key));
    } catch (error) {
      const failure = health.classify(error);
      // What stands there is of another type: nothing of ours, and a SET replaces it.
      if (failure.kind === 'refused' && failure.code === 'WRONGTYPE') {
        counts.misses++;
        return ABSENT;
      }
      health.failed(failure, answered);
      return UNAVAILABLE;
    }
    health.succeeded();
    const stored = value === null ? undefined : decodeStored(value, key, check);
    if (stored !== undefined) {
      counts.hits++;
      return { kind: 'found', stored };
    }
    counts.misses++;
    if (value !== null) {
      counts.corrupt++;
      gather({ key, stored: undefined, uselessAfter: 0, bytes: 0 });
    }
    return ABSENT;
  };

  const gather = (write: Write): boolean => {
    if (!admits(1)) return false;
    writes.push(write);
    bytesInFlight += write.bytes;
    flushing ??= setImmediate(flush);
    return true;
  };

  const flush = (): void => {
    flushing = undefined;
    const batch = writes;
    writes = [];
    if (batch.length === 0) return;
    cork();
    const sent = Promise.all(batch.map(send));
    batches.add(sent);
    void sent.then(() => batches.delete(sent));
  };

  const written = async (): Promise<void> => {
    clearImmediate(flushing);
    flush();
    await Promise.all(batches);
  };

  const send = async ({ key, stored, uselessAfter, bytes }: Write): Promise<void> => {
    const name = redisKey(namespace, key);
    const { answered } = health;
    try {
      if (stored === undefined) {
        await silence.follow(redis.unlink(name));
        counts.deletes++;
      } else {
        // At least 1 ms: it may have run out since it was gathered, and PX 0 is an error.
        const expiry = Math.max(1, Math.floor(uselessAfter - clock.now()));
        await silence.follow(redis.set(name, encodeStored(key, stored, check), 'PX', expiry));
        counts.sets++;
      }
    } catch (error) {
      // A refused write (OOM, READONLY) says nothing about reads; one that is not answered does.
      const failure = health.classify(error);
      if (failure.kind !== 'refused') health.failed(failure, answered);
    } finally {
      bytesInFlight -= bytes;
    }
  };

  const put = (key: string, stored: Stored, uselessAfter: number): boolean => {
    if (uselessAfter - clock.now() < 1) return false;
    const bytes = sizeOf(key, stored);
    const fits = !isResponse(stored) || stored.body.byteLength <= maxValue;
    if (fits && bytesInFlight + bytes <= MAX_BYTES_IN_FLIGHT) {
      return gather({ key, stored, uselessAfter, bytes });
    }
    counts.dropped++;
    return false;
  };

  return {
    get state() {
      return state();
    },

    find: (key) => (admits(1) ? ask(key) : Promise.resolve(UNAVAILABLE)),

    findMany(keys) {
      if (!admits(keys.length)) return Promise.resolve(keys.map(() => UNAVAILABLE));
      return Promise.all(keys.map(ask));
    },

    put,

    delete(key) {
      gather({ key, stored: undefined, uselessAfter: 0, bytes: 0 });
    },

    written,

    stats(): RemoteStats {
      const { errors, timeouts, reconnects } = health;
      const underWay = { inFlight: silence.underWay + writes.length, bytesInFlight };
      return { ...server.levels, ...counts, ...underWay, state: state(), errors, timeouts, reconnects };
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
      await written();
      // Each command ends by itself within its time-out.
      while (silence.underWay > 0) await delay(2);
      health.close();
      server.stop();
      if (redis.status === 'ready') await redis.quit().catch(() => {});
      redis.disconnect();
    },
  };
}

/** The Redis key of a tier key. The full key stands in the value and is compared when it is read. */
export function redisKey(namespace: string, key: string): string {
  if (key.length <= MAX_READABLE) return `${namespace}:r:${key}`;
  return `${namespace}:r:sha256:${createHash('sha256').update(key).digest('hex')}`;
}
