import { createServer } from 'node:http';
import { listen } from './listen.ts';

// A process: upstream SIZE CACHE-CONTROL. Answers every GET with SIZE bytes and a validator, and a
// request that shows this validator with 304.

const [size = '1024', cacheControl = 'public, max-age=600'] = process.argv.slice(2);
const body = Buffer.alloc(Number(size), '{"id":42,"name":"Walnut desk","category":"furniture"},');
const etag = '"5f2b-18c9a7d4e10"';
const validators = ['ETag', etag, 'Cache-Control', cacheControl];
const whole = ['Content-Type', 'application/json; charset=utf-8', 'Content-Length', size, ...validators];

const server = createServer({ keepAliveTimeout: 60_000 }, (req, res) => {
  if (req.headers['if-none-match'] === etag) res.writeHead(304, validators).end();
  else res.writeHead(200, whole).end(body);
});

await listen(server);
