import type { Logger } from 'pino';
import type { Clock } from '../clock.ts';
import type { RedisConfig } from '../config/config.ts';
import type { RedisClient } from '../redis-client.ts';
import type { RemoteTier } from '../store/ports.ts';
import { connectRedis } from '../store/redis-connection.ts';
import type { RedisEvent } from '../store/redis-health.ts';
import { createRedisTier } from '../store/redis-tier.ts';

/** How long a start waits for Redis before requests are answered without; ms. */
export const REDIS_AT_START = 500;

/** The Redis tier and the connection that it commands; `tier.close()` closes both. */
export interface RedisParts {
  readonly tier: RemoteTier;
  /** For what else talks to Redis beside the tier: connects, reconnects and closes with it. */
  readonly client: RedisClient;
}

/** The Redis tier, whose changes of state are logged, with its connection. */
export function openRedisTier(settings: RedisConfig, log: Logger, clock: Clock): RedisParts {
  const { namespace, maxValue, maxInFlight, commandTimeout, hmacKeys } = settings;
  let closing = false;
  const tell = (event: RedisEvent) => {
    const isGood = event.kind === 'state' && (closing || event.to === 'ready' || event.to === 'connecting');
    log[isGood ? 'info' : 'warn'](
      { redis: event },
      event.kind === 'state' ? `redis: ${event.to}` : 'redis refused a command',
    );
  };
  const client = connectRedis(settings, 'tier');
  const tier = createRedisTier({
    redis: client,
    namespace,
    maxValue,
    maxInFlight,
    commandTimeout,
    hmacKeys,
    clock,
    log: tell,
  });
  return {
    client,
    tier: {
      ...tier,
      get state() {
        return tier.state;
      },
      close() {
        closing = true;
        return tier.close();
      },
    },
  };
}
