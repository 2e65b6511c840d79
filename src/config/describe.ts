import type { Config, RedisConfig } from './config.ts';

/** The effective configuration as plain JSON; tokens and passwords are masked. Durations ms, sizes bytes. */
export function describeConfig(config: Config): unknown {
  const { redis, admin, routeLines: _, ...rest } = config;
  return JSON.parse(
    JSON.stringify(
      {
        ...rest,
        upstream: { ...config.upstream, ca: config.upstream.ca === undefined ? undefined : '(set)' },
        admin: { ...admin, tokens: admin.tokens.map(({ name, scopes }) => ({ name, scopes, token: '***' })) },
        redis: redis === undefined ? null : maskedRedis(redis),
      },
      plain,
    ),
  );
}

function maskedRedis({ url, sentinelPassword, hmacKeys, ...rest }: RedisConfig) {
  return {
    ...rest,
    url: url.replace(/\/\/[^/]*@/, '//***@'),
    sentinelPassword: sentinelPassword === undefined ? undefined : '***',
    hmacKeys: hmacKeys.map(() => '***'),
  };
}

function plain(_key: string, value: unknown): unknown {
  if (value instanceof Map) return Object.fromEntries(value);
  return value instanceof Set ? [...value] : value;
}
