import type { Logger } from 'pino';
import type { Clock } from '../clock.ts';
import type { RedisConfig } from '../config/config.ts';
import type { KeyLocks } from '../store/ports.ts';
import { createRedisLocks } from '../store/redis-lock.ts';
import type { RedisParts } from './redis-parts.ts';

/** The locks that `collapse: replicas` works by. They cost nothing until a route uses them, after a reload perhaps. */
export function openLocks(
  { namespace }: RedisConfig,
  { client, tier }: RedisParts,
  log: Logger,
  clock: Clock,
  trusted: () => boolean,
): KeyLocks {
  return createRedisLocks({
    redis: client,
    namespace,
    available: () => tier.state === 'ready' && trusted(),
    written: () => tier.written(),
    clock,
    onRefused: (error) =>
      log.warn(
        // Of the error itself the command is part, and so the key.
        { why: error.message },
        'redis refuses the locks of `collapse: replicas`: replicas fetch for themselves',
      ),
  });
}
