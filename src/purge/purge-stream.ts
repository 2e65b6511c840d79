import type { RedisClient } from '../redis-client.ts';
import type { Purge } from './selector.ts';
import {
  decodeEntry,
  encodeEntry,
  encodeFence,
  encodeMember,
  type Member,
  type StreamEntry,
} from './stream-entry.ts';
import { GENESIS_ID } from './stream-id.ts';

/** The stream that holds the log, through one connection. Every method rejects as the command does. */
export interface PurgeStream {
  /** Adds the genesis; nothing happens where the stream has held anything before. */
  begin(): Promise<void>;
  /**
   * Appends one entry, beginning the log where there is none; resolves with its id. `ack`: every replica
   * is to say that it has applied it.
   */
  append(token: string, purges: readonly Purge[], ack?: boolean): Promise<string>;
  /** Appends an entry that tells of a replica; as `append`. */
  tell(token: string, member: Member): Promise<string>;
  /** Adds a fence under this id, so that all later ids are higher; false: they are already. */
  fence(id: string): Promise<boolean>;
  /** At most `count` entries from this id on, itself included; `-`: from the first. */
  range(from: string, count: number): Promise<StreamEntry[]>;
  /** The highest id ever given out; undefined where there is no stream. */
  lastId(): Promise<string | undefined>;
  /** Removes about all entries before the newest of those that stand before this id. */
  forget(before: string): Promise<void>;
  /** Resolves as soon as there is an entry after this id, or after `ms` without one. */
  wait(after: string, ms: number): Promise<void>;
}

/** About how many entries Redis keeps. */
const MAX_ENTRIES = 100_000;

/** Requires Redis 6.2 or later, or Valkey (XADD NOMKSTREAM). `writer` names who begins a log. */
export function createPurgeStream(redis: RedisClient, key: string, writer: string): PurgeStream {
  const trim = ['MAXLEN', '~', MAX_ENTRIES] as const;

  /** XADD under an id of our choice; false where the stream is past it. */
  async function addAt(id: string, fields: readonly string[]): Promise<boolean> {
    try {
      await redis.xadd(key, ...trim, id, ...fields);
      return true;
    } catch (error) {
      if (error instanceof Error && error.message.includes('equal or smaller')) return false;
      throw error;
    }
  }

  async function append(fields: readonly string[]): Promise<string> {
    const add = () => redis.xadd(key, 'NOMKSTREAM', ...trim, '*', ...fields);
    let id = await add();
    if (id === null) {
      await stream.begin();
      id = await add();
    }
    if (id === null) throw new Error(`${key} is removed faster than it can be begun`);
    return id;
  }

  const stream: PurgeStream = {
    async begin() {
      await addAt(GENESIS_ID, encodeEntry(`${writer}:genesis`, []));
    },
    append: (token, purges, ack) => append(encodeEntry(token, purges, ack)),
    tell: (token, member) => append(encodeMember(token, member)),
    fence: (id) => addAt(id, encodeFence(`${writer}:fence`)),
    async range(from, count) {
      const entries = await redis.xrange(key, from, '+', 'COUNT', count);
      return entries.map(([id, pairs]) => decodeEntry(id, pairs));
    },
    async lastId() {
      let info: unknown;
      try {
        info = await redis.xinfo('STREAM', key);
      } catch (error) {
        if (error instanceof Error && error.message.includes('no such key')) return undefined;
        throw error;
      }
      const id = Array.isArray(info) ? info[info.indexOf('last-generated-id') + 1] : undefined;
      if (typeof id !== 'string') throw new Error(`unexpected answer to XINFO STREAM ${key}`);
      return id;
    },
    async forget(before) {
      const [last] = await redis.xrevrange(key, before, '-', 'COUNT', 1);
      if (last !== undefined) await redis.xtrim(key, 'MINID', '~', last[0]);
    },
    async wait(after, ms) {
      await redis.xread('COUNT', 1, 'BLOCK', ms, 'STREAMS', key, after);
    },
  };
  return stream;
}
