import type { Test } from 'tap';
import { systemClock } from '../../src/clock.ts';
import type { RemoteState, RemoteTier } from '../../src/store/ports.ts';
import { connectRedis } from '../../src/store/redis-connection.ts';
import type { RedisEvent } from '../../src/store/redis-health.ts';
import { createRedisTier } from '../../src/store/redis-tier.ts';
import { eventually } from '../fixtures/eventually.ts';
import { storedResponse } from './stored-samples.ts';

export const NAMESPACE = 'test';

export interface Setting {
  /** ms. */
  readonly commandTimeout?: number;
  readonly maxInFlight?: number;
  readonly hmacKeys?: readonly string[];
  readonly sentinelPassword?: string;
}

/** A tier of its own with the events it told of, closed in the teardown. */
export function tierOn(
  t: Test,
  url: string,
  { commandTimeout = 1_000, maxInFlight = 100, hmacKeys = [], sentinelPassword }: Setting = {},
) {
  const events: RedisEvent[] = [];
  const waiting: (() => void)[] = [];
  const client = connectRedis({ url, sentinelPassword, connectTimeout: 1_000, commandTimeout }, 'tier');
  const tier = createRedisTier({
    redis: client,
    namespace: NAMESPACE,
    maxValue: 100_000,
    maxInFlight,
    commandTimeout,
    hmacKeys,
    clock: systemClock,
    log: (event) => {
      events.push(event);
      for (const wake of waiting.splice(0)) wake();
    },
  });
  t.teardown(() => tier.close());
  const reaches = async (state: RemoteState) => {
    while (tier.state !== state) await new Promise<void>((resolve) => waiting.push(resolve));
  };
  return { tier, client, events, reaches };
}

/** Puts, and waits until Redis has answered. */
export async function put(tier: RemoteTier, key: string, until = Date.now() + 60_000): Promise<boolean> {
  const { sets, errors } = tier.stats();
  const taken = tier.put(key, storedResponse({ key }), until);
  if (taken) await eventually(() => tier.stats().sets > sets || tier.stats().errors > errors);
  return taken;
}

/** ms. */
export async function elapsed(work: Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work;
  return performance.now() - start;
}
