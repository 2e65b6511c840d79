import { isIP, SocketAddress } from 'node:net';
import { Redis } from 'ioredis';
import { retryDelay } from '../redis-client.ts';
import type { RedisEndpoint, RedisHost } from '../redis-url.ts';
import { ServerConnector } from './redis-socket.ts';

/** What ioredis takes to ask Sentinels for the master. */
export interface SentinelOptions {
  readonly sentinels: RedisHost[];
  readonly name: string;
  readonly sentinelPassword?: string;
  readonly sentinelCommandTimeout: number;
  readonly sentinelTLS?: object;
  readonly enableTLSForSentinelMode: boolean;
  readonly sentinelRetryStrategy: (attempt: number) => number;
}

export function sentinelOptions(
  { hosts, master, tls }: RedisEndpoint,
  { connectTimeout }: { readonly connectTimeout: number },
  password: string | undefined,
): SentinelOptions {
  return {
    sentinels: hosts.map((host) => ({ ...host })),
    name: master,
    // They answer at once or not at all, however long the commands of this connection may block.
    sentinelCommandTimeout: connectTimeout,
    enableTLSForSentinelMode: tls,
    sentinelRetryStrategy: retryDelay,
    ...(tls ? { sentinelTLS: {} } : {}),
    ...(password === undefined ? {} : { sentinelPassword: password }),
  };
}

/** ms after which every Sentinel has heard of a failover from the others, which they tell every 2 s. */
const AGREED = 3_000;

/**
 * Leaves a master as soon as a Sentinel tells of another one. It may go on answering for ten seconds
 * before the Sentinels make it a replica, and what is written to it in that time is lost.
 */
export function leaveDemoted(redis: Redis, { sentinels, name, ...options }: SentinelOptions): void {
  let watchers: Redis[] = [];
  let asking: NodeJS.Timeout | undefined;

  const compare = (host: unknown, port: unknown, isNews: boolean): void => {
    const { remoteAddress, remotePort } = redis.stream;
    if (redis.status !== 'ready' || typeof host !== 'string') return;
    // A name cannot be compared with an address: news are believed, an answer is not.
    const isOther =
      isIP(host) === 0 ? isNews : canonical(host) !== remoteAddress || Number(port) !== remotePort;
    if (isOther) redis.disconnect(true);
  };

  const watch = (sentinel: RedisHost): Redis => {
    const watcher = new Redis(watcherOptions(sentinel, options));
    watcher.on('error', () => {});
    watcher.on('ready', () => void watcher.subscribe('+switch-master').catch(() => {}));
    watcher.on('message', (_channel: string, text: string) => {
      const [master, , , host, port] = text.split(' ');
      if (master === name) compare(host, port, true);
    });
    watcher.connect().catch(() => {});
    return watcher;
  };

  const ask = (): void => {
    for (const watcher of watchers) {
      watcher
        .call('SENTINEL', 'get-master-addr-by-name', name)
        .then((answer) => Array.isArray(answer) && compare(answer[0], answer[1], false))
        .catch(() => {});
    }
  };

  redis.on('ready', () => {
    watchers = sentinels.map(watch);
    // The news may have come before anybody listened.
    asking = setTimeout(ask, AGREED);
    asking.unref();
  });
  redis.on('close', () => {
    clearTimeout(asking);
    for (const watcher of watchers.splice(0)) watcher.disconnect();
  });
}

/** An IP address in the spelling of sockets: a Sentinel may have another one of IPv6. */
function canonical(address: string): string {
  return new SocketAddress({ address, family: isIP(address) === 6 ? 'ipv6' : 'ipv4' }).address;
}

function watcherOptions(
  { host, port }: RedisHost,
  { sentinelTLS, sentinelPassword, sentinelCommandTimeout }: Omit<SentinelOptions, 'sentinels' | 'name'>,
) {
  return {
    host,
    port,
    Connector: ServerConnector,
    connectionName: 'cacheside:failovers',
    // RESP3 lets a subscriber ask as well. Every Sentinel that this needs speaks it.
    protocol: 3 as const,
    disableClientInfo: true,
    enableReadyCheck: false,
    lazyConnect: true,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    autoResubscribe: false,
    connectTimeout: sentinelCommandTimeout,
    commandTimeout: sentinelCommandTimeout,
    disconnectTimeout: sentinelCommandTimeout,
    retryStrategy: retryDelay,
    ...(sentinelTLS === undefined ? {} : { tls: sentinelTLS }),
    ...(sentinelPassword === undefined ? {} : { password: sentinelPassword }),
  };
}
