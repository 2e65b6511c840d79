import { connect as connectTcp, type Socket } from 'node:net';
import { type ConnectionOptions, connect as connectTls } from 'node:tls';
import { AbstractConnector, type Redis, SentinelConnector } from 'ioredis';

/*
 * ioredis listens to the first error of a socket alone. One over TLS that is refused and closed at once may
 * tell of a second error, and an error that nobody listens to ends the process. ioredis takes another
 * way to connect as a class only.
 */

interface Target {
  readonly host: string;
  readonly port: number;
  readonly tls?: ConnectionOptions;
  readonly disconnectTimeout: number;
}

type Coded = Error & { readonly code?: string };

const deaf = (): void => {};

/** Connects to one server. */
export class ServerConnector extends AbstractConnector {
  readonly #target: Target;

  /** Made by ioredis with the options of the connection. */
  constructor(options: unknown) {
    const target = options as Target;
    super(target.disconnectTimeout);
    this.#target = target;
  }

  connect(): Promise<Socket> {
    const { host, port, tls } = this.#target;
    this.connecting = true;
    return new Promise((resolve, reject) => {
      process.nextTick(() => {
        if (!this.connecting) return reject(new Error('Connection is closed.'));
        const socket = tls === undefined ? connectTcp({ host, port }) : connectTls({ host, port, ...tls });
        socket.on('error', (error) => {
          this.firstError ??= error;
        });
        this.stream = socket;
        resolve(socket);
      });
    });
  }
}

/** Connects to the master that Sentinels name, and says why none could be asked. */
export class MasterConnector extends SentinelConnector {
  #reason: Coded | undefined;

  constructor(options: unknown) {
    super(options as ConstructorParameters<typeof SentinelConnector>[0]);
    const own = this as unknown as { connectToSentinel(to: unknown, more?: object): Redis };
    const open = own.connectToSentinel.bind(this);
    own.connectToSentinel = (to, more) => {
      const sentinel = open(to, { ...more, Connector: ServerConnector });
      return sentinel.on('error', (error: Coded) => {
        this.#reason = error;
      });
    };
  }

  override async connect(tell: Parameters<SentinelConnector['connect']>[0]): Promise<Socket> {
    const socket = await super.connect((type, error) => {
      // All that ioredis says of a connection that failed is that it is closed.
      const { message, code } = this.#reason ?? {};
      if (type === 'error' && message !== undefined) {
        Object.assign(error, { message: `no Sentinel can be asked: ${message}`, code });
        this.#reason = undefined;
      }
      tell(type, error);
    });
    return socket.on('error', deaf);
  }
}
