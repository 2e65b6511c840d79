import { isIP } from 'node:net';
import { buildConnector } from 'undici';
import { createReadings, type Readings } from './reading.ts';
import type { Seats } from './seats.ts';

/** How to reach the service; ms. */
export interface ConnectorSettings {
  readonly origin: string;
  readonly connectTimeout: number;
  /** PEM text of additional authorities; undefined: the system's. */
  readonly ca: string | undefined;
  /** false accepts any certificate. */
  readonly verify: boolean;
}

/** Opens connections to the upstream, and tells what undici does not tell of them. */
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
  readonly readings: Readings;
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
  const readings = createReadings();
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
      readings.watch(socket);
      callback(...result);
    });
  };
  const own = { hostname, host, protocol, port };
  return {
    mayStillCome: (waited) => opening > 0 && waited <= settings.connectTimeout,
    readings,
    connect: (options, callback) => seats.await(() => openSeated(options, callback)),
    open: (callback) => openSeated(own, callback),
  };
}
