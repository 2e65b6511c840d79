import { createServer } from 'node:http';
import { cacheStores, type Dispatcher, interceptors, Pool } from 'undici';
import { listen } from './listen.ts';

// A process: peer-undici-cache UPSTREAM-URL MEMORY-BYTES. node:http in front of undici's own HTTP cache.

const [upstream = '', memory = '0'] = process.argv.slice(2);
const store = new cacheStores.MemoryCacheStore({
  maxSize: Number(memory),
  maxCount: Number.MAX_SAFE_INTEGER,
  maxEntrySize: 8 * 2 ** 20,
});
const pool = new Pool(upstream, { connections: 128, pipelining: 1 });
const cached = pool.compose(interceptors.cache({ store, type: 'shared' }));

const server = createServer({ keepAliveTimeout: 60_000 }, (req, res) => {
  const { method = 'GET', url: path = '/', headers } = req;
  const { connection: _, ...fields } = headers;
  const dispatcher = path.startsWith('/pass/') ? pool : cached;
  dispatcher
    .request({ origin: upstream, method: method as Dispatcher.HttpMethod, path, headers: fields })
    .then(
      async ({ statusCode, headers: answered, body }) => {
        const bytes = Buffer.from(await body.arrayBuffer());
        const { connection: _, 'keep-alive': __, ...endToEnd } = answered;
        res.writeHead(statusCode, endToEnd);
        res.end(bytes);
      },
      () => res.writeHead(502).end(),
    );
});

await listen(server);
