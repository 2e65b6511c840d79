import { z } from 'zod';
import type { Parsed } from './parsed.ts';
import { count, list, plainName, scalar, section, size, text, timeout, yesNo } from './scalar.ts';
import { key, optional, orOff } from './setting.ts';
import { parseRedisUrl } from './url.ts';

const hmacKey = scalar(
  (value): Parsed<string> =>
    value.length >= 16 ? { value } : { problem: 'is too short to be a secret – use 16 characters or more' },
);

const hmacKeys = z.union(
  [
    hmacKey,
    list(hmacKey)
      .min(1, 'is empty – give it a key, or remove it')
      .max(8, 'has more than 8 keys – remove the oldest'),
  ],
  { error: 'expected a key, or a list of keys – write `hmac-key: [NEW, OLD]`' },
);

const warmStart = z.union(
  [
    yesNo,
    section({
      keys: key(count(1, 100_000), 'Most responses fetched.', 1000),
      within: key(timeout, 'After this long it is ready all the same.', '5s'),
    }),
  ],
  { error: 'expected true, false, or keys and values – write `warm-start: {keys: 1000, within: 5s}`' },
);

/** The section `redis`. */
export const redis = z.union(
  [
    orOff(parseRedisUrl, { examples: ['off', 'redis://127.0.0.1:6379'] }),
    section({
      url: orOff(parseRedisUrl, {
        examples: [
          'redis://127.0.0.1:6379',
          'rediss://user:password@redis.example.org:6380/0',
          'redis-sentinel://10.0.0.1:26379,10.0.0.2:26379/shop',
          'redis-cluster://10.0.0.1:7000,10.0.0.2:7000',
          'off',
        ],
      }).meta({
        description:
          '`redis://[user:password@]host[:port][/database]`, `redis-sentinel://[user:password@]host[:port],…/MASTER[/database]` or `redis-cluster://[user:password@]host[:port],…`; `rediss` instead of `redis` for TLS, and `valkey` or `valkeys` likewise; `off`: no Redis tier.',
      }),
      namespace: key(
        plainName('a namespace', 'cacheside'),
        'First part of every Redis key. Services that share a Redis need one each: the key of a response names its host, not the service behind it.',
        'cacheside',
      ),
      'connect-timeout': key(timeout, 'For a connection.', '1s'),
      'command-timeout': key(
        timeout,
        'For one command; after it the request goes on without Redis, and after half of it whoever comes while Redis answers nothing at all.',
        '250ms',
      ),
      'max-value': key(size('1KiB', '512MiB'), 'Larger values stay in memory only.', '1MiB'),
      'max-in-flight': key(
        count(1, 1_000_000),
        'Commands in flight beyond which reads miss and writes are dropped.',
        1000,
      ),
      'sentinel-password': optional(
        text,
        "The Sentinels' own password; the one in the URL is that of the Redis behind them.",
      ),
      'hmac-key': optional(
        hmacKeys,
        'Authenticates stored values where Redis is shared with others: what was not written with this key is a miss. Of a list the first writes and all are read, so that a key can be replaced: `[NEW, OLD]`.',
      ),
      'warm-start': key(
        warmStart,
        'Whether the most used responses are fetched into memory at start, before `/readyz` says ready: true, false, or a section.',
        false,
      ),
    }),
  ],
  { error: 'expected a URL, `off`, or keys and values – write `redis: redis://127.0.0.1:6379`' },
);
