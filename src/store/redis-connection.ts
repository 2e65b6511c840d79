import { Redis } from 'ioredis';
import { OperatorError } from '../errors.ts';
import { type RedisClient, retryDelay } from '../redis-client.ts';
import { type RedisEndpoint, readRedisUrl } from '../redis-url.ts';
import { createCluster } from './redis-cluster.ts';
import { type CommonOptions, optionsFor } from './redis-options.ts';
import { leaveDemoted, sentinelOptions } from './redis-sentinel.ts';

/** Where Redis is and how long to wait for it; durations are ms. */
export interface RedisConnectionSettings {
  /** See `readRedisUrl`: its scheme decides between one server, Sentinels and a Cluster. */
  readonly url: string;
  /** The Sentinels' own; that of the URL is Redis's. */
  readonly sentinelPassword?: string | undefined;
  readonly connectTimeout: number;
  readonly commandTimeout: number;
  /**
   * Silence on the socket, with commands under way, after which the connection is given up. Twice
   * the command time-out where left out. A connection that blocks needs more than its BLOCK in both.
   */
  readonly socketTimeout?: number;
}

/**
 * A connection that never queues what it cannot send, never repeats a command by itself, gives every
 * command its time-out, leaves a server that fell silent, and reconnects for ever. It connects on
 * `connect()`. Errors come with the command's rejection; the `error` event has a listener already.
 * A Cluster's redirections are followed within the command's time-out.
 *
 * `role` names the connection in CLIENT LIST as `cacheside:role`.
 * @throws OperatorError where the URL is not one of Redis
 */
export function connectRedis(settings: RedisConnectionSettings, role: string): RedisClient {
  const read = readRedisUrl(settings.url);
  if ('problem' in read) {
    throw new OperatorError(
      `The Redis URL ${settings.url.replace(/\/\/.*@/, '//…@')} is not understood: ${read.problem}.`,
    );
  }
  const endpoint = read.value;
  const client = open(
    endpoint,
    optionsFor(endpoint, settings, `cacheside:${role}`),
    settings.sentinelPassword,
  );
  client.on('error', nameRemedy);
  client.on('node error', nameRemedy);
  return client;
}

function open(
  endpoint: RedisEndpoint,
  options: CommonOptions,
  sentinelPassword: string | undefined,
): RedisClient {
  const { kind, hosts, db } = endpoint;
  if (kind === 'cluster') return createCluster(hosts, options);
  const one = { ...options, db, lazyConnect: true, enableOfflineQueue: false, retryStrategy: retryDelay };
  if (kind === 'server') return new Redis({ ...one, ...hosts[0] });
  const sentinels = sentinelOptions(endpoint, options, sentinelPassword);
  const redis = new Redis({ ...one, ...sentinels });
  leaveDemoted(redis, sentinels);
  return redis;
}

/** TLS says of a certificate what is wrong, not what to do. Comes ahead of every other listener. */
function nameRemedy(error: Error & { code?: string; lastNodeError?: Error & { code?: string } }): void {
  const { code = '' } = error.lastNodeError ?? error;
  // Of a Cluster the error says only that no node could be asked.
  if (error.lastNodeError !== undefined) error.message = error.lastNodeError.message;
  if (!/SELF_SIGNED|^UNABLE_TO_/.test(code)) return;
  error.message += " – name its authority's PEM file in NODE_EXTRA_CA_CERTS";
}
