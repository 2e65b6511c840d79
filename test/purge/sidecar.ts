import { setTimeout as delay } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { type Clock, systemClock } from '../../src/clock.ts';
import { createPurgeIndex, type PurgeIndex } from '../../src/purge/purge-index.ts';
import { createRedisLog, type RedisLog } from '../../src/purge/redis-log.ts';
import type { Purge, PurgeVerdict } from '../../src/purge/selector.ts';
import { connectRedis } from '../../src/store/redis-connection.ts';
import { type RedisServer, startRedis } from '../fixtures/redis-server.ts';
import { stored } from './stored.ts';

/** Of the stream. */
export const KEY = 'test:purges';

export const tag = (name: string, soft = false): Purge => ({ selector: { kind: 'tag', tag: name }, soft });

/** The same by somebody's order. */
export function ordered(id: string, ...purges: readonly Purge[]): Purge[] {
  const orders = [{ id, by: 'deploy', at: Date.now() }];
  return purges.map((purge) => ({ ...purge, orders }));
}

/** Nobody goes away. */
export const { signal: FOREVER } = new AbortController();

/** What a test has for cleaning up after it. */
interface Teardown {
  teardown(end: () => unknown): unknown;
}

/** One sidecar's share of the log: its index, its connections, and what a response there would meet. */
export interface Sidecar {
  readonly log: RedisLog;
  readonly index: PurgeIndex;
  readonly names: string[];
  /** Resolves once the condition holds; looked at whenever the log reports something. */
  until(what: string, condition: () => boolean): Promise<void>;
  trusted(): Promise<void>;
  /** Verdict on a response with this tag that was stored in Redis as of a position. */
  fromRedis(tag: string, asOf: number): PurgeVerdict;
}

interface Options {
  readonly url: string;
  /** Where it appends, if not there. */
  readonly appendUrl?: string;
  readonly name: string;
  readonly commandTimeout?: number;
  /** For tests that start without Redis. */
  readonly unready?: boolean;
  readonly settle?: number;
  readonly lease?: number;
  readonly clock?: Clock;
  readonly onApplied?: (position: number) => void | Promise<void>;
  readonly onLag?: (ms: number) => void;
}

/** Starts following the log, and waits until it is trusted. */
export async function startSidecar(
  t: Teardown,
  {
    url,
    appendUrl = url,
    name,
    commandTimeout = 500,
    unready = false,
    settle = 0,
    clock = systemClock,
    lease = 5_000,
    onApplied = () => {},
    onLag = () => {},
  }: Options,
): Promise<Sidecar> {
  const index = createPurgeIndex();
  const waiting = new Set<() => void>();
  const changed = () => {
    for (const look of waiting) look();
  };
  const log = createRedisLog({
    index,
    open(role, waits) {
      const to = role === 'purge-append' ? appendUrl : url;
      return connectRedis({ url: to, connectTimeout: 500, ...waits }, `${name}-${role}`);
    },
    namespace: 'test',
    name: () => name,
    clock,
    lease,
    settle,
    commandTimeout,
    onState: changed,
    onLag,
    onApplied(position) {
      changed();
      return onApplied(position);
    },
  });
  t.teardown(() => log.close());
  const sidecar: Sidecar = {
    log,
    index,
    names: [`cacheside:${name}-purge-tail`, `cacheside:${name}-purge-append`],
    async until(what, condition) {
      const deadline = new AbortController();
      const held = new Promise<true>((resolve) => {
        const look = () => {
          if (condition()) resolve(true);
        };
        waiting.add(look);
        look();
      });
      const late = delay(8_000, false as const, { signal: deadline.signal }).catch(() => true as const);
      if (!(await Promise.race([held, late]))) throw new Error(`${name}: in vain waited for ${what}`);
      deadline.abort();
    },
    trusted: () => sidecar.until('trust', () => log.trusted),
    fromRedis: (name, asOf) => index.verdict(stored({ tags: [name], asOf })),
  };
  await log.start();
  if (!unready) await sidecar.trusted();
  return sidecar;
}

/** A Redis of its own, and a client to meddle with it. */
export async function startServer(t: Teardown): Promise<{ redis: RedisServer; client: Redis }> {
  const redis = await startRedis();
  const client = new Redis(redis.url, { retryStrategy: () => 20 });
  client.on('error', () => {});
  t.teardown(async () => {
    client.disconnect();
    redis.resume();
    await redis.kill();
  });
  return { redis, client };
}

/**
 * Takes the network from a sidecar, so far connected besides `others` connections: what it has is
 * closed and its attempts to come back meet a closed door, until the function returned is called.
 */
export async function cutOff(
  client: Redis,
  { names, log, until }: Sidecar,
  others: number,
): Promise<() => Promise<void>> {
  await client.config('SET', 'maxclients', others);
  const list = String(await client.client('LIST'));
  for (const line of list.split('\n')) {
    const [, id] = /\bid=(\d+)/.exec(line) ?? [];
    const [, name = ''] = /\bname=(\S*)/.exec(line) ?? [];
    if (id !== undefined && names.includes(name)) await client.client('KILL', 'ID', Number(id));
  }
  await until('the loss', () => !log.trusted);
  return async () => void (await client.config('SET', 'maxclients', 100));
}
