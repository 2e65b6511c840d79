import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { readRequestHead } from '../../../src/downstream/request-head.ts';
import { type MemorySocket, memorySocket } from './memory-socket.ts';
import { headText, SETTINGS } from './told.ts';

/** The requests that node's parser reads at the beginning of some bytes. */
export interface ReadByNode {
  /** What the door of node:http would tell inside of each; `refused` or what is odd about one, where it would not. */
  readonly heads: readonly string[];
  /** Why it gave up. */
  readonly error: string | undefined;
}

export interface NodeReader {
  read(text: string): ReadByNode;
  /** The same, of bytes that end where a request ends: the next ones are read on the same connection. */
  readWhole(text: string): ReadByNode;
  /** That connection may be in the middle of something. */
  forget(): void;
}

/** node's own parser, strict, with the limits of the door. */
export function createNodeReader(): NodeReader {
  let heads: string[] = [];
  let error: string | undefined;
  const server = createServer({
    insecureHTTPParser: false,
    maxHeaderSize: SETTINGS.maxHead,
    requireHostHeader: false,
    keepAliveTimeout: 0,
    headersTimeout: 0,
    requestTimeout: 0,
    connectionsCheckingInterval: 2 ** 30,
  });
  server.maxHeadersCount = 0;
  const tell = (what: string) => (req: IncomingMessage, res: ServerResponse) => {
    heads.push(what + readHead(req, res));
    res.end();
  };
  server.on('request', tell(''));
  server.on('checkContinue', tell('awaits 100: '));
  server.on('checkExpectation', tell('expects: '));
  server.on('upgrade', () => heads.push('switches'));
  server.on('connect', () => heads.push('connects'));
  server.on('clientError', (reason: Error & { code?: string }) => {
    error = reason.code ?? reason.message;
  });
  const open = (): MemorySocket => {
    const connection = memorySocket('node');
    server.emit('connection', connection.socket);
    return connection;
  };
  const readOn = (connection: MemorySocket, text: string): ReadByNode => {
    heads = [];
    error = undefined;
    // At once, where a stream would begin to flow with the next turn.
    connection.socket.emit('data', Buffer.from(text, 'latin1'));
    return { heads, error };
  };
  let kept: MemorySocket | undefined;
  let uses = 0;
  const forget = (): void => {
    kept?.cut();
    kept = undefined;
  };
  return {
    forget,
    read(text) {
      const connection = open();
      const read = readOn(connection, text);
      connection.socket.on('error', () => {});
      connection.cut();
      return read;
    },
    readWhole(text) {
      if (kept === undefined || kept.ended || ++uses % 64 === 0) {
        forget();
        kept = open();
      }
      const read = readOn(kept, text);
      if (read.error !== undefined) kept = undefined;
      return read;
    },
  };
}

function readHead(req: IncomingMessage, res: ServerResponse): string {
  const { method = '', url: target = '', httpVersion: version, rawHeaders: fields } = req;
  const read = readRequestHead({ method, target, version, fields, scheme: 'http' }, SETTINGS);
  if (read.kind === 'refused') return `refused: ${read.why}`;
  const odd = `${version === '1.1' ? '' : `HTTP/${version} `}${res.shouldKeepAlive ? '' : 'closes '}`;
  return `${odd}${read.hasBody ? 'has a body ' : ''}${headText(read.head)}`;
}
