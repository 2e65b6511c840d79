import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { LRUCache } from 'lru-cache';
import { Pool } from 'undici';
import { listen } from './listen.ts';
import { type Answer, fetchFrom } from './peer-lru-fetch.ts';

// A process: peer-lru-cache UPSTREAM-URL MEMORY-BYTES. A cache as it is written in an afternoon, with the
// fastest parts that there are: node:http, lru-cache, and undici where it costs least. It knows max-age,
// stale-while-revalidate, no-cache, validators both ways and collapsing, and none of Vary, cookies,
// Authorization, ranges, limits, purges, logs or metrics.

const [upstream = '', memory = '0'] = process.argv.slice(2);
const pool = new Pool(upstream, { connections: 128, pipelining: 1 });
const stored = new LRUCache<string, Answer>({
  maxSize: Number(memory),
  sizeCalculation: ({ body }, key) => body.length + key.length + 500,
});
const underWay = new Map<string, Promise<Answer>>();

function fetchOnce(path: string, headers: IncomingMessage['headers']): Promise<Answer> {
  const running = underWay.get(path);
  if (running !== undefined) return running;
  const fetched = fetchFrom(pool, path, headers, stored.get(path))
    .then((answer) => {
      if (answer.storable) stored.set(path, answer);
      return answer;
    })
    .finally(() => underWay.delete(path));
  underWay.set(path, fetched);
  return fetched;
}

function give(req: IncomingMessage, res: ServerResponse, { status, fields, body, etag, at }: Answer): void {
  const shown = req.headers['if-none-match'];
  const age = String(Math.floor((Date.now() - at) / 1000));
  if (shown !== undefined && shown === etag) {
    res.writeHead(304, ['ETag', etag, 'Age', age]).end();
    return;
  }
  res.writeHead(status, [...fields, 'Age', age]).end(body);
}

const server = createServer({ keepAliveTimeout: 60_000 }, (req, res) => {
  const { url: path = '/', headers } = req;
  const send = (answer: Answer) => give(req, res, answer);
  const fail = () => res.writeHead(502).end();
  if (path.startsWith('/pass/')) {
    fetchFrom(pool, path, headers, undefined).then(send, fail);
    return;
  }
  const found = stored.get(path);
  const now = Date.now();
  if (found === undefined || now >= found.usableUntil) {
    fetchOnce(path, headers).then(send, fail);
    return;
  }
  if (now >= found.freshUntil) fetchOnce(path, headers).catch(() => {});
  send(found);
});

await listen(server);
