import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { gzipSync } from 'node:zlib';
import { bodyOf, etagOf, type Good, type Kind } from './goods.ts';

/** How the upstream answers, or fails to. */
export type Mood =
  | 'well'
  | 'with 503'
  | 'with 500'
  | 'never'
  | 'with a reset'
  | 'with half a body'
  | 'with half a body and no end'
  | 'with garbage'
  | 'with interim answers for ever'
  | 'slowly';

export interface Shop {
  readonly url: string;
  /** Which share of the requests meets the mood; the others are answered well. */
  mood: Mood;
  share: number;
  /** Versions of a good, the oldest first, with the time from which it was current; ms of `performance.now()`. */
  versions(kind: Kind, id: number): readonly number[];
  /** Makes a new version; its number. */
  change(kind: Kind, id: number): number;
  /** Refuses connections, and ends those it has, until it opens again. */
  shut(): Promise<void>;
  open(): Promise<void>;
  readonly asked: number;
}

export const LANGUAGES = ['de', 'en', 'fr'];
/** What only a GET can meet. */
const OF_BODIES: readonly Mood[] = ['with half a body', 'with half a body and no end', 'slowly'];

/** The upstream: it knows what was current when, and fails where it is told to. */
export async function openShop(): Promise<Shop> {
  const known = new Map<string, number[]>();
  const sockets = new Set<Socket>();
  let port = 0;
  let asked = 0;

  const versions = (kind: Kind, id: number): number[] => {
    const name = `${kind} ${id}`;
    let found = known.get(name);
    if (found === undefined) {
      found = [Number.NEGATIVE_INFINITY];
      // Of what is asked for once, nothing changes, and a million are asked for.
      if (kind !== 'once') known.set(name, found);
    }
    return found;
  };
  const change = (kind: Kind, id: number): number => versions(kind, id).push(performance.now()) - 1;

  const server = createServer((req, res) => {
    asked++;
    res.on('error', () => {});
    const good = asGood(req);
    if (good === undefined) return void res.writeHead(404, { 'cache-control': 'max-age=1' }).end('none\n');
    if (shop.mood !== 'well' && Math.random() < shop.share && failed(shop.mood, req, res, good)) return;
    if (req.method === 'PUT') {
      req.resume();
      return void req.on('end', () => res.end(`v${change(good.kind, good.id)}\n`));
    }
    serve(req, res, good);
  });
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });

  function serve(req: IncomingMessage, res: ServerResponse, good: Good, share = 1): void {
    const { kind, id } = good;
    const version = versions(kind, id).length - 1;
    const etag = etagOf(version);
    res.setHeader('etag', etag).setHeader('content-type', 'text/plain');
    if (kind === 'page') res.setHeader('vary', 'Accept-Language');
    if (kind === 'mine') res.setHeader('cache-control', 'private, max-age=60');
    if (req.headers['if-none-match'] === etag) return void res.writeHead(304).end();
    const body = bodyOf(good, version);
    // Products come in chunks, pages at times compressed by the upstream itself.
    if (kind === 'page' && id % 5 === 0 && /gzip/.test(String(req.headers['accept-encoding']))) {
      res.setHeader('content-encoding', 'gzip').setHeader('vary', 'Accept-Language, Accept-Encoding');
      return void res.end(gzipSync(body));
    }
    if (kind !== 'product') res.setHeader('content-length', body.length);
    if (req.method === 'HEAD') return void res.end();
    if (share === 1) return void res.end(body);
    res.write(body.subarray(0, body.length * share), () => {});
  }

  function failed(mood: Mood, req: IncomingMessage, res: ServerResponse, good: Good): boolean {
    if (OF_BODIES.includes(mood) && req.method !== 'GET') return false;
    switch (mood) {
      case 'well':
        return false;
      case 'with 500':
      case 'with 503':
        req.resume();
        res.writeHead(Number(mood.slice(-3)), { 'cache-control': 'max-age=1' }).end('down\n');
        return true;
      case 'never':
        req.resume();
        return true;
      case 'with a reset':
        res.socket?.resetAndDestroy();
        return true;
      case 'with half a body':
        serve(req, res, good, 0.5);
        setTimeout(() => res.destroy(), 20);
        return true;
      case 'with half a body and no end':
        serve(req, res, good, 0.5);
        return true;
      case 'with garbage':
        res.socket?.end('\x16\x03\x01 this is no HTTP\r\n\r\n');
        return true;
      case 'with interim answers for ever': {
        const more = setInterval(() => res.socket?.write('HTTP/1.1 103 Early Hints\r\n\r\n'), 200);
        res.on('close', () => clearInterval(more));
        return true;
      }
      case 'slowly':
        setTimeout(() => serve(req, res, good), 300 + Math.random() * 900);
        return true;
    }
  }

  const open = async (): Promise<void> => {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    ({ port } = server.address() as AddressInfo);
  };
  const shop: Shop = {
    get url() {
      return `http://127.0.0.1:${port}`;
    },
    mood: 'well',
    share: 1,
    versions,
    change,
    async shut() {
      const closed = once(server, 'close');
      server.close();
      for (const socket of sockets) socket.resetAndDestroy();
      await closed;
    },
    open,
    get asked() {
      return asked;
    },
  };
  await open();
  return shop;
}

const TARGET = /^\/(product|page|file|mine|once)\/(\d+)$/;

function asGood({ url = '', headers }: IncomingMessage): Good | undefined {
  const [, kind, id] = TARGET.exec(url) ?? [];
  if (kind === undefined) return undefined;
  const language = kind === 'page' ? String(headers['accept-language']) : '';
  const user = kind === 'mine' ? String(headers.authorization) : '';
  return { kind: kind as Kind, id: Number(id), language, user };
}
