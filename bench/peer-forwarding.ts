import { createServer } from 'node:http';
import { type Dispatcher, Pool } from 'undici';
import { listen } from './listen.ts';

// A process: peer-forwarding UPSTREAM-URL. The least that forwards: no cache, no limits, no metrics.

const [upstream = ''] = process.argv.slice(2);
const pool = new Pool(upstream, { connections: 128, pipelining: 1 });

const server = createServer((req, res) => {
  const { method = 'GET', url: path = '/', headers } = req;
  pool.request({ method: method as Dispatcher.HttpMethod, path, headers: { host: headers.host } }).then(
    ({ statusCode, headers: fields, body }) => {
      const { connection: _, 'keep-alive': __, ...endToEnd } = fields;
      res.writeHead(statusCode, endToEnd);
      body.on('error', () => res.destroy()).pipe(res);
    },
    () => res.writeHead(502).end(),
  );
});

await listen(server);
