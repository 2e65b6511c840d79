import type { Logger } from 'pino';
import type { Clock } from '../clock.ts';
import type { RedisConfig } from '../config/config.ts';
import type { RemoteTier } from '../store/ports.ts';
import { connectRedis } from '../store/redis-connection.ts';
import type { RedisEvent } from '../store/redis-health.ts';
import { createRedisTier } from '../store/redis-tier.ts';

/** The Redis tier, whose changes of state are logged. */
export function openRedisTier(settings: RedisConfig, log: Logger, clock: Clock): RemoteTier {
  const { namespace, maxValue, maxInFlight } = settings;
  let closing = false;
  const tell = (event: RedisEvent) => {
    const isGood = event.kind === 'state' && (closing || event.to === 'ready' || event.to === 'connecting');
    log[isGood ? 'info' : 'warn'](
      { redis: event },
      event.kind === 'state' ? `redis: ${event.to}` : 'redis refused a command',
    );
  };
  const redis = connectRedis(settings, 'tier');
  const tier = createRedisTier({ redis, namespace, maxValue, maxInFlight, clock, log: tell });
  return {
    ...tier,
    get state() {
      return tier.state;
    },
    close() {
      closing = true;
      return tier.close();
    },
  };
}
