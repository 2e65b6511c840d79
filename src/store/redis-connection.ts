import { isIP } from 'node:net';
import { type Cluster, Redis } from 'ioredis';
import { OperatorError } from '../errors.ts';

/** A connection to one server, to the master that the Sentinels name, or to a Cluster. */
export type RedisClient = Redis | Cluster;

/** Where Redis is and how long to wait for it; durations are ms. */
export interface RedisConnectionSettings {
  /** `redis://[user:password@]host[:port][/db]`; `rediss://` over TLS; `valkey(s)://` means the same. */
  readonly url: string;
  readonly connectTimeout: number;
  readonly commandTimeout: number;
  /**
   * Silence on the socket, with commands under way, after which the connection is given up. Twice
   * the command time-out where left out. A connection that blocks needs more than its BLOCK in both.
   */
  readonly socketTimeout?: number;
}

/** Longest wait between two attempts to connect, ms. */
const MAX_RETRY_DELAY = 3_000;
/** A replica that calls itself READONLY is left at most this often, ms: it may stay one. */
const READONLY_PAUSE = 5_000;

/**
 * A connection that never queues what it cannot send, never repeats a command by itself, gives every
 * command its time-out, leaves a server that fell silent, and reconnects for ever. It connects on
 * `connect()`. Errors come with the command's rejection; the `error` event has a listener already.
 *
 * `role` names the connection in CLIENT LIST as `cacheside:role`.
 * @throws OperatorError where the URL is not one of Redis
 */
export function connectRedis(settings: RedisConnectionSettings, role: string): Redis {
  const { connectTimeout, commandTimeout, socketTimeout = commandTimeout * 2 } = settings;
  let leftReadonly = Number.NEGATIVE_INFINITY;
  const redis = new Redis({
    ...endpoint(settings.url),
    connectionName: `cacheside:${role}`,
    // RESP2: nothing here uses push messages, and every server and proxy speaks it.
    protocol: 2,
    lazyConnect: true,
    connectTimeout,
    commandTimeout,
    // Alone, a command time-out leaves a half-open connection in place, its queue growing.
    socketTimeout,
    disconnectTimeout: commandTimeout,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    maxLoadingRetryTime: 1_000,
    retryStrategy: retryDelay,
    reconnectOnError(error) {
      if (!error.message.startsWith('READONLY')) return false;
      const now = performance.now();
      if (now - leftReadonly < READONLY_PAUSE) return false;
      leftReadonly = now;
      return true;
    },
  });
  redis.on('error', nameRemedy);
  return redis;
}

/** TLS says of a certificate what is wrong, not what to do. Comes ahead of every other listener. */
function nameRemedy(error: Error & { code?: string }): void {
  if (!/SELF_SIGNED|^UNABLE_TO_/.test(error.code ?? '')) return;
  error.message += " – name its authority's PEM file in NODE_EXTRA_CA_CERTS";
}

/** Doubles from 50 ms to the cap; half of it is jitter, so that replicas do not come back as one. */
export function retryDelay(attempt: number): number {
  const ceiling = Math.min(MAX_RETRY_DELAY, 50 * 2 ** Math.min(attempt - 1, 16));
  return Math.round(ceiling / 2 + Math.random() * (ceiling / 2));
}

/**
 * Collects what is written to the connection in this tick into one write. GETs of 1,280 bytes, 64
 * outstanding, per CPU-second: 98–112 k plain, 139–146 k with ioredis's autopipelining, 145–153 k
 * with a pipeline per tick, 200–260 k this way; a single one at a time costs the same either way.
 */
export function corkUntilNextTick(redis: Redis): void {
  const { stream } = redis;
  if (stream === undefined || stream.writableCorked > 0) return;
  stream.cork();
  process.nextTick(() => stream.uncork());
}

interface Endpoint {
  readonly host: string;
  readonly port: number;
  readonly db: number;
  readonly username?: string;
  readonly password?: string;
  readonly tls?: { readonly servername?: string };
}

/** Read here and not by ioredis, which would take options out of the query, ahead of ours. */
function endpoint(text: string): Endpoint {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const scheme = /^(?:redis|valkey)(s?):$/.exec(url?.protocol ?? '');
  const path = /^\/?(\d*)$/.exec(url?.pathname ?? '');
  const username = decoded(url?.username);
  const password = decoded(url?.password);
  if (!url || !scheme || !path || !url.hostname || url.search || username === false || password === false) {
    throw new OperatorError(
      `The Redis URL ${text.replace(/\/\/.*@/, '//…@')} is not understood: write redis://[user:password@]host[:port][/db].`,
    );
  }
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  return {
    host,
    port: url.port === '' ? 6379 : Number(url.port),
    db: Number(path[1]),
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    // SNI takes no address (RFC 6066 §3); the certificate is checked against the host in any case.
    ...(scheme[1] === 's' ? { tls: isIP(host) === 0 ? { servername: host } : {} } : {}),
  };
}

/** Undefined where there is none, false where it is not percent-encoded as it should be. */
function decoded(component: string | undefined): string | undefined | false {
  if (component === undefined || component === '') return undefined;
  try {
    return decodeURIComponent(component);
  } catch {
    return false;
  }
}
