import type { Clock } from '../clock.ts';
import { isResponse, type Stored } from '../policy/stored-response.ts';
import { encodeStored } from './redis-codec.ts';
import type { RedisCommands } from './redis-commands.ts';
import type { RedisHealth } from './redis-health.ts';
import { redisKey } from './redis-key.ts';
import { sizeOf } from './stored-size.ts';
import type { ValueCheck } from './value-check.ts';

export interface RedisWriterOptions {
  readonly commands: RedisCommands;
  readonly health: RedisHealth;
  readonly namespace: string;
  readonly check: ValueCheck;
  /** Bytes of one body; larger ones are not written. */
  readonly maxValue: number;
  /** Whether one more command may be sent; counts it as dropped where not. */
  readonly admits: (commands: number) => boolean;
  readonly clock: Clock;
}

/** A write that is gathered. */
interface GatheredWrite {
  readonly key: string;
  /** Undefined: the key is deleted. */
  readonly stored: Stored | undefined;
  readonly uselessAfter: number;
  readonly bytes: number;
}

/** Gathers writes and sends them after the tick, so that no client waits for their encoding. */
export interface RedisWriter {
  /** As those of RemoteTier. */
  put(key: string, stored: Stored, uselessAfter: number): boolean;
  delete(key: string): void;
  written(): Promise<void>;
  /** The last write gathered for this key: it was not sent yet, and a GET would find what stood there before it. */
  glance(key: string): GatheredWrite | undefined;
  readonly gathered: number;
  /** Of writes gathered and under way. */
  readonly bytesInFlight: number;
  /** `dropped`: too large, or too many bytes on their way. */
  readonly counts: { readonly sets: number; readonly deletes: number; readonly dropped: number };
}

/** Bytes on their way to Redis beyond which writes are dropped, however few they are. */
const MAX_BYTES_IN_FLIGHT = 32 * 1024 * 1024;

export function createRedisWriter(options: RedisWriterOptions): RedisWriter {
  const { commands, health, namespace, check, maxValue, admits, clock } = options;
  const counts = { sets: 0, deletes: 0, dropped: 0 };
  let bytesInFlight = 0;
  let writes: GatheredWrite[] = [];
  let latest = new Map<string, GatheredWrite>();
  let flushing: NodeJS.Immediate | undefined;
  /** One for each flush, until its last write was answered or failed. */
  const batches = new Set<Promise<unknown>>();

  const gather = (write: GatheredWrite): boolean => {
    if (!admits(1)) return false;
    bytesInFlight += write.bytes;
    writes.push(write);
    latest.set(write.key, write);
    flushing ??= setImmediate(flush);
    return true;
  };

  const flush = (): void => {
    flushing = undefined;
    if (writes.length === 0) return;
    const batch = writes;
    writes = [];
    latest = new Map();
    const sent = Promise.all(batch.map(send));
    batches.add(sent);
    void sent.then(() => batches.delete(sent));
  };

  const send = async ({ key, stored, uselessAfter, bytes }: GatheredWrite): Promise<void> => {
    const name = redisKey(namespace, key);
    const { answered } = health;
    try {
      if (stored === undefined) {
        await commands.send('unlink', [name]);
        counts.deletes++;
      } else {
        // At least 1 ms: it may have run out since it was gathered, and PX 0 is an error.
        const expiry = Math.max(1, Math.floor(uselessAfter - clock.now()));
        await commands.send('set', [name, encodeStored(key, stored, check), 'PX', expiry]);
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

  return {
    counts,
    get gathered() {
      return writes.length;
    },
    get bytesInFlight() {
      return bytesInFlight;
    },

    glance: (key) => latest.get(key),

    put(key, stored, uselessAfter) {
      if (uselessAfter - clock.now() < 1) return false;
      const bytes = sizeOf(key, stored);
      const fits = !isResponse(stored) || stored.body.byteLength <= maxValue;
      if (fits && bytesInFlight + bytes <= MAX_BYTES_IN_FLIGHT) {
        return gather({ key, stored, uselessAfter, bytes });
      }
      counts.dropped++;
      return false;
    },

    delete(key) {
      gather({ key, stored: undefined, uselessAfter: 0, bytes: 0 });
    },

    async written() {
      clearImmediate(flushing);
      flush();
      await Promise.all(batches);
    },
  };
}
