import { createServer } from 'node:http';
import { Redis } from 'ioredis';
import { listen } from './listen.ts';
import { fetchAnswer } from './shown-answer.ts';

// A process: peer-redis URL REDIS-URL. Gives the answer of URL to every request, and reads its body
// from Redis each time: what node:http and ioredis cost when nothing has to be decided.

const [url = '', redisUrl = ''] = process.argv.slice(2);
const { status, fields, body } = await fetchAnswer(url);
const redis = new Redis(redisUrl);
await redis.set('bench:body', body);

const server = createServer((_req, res) => {
  redis.getBuffer('bench:body').then(
    (stored) => {
      res.writeHead(status, fields as string[]);
      res.end(stored);
    },
    () => res.writeHead(500).end(),
  );
});

await listen(server);
