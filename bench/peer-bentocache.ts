import { createServer } from 'node:http';
import { BentoCache, bentostore } from 'bentocache';
import { redisDriver } from 'bentocache/drivers/redis';
import { Redis } from 'ioredis';
import { Pool } from 'undici';
import { listen } from './listen.ts';
import { fetchFrom } from './peer-lru-fetch.ts';

// A process: peer-bentocache UPSTREAM-URL REDIS-URL. node:http, and BentoCache with Redis alone, so that each
// answer comes from there.

const [upstream = '', redisUrl = ''] = process.argv.slice(2);
const pool = new Pool(upstream, { connections: 128, pipelining: 1 });
const connection = new Redis(redisUrl);
const bento = new BentoCache({
  default: 'redis',
  stores: { redis: bentostore().useL2Layer(redisDriver({ connection })) },
});

/** As JSON carries it. */
interface Kept {
  readonly status: number;
  readonly fields: string[];
  readonly body: string;
}

async function fetchKept(path: string, host: string | undefined): Promise<Kept> {
  const { status, fields, body } = await fetchFrom(pool, path, { host }, undefined);
  return { status, fields, body: body.toString() };
}

const server = createServer({ keepAliveTimeout: 60_000 }, (req, res) => {
  const { url: path = '/', headers } = req;
  bento.getOrSet({ key: path, ttl: '10m', factory: () => fetchKept(path, headers.host) }).then(
    ({ status, fields, body }) => {
      res.writeHead(status, fields);
      res.end(body);
    },
    () => res.writeHead(502).end(),
  );
});

await listen(server);
