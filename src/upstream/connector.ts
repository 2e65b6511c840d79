import { isIP } from 'node:net';
import { buildConnector } from 'undici';
import type { Seats } from './seats.ts';
import { dropUnaskedContinue } from './unasked-continue.ts';

/** How to reach the service; ms. */
export interface ConnectorSettings {
  readonly origin: string;
  readonly connectTimeout: number;
  /** PEM text of additional authorities; undefined: the system's. */
  readonly ca: string | undefined;
  /** false accepts any certificate. */
  readonly verify: boolean;
}

/** Opens connections to the upstream, and tells of each error whether its connection had been of use. */
export interface Connector {
  /** For undici: waits for a seat. */
  readonly connect: buildConnector.connector;
  /** Opens one for a seat that was taken; the seat is free again once the connection is gone. */
  open(callback: buildConnector.Callback): void;
  /**
   * Whether who waited so long for a connection, in whole head-timeouts, waits on; ms. What is being opened has a bound
   * of its own.
   */
  mayStillCome(waited: number): boolean;
  /** True for an error of a connection that had carried bytes of the upstream before. */
  wasUsed(error: Error): boolean;
}

export function createConnector(settings: ConnectorSettings, seats: Seats): Connector {
  const { hostname: bracketed, host, protocol, port } = new URL(settings.origin);
  // As undici has it: an address without its brackets.
  const hostname = bracketed.replace(/^\[|\]$/g, '');
  const build = buildConnector({
    timeout: settings.connectTimeout,
    rejectUnauthorized: settings.verify,
    ...(settings.ca === undefined ? {} : { ca: settings.ca }),
  });
  // The certificate is the upstream's own, whichever host the client named. SNI takes no address.
  const servername = isIP(hostname) === 0 ? hostname : '';
  const used = new WeakSet<Error>();
  let opening = 0;
  const openSeated = (options: buildConnector.Options, callback: buildConnector.Callback): void => {
    opening++;
    build({ ...options, servername }, (...result) => {
      opening--;
      const [error, socket] = result;
      if (error !== null || socket === null) {
        seats.free();
        return callback(...result);
      }
      socket.on('close', seats.free);
      dropUnaskedContinue(socket);
      const atStart = socket.bytesRead;
      // Ahead of undici's own listener, so that the mark is there before the request hears of it.
      socket.on('error', (cause) => {
        if (socket.bytesRead > atStart) used.add(cause);
      });
      callback(...result);
    });
  };
  const own = { hostname, host, protocol, port };
  return {
    mayStillCome: (waited) => opening > 0 && waited <= settings.connectTimeout,
    wasUsed: (error) => used.has(error),
    connect: (options, callback) => seats.await(() => openSeated(options, callback)),
    open: (callback) => openSeated(own, callback),
  };
}
