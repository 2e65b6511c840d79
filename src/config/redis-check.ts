import { readRedisUrl } from '../redis-url.ts';
import type { RedisConfig } from './config.ts';
import type { Report } from './problems.ts';

/** What the URL of Redis and the keys beside it say against each other. */
export function checkRedis({ url, sentinelPassword }: RedisConfig, report: Report): void {
  const read = readRedisUrl(url);
  if ('problem' in read || sentinelPassword === undefined || read.value.kind === 'sentinel') return;
  report(
    ['redis', 'sentinel-password'],
    'is that of Sentinels, and the URL names none – remove it, or write `url: redis-sentinel://host:26379/MASTER`',
    'key',
  );
}
