import { isIP } from 'node:net';
import type { RedisEndpoint } from '../redis-url.ts';
import { MasterConnector, ServerConnector } from './redis-socket.ts';

/** Of one connection; ms. */
interface Waits {
  readonly connectTimeout: number;
  readonly commandTimeout: number;
  readonly socketTimeout?: number;
}

/** A replica that calls itself READONLY is left at most this often, ms: it may stay one. */
const READONLY_PAUSE = 5_000;

/** What holds for every connection, whatever it leads to. */
export type CommonOptions = ReturnType<typeof optionsFor>;

/** `name` is that in CLIENT LIST. */
export function optionsFor(
  { kind, hosts, tls, username, password }: RedisEndpoint,
  { connectTimeout, commandTimeout, socketTimeout = commandTimeout * 2 }: Waits,
  name: string,
) {
  let leftReadonly = Number.NEGATIVE_INFINITY;
  const host = hosts[0]?.host ?? '';
  return {
    Connector: kind === 'sentinel' ? MasterConnector : ServerConnector,
    connectionName: name,
    disableClientInfo: true,
    // RESP2: nothing here uses push messages, and every server and proxy speaks it.
    protocol: 2 as const,
    connectTimeout,
    commandTimeout,
    // Alone, a command time-out leaves a half-open connection in place, its queue growing.
    socketTimeout,
    disconnectTimeout: commandTimeout,
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    maxLoadingRetryTime: 1_000,
    reconnectOnError(error: Error) {
      if (!error.message.startsWith('READONLY')) return false;
      const now = performance.now();
      if (now - leftReadonly < READONLY_PAUSE) return false;
      leftReadonly = now;
      return true;
    },
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    // SNI takes no address (RFC 6066 §3); the certificate is checked against the host in any case.
    ...(tls ? { tls: kind === 'server' && isIP(host) === 0 ? { servername: host } : {} } : {}),
  };
}
