import { Agent, request } from 'node:http';
import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

/** What became of the requests of many clients. */
export interface LoadCounts {
  readonly answered: number;
  /** Clients whose connection was refused: they went to another replica. */
  readonly refused: number;
  /** Requests on new connections that were reset: the kernel had taken them, and the listener closed before it was asked for them. */
  readonly unaccepted: number;
  /** Requests sent on an established connection that got no whole, good answer: what happened to each. */
  readonly lost: readonly string[];
}

export interface Load {
  readonly counts: LoadCounts;
  /** Resolves once no client is left: each ends when it is refused, or after `stop`. */
  readonly ended: Promise<LoadCounts>;
  stop(): void;
}

interface LoadError extends NodeJS.ErrnoException {
  /** It was the first request of its connection, and nothing was answered. */
  readonly isNew?: boolean;
}

type Attempt = () => Promise<void>;

/** What clients ask for: `originAnswers` tells an origin how. */
export const KINDS = [
  'kept',
  'thinking',
  'alone',
  'miss',
  'stream',
  'upload',
  'pipelined',
  'node-door',
] as const;
export type Kind = (typeof KINDS)[number];

/** Clients of these kinds, three of every one, that ask without a pause until they are refused or stopped. */
export function startLoad(url: string, kinds: readonly Kind[] = KINDS): Load {
  let isAsking = true;
  let answered = 0;
  let refused = 0;
  let unaccepted = 0;
  const lost: string[] = [];
  const run = async (kind: Kind): Promise<void> => {
    const { attempt, close } = clientOf(kind, url);
    while (isAsking) {
      try {
        await attempt();
        answered++;
      } catch (error) {
        const { code = '', syscall, message, isNew } = error as LoadError;
        if (syscall === 'connect') {
          refused++;
          break;
        }
        if (isNew && code === 'ECONNRESET') {
          unaccepted++;
          continue;
        }
        lost.push(`${kind}: ${code} ${message}`);
        await delay(5);
      }
    }
    close();
  };
  const counts = {
    get answered() {
      return answered;
    },
    get refused() {
      return refused;
    },
    get unaccepted() {
      return unaccepted;
    },
    lost,
  };
  const clients = kinds.flatMap((kind) => Array.from({ length: 3 }, () => run(kind)));
  return {
    counts,
    ended: Promise.all(clients).then(() => counts),
    stop() {
      isAsking = false;
    },
  };
}

let serial = 0;

function clientOf(kind: Kind, url: string): { attempt: Attempt; close(): void } {
  const agent = kind === 'alone' ? false : new Agent({ keepAlive: true, maxSockets: 1 });
  const close = (): void => {
    if (agent) agent.destroy();
  };
  const ask = (path: string, expected: string, more: Asked = {}) =>
    askFor(url + path, expected, { agent, ...more });
  switch (kind) {
    case 'kept':
    case 'alone':
      return { attempt: () => ask('/hit', 'a hit'), close };
    case 'thinking':
      return { attempt: () => delay(Math.random() * 30).then(() => ask('/hit', 'a hit')), close };
    case 'node-door':
      // The fast door leaves an expectation to node:http, and with it the connection.
      return { attempt: () => ask('/hit', 'a hit', { headers: { 'content-length': '0' } }), close };
    case 'miss':
      return { attempt: () => ask(`/miss/${++serial}`, 'a miss'), close };
    case 'stream':
      return { attempt: () => ask(`/stream/${++serial}`, 'part'.repeat(5)), close };
    case 'upload':
      return { attempt: () => ask('/upload', '50', { method: 'POST', pieces: 5 }), close };
    case 'pipelined':
      return pipelining(url);
    default:
      return kind satisfies never;
  }
}

interface Asked {
  readonly agent?: Agent | false;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Ten bytes each, one every few ms. */
  readonly pieces?: number;
}

function askFor(url: string, expected: string, { pieces = 0, ...options }: Asked): Promise<void> {
  return new Promise((resolve, reject) => {
    let isAnswered = false;
    const req = request(url, { ...options, signal: AbortSignal.timeout(15_000) }, (res) => {
      isAnswered = true;
      let text = '';
      res.setEncoding('utf8').on('data', (more: string) => {
        text += more;
      });
      res.on('error', reject);
      res.on('end', () => {
        if (res.statusCode === 200 && text === expected) resolve();
        else reject(new Error(`${res.statusCode} ${text.slice(0, 200)}`));
      });
    });
    req.on('error', (error) => reject(Object.assign(error, { isNew: !req.reusedSocket && !isAnswered })));
    void sendPieces(pieces, req);
  });
}

async function sendPieces(pieces: number, req: { write(text: string): void; end(): void }): Promise<void> {
  for (let i = 0; i < pieces; i++) {
    req.write('0123456789');
    await delay(3);
  }
  req.end();
}

/** Three requests in one write, on one connection for as long as it is kept. */
function pipelining(url: string): { attempt: Attempt; close(): void } {
  const { hostname, port } = new URL(url);
  let socket: ReturnType<typeof connect> | undefined;
  const one = (path: string) => `GET ${path} HTTP/1.1\r\nHost: ${hostname}:${port}\r\n\r\n`;
  const attempt = () =>
    new Promise<void>((resolve, reject) => {
      const isNew = socket === undefined;
      socket ??= connect(Number(port), hostname);
      const own = socket;
      let text = '';
      const settle = (error?: Error) => {
        own.removeAllListeners('data').removeAllListeners('close').removeAllListeners('error');
        own.on('error', () => {});
        if (error !== undefined || /connection: close/i.test(text)) {
          own.destroy();
          socket = undefined;
        }
        if (error === undefined) resolve();
        else reject(error);
      };
      own.on('error', (error) => settle(Object.assign(error, { isNew: isNew && text === '' })));
      own.on('close', () =>
        settle(new Error(`closed behind ${text.split('HTTP/1.1 200').length - 1} of 3 answers`)),
      );
      own.setEncoding('latin1').on('data', (more: string) => {
        text += more;
        if (text.split('a hit').length + text.split('a miss').length === 5) settle();
      });
      own.write(one('/hit') + one(`/miss/${++serial}`) + one('/hit'));
    });
  return { attempt, close: () => void socket?.destroy() };
}
