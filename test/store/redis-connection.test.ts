import t from 'tap';
import { OperatorError } from '../../src/errors.ts';
import { retryDelay } from '../../src/redis-client.ts';
import { connectRedis } from '../../src/store/redis-connection.ts';
import { startRedis } from '../fixtures/redis-server.ts';

const timeouts = { connectTimeout: 1_000, commandTimeout: 500 };

const urls = [
  { id: 'host alone', given: 'redis://cache', expect: { host: 'cache', port: 6379, db: 0 } },
  { id: 'port and db', given: 'redis://cache:7000/2', expect: { host: 'cache', port: 7000, db: 2 } },
  { id: 'IPv6', given: 'redis://[::1]:7000', expect: { host: '::1', port: 7000 } },
  { id: 'user', given: 'redis://me:p%2Fw@h', expect: { username: 'me', password: 'p/w' } },
  { id: 'password alone', given: 'redis://:pw@h', expect: { username: null, password: 'pw' } },
  { id: 'TLS', given: 'rediss://h', expect: { tls: { servername: 'h' } } },
  { id: 'valkey', given: 'valkey://h:1', expect: { host: 'h', port: 1 } },
  {
    id: 'Sentinels over TLS',
    given: 'rediss-sentinel://me:pw@a,b:2/shop/1',
    expect: {
      sentinels: [
        { host: 'a', port: 26379 },
        { host: 'b', port: 2 },
      ],
      name: 'shop',
      db: 1,
      username: 'me',
      password: 'pw',
      sentinelPassword: 'theirs',
      tls: {},
      sentinelTLS: {},
      enableTLSForSentinelMode: true,
    },
  },
];
for (const { id, given, expect } of urls) {
  t.test(`URL: ${id}`, async (t) => {
    const redis = connectRedis({ url: given, sentinelPassword: 'theirs', ...timeouts }, 'test');
    t.teardown(() => redis.disconnect());
    t.match(redis.options, expect);
    t.match(redis.options, {
      enableOfflineQueue: false,
      maxRetriesPerRequest: 0,
      commandTimeout: 500,
      socketTimeout: 1_000,
    });
  });
}

t.test('URL: Cluster', async (t) => {
  const cluster = connectRedis({ url: 'rediss-cluster://me:pw@a,b:2', ...timeouts }, 'test');
  t.teardown(() => cluster.disconnect());
  t.match(cluster.options, {
    enableOfflineQueue: false,
    retryDelayOnFailover: 0,
    retryDelayOnClusterDown: 0,
    redisOptions: {
      maxRetriesPerRequest: 0,
      commandTimeout: 500,
      socketTimeout: 1_000,
      username: 'me',
      password: 'pw',
      tls: {},
    },
  });
});

for (const url of [
  'http://h',
  'h:6379',
  'redis://',
  'redis://h/x',
  'redis://h?enableOfflineQueue=true',
  'redis://me:%zz@h',
]) {
  t.test(`not a URL of Redis: ${url}`, async (t) => {
    t.throws(() => connectRedis({ url, ...timeouts }, 'test'), OperatorError);
  });
}

t.test('a password stays out of the message', async (t) => {
  t.throws(() => connectRedis({ url: 'redis://:secret@h/x', ...timeouts }, 'test'), {
    message: /redis:\/\/…@h\/x is not understood/,
  });
});

t.test('waits longer from attempt to attempt, at most three seconds, never in step', async (t) => {
  for (let attempt = 1; attempt <= 100; attempt++) {
    const ceiling = Math.min(3_000, 50 * 2 ** (attempt - 1));
    const waits = Array.from({ length: 20 }, () => retryDelay(attempt));
    t.ok(waits.every((wait) => wait >= ceiling / 2 - 1 && wait <= ceiling));
    t.ok(new Set(waits).size > 1);
  }
});

t.test('a connection may be given time to block', async (t) => {
  const server = await startRedis();
  t.teardown(() => server.stop());
  const settings = { url: server.url, connectTimeout: 1_000, commandTimeout: 1_500, socketTimeout: 2_000 };
  const redis = connectRedis(settings, 'log');
  t.teardown(() => redis.disconnect());
  await redis.connect();
  t.equal(await redis.xread('BLOCK', 600, 'STREAMS', 'log', '$'), null);
  t.equal(await redis.client('GETNAME'), 'cacheside:log');
});

t.test('nothing is queued for a server that is not there', async (t) => {
  const server = await startRedis();
  const redis = connectRedis({ url: server.url, ...timeouts }, 'test');
  t.teardown(() => redis.disconnect());
  await redis.connect();
  await server.stop();
  await new Promise((resolve) => redis.once('reconnecting', resolve));
  await t.rejects(redis.get('k'));
});
