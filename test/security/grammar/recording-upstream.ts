import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { type ReadRequest, readRequests } from './request-reader.ts';

/** What came over one connection. */
export interface Recorded {
  /** All of it that was not forgotten, latin1. */
  text: string;
  /** What a strict reader finds in it. */
  requests: ReadRequest[];
  /** Where what it has not read begins. */
  at: number;
  rest: 'nothing' | 'unread' | 'more' | 'wrong';
  isOpen: boolean;
}

/** An upstream that reads to the letter, keeps all that came, and says in each answer what it answers. */
export interface RecordingUpstream {
  readonly url: string;
  readonly connections: readonly Recorded[];
  /** Grows with everything that comes. */
  readonly bytes: number;
  /** Forgets what was read, and connections that are gone. */
  forget(): void;
  close(): Promise<void>;
}

const ANY = /^/;

/** Starts one on 127.0.0.1. `answersEarly`: at the end of a request's head, whatever body is still to come. */
export async function startRecordingUpstream(answersEarly: boolean): Promise<RecordingUpstream> {
  const sockets = new Set<Socket>();
  let connections: Recorded[] = [];
  let bytes = 0;
  const server = createServer({ noDelay: true }, (socket) => {
    const recorded: Recorded = { text: '', requests: [], at: 0, rest: 'nothing', isOpen: true };
    /** What comes next is the rest of what was answered. */
    let early = false;
    connections.push(recorded);
    sockets.add(socket);
    socket.setEncoding('latin1').on('error', () => {});
    socket.on('close', () => {
      recorded.isOpen = false;
      sockets.delete(socket);
    });
    socket.on('data', (more: string) => {
      bytes += more.length;
      recorded.text += more;
      const read = readRequests(recorded.text, {}, recorded.at);
      recorded.requests.push(...read.requests);
      recorded.at = read.at;
      recorded.rest = read.rest;
      for (const request of read.requests) {
        if (!early) socket.write(answerTo(request), 'latin1');
        early = false;
      }
      if (answersEarly && read.rest === 'more' && !early) {
        const [head] = readRequests(recorded.text, { bodiless: ANY }, read.at).requests;
        early = head !== undefined;
        if (head !== undefined) socket.write(answerTo(head, 'X-Early: yes\r\n'), 'latin1');
      }
      if (read.rest === 'wrong' || read.requests.at(-1)?.isLast) socket.end();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    get connections() {
      return connections;
    },
    get bytes() {
      return bytes;
    },
    forget() {
      connections = connections.filter(({ isOpen }) => isOpen);
      for (const recorded of connections) {
        recorded.text = recorded.text.slice(recorded.at);
        recorded.requests = [];
        recorded.at = 0;
      }
    },
    async close() {
      const closed = once(server, 'close');
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

/** Answers may be stored where their path says `kept`. */
export function answerTo({ method, target, host, body, fields }: ReadRequest, more = ''): string {
  const id = fields.find(([name]) => name.toLowerCase() === 'x-request-id')?.[1];
  const told = `${method} ${target} of ${host}, ${body.length} bytes, as ${id}`;
  const isKept = /kept\d*(?:\?|$)/.test(target);
  const head =
    `HTTP/1.1 200 OK\r\nCache-Control: ${isKept ? 'max-age=3600' : 'no-store'}\r\n` +
    `X-Method: ${method}\r\nX-Target: ${target}\r\nX-Host: ${host}\r\nX-Length: ${body.length}\r\nX-Id: ${id}\r\n`;
  const isChunked = body.length % 3 === 1;
  const size = told.length.toString(16);
  const framed = isChunked ? `${size}\r\n${told}\r\n0\r\n\r\n` : told;
  const framing = isChunked ? 'Transfer-Encoding: chunked' : `Content-Length: ${told.length}`;
  return `${head}${more}${framing}\r\n\r\n${method === 'HEAD' ? '' : framed}`;
}
