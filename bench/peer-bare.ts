import { createServer } from 'node:http';
import { listen } from './listen.ts';
import { HOST } from './request-plan.ts';
import { fetchAnswer } from './shown-answer.ts';

// A process: peer-bare URL. Gives the answer of URL, bytes and fields, to every request: what
// node:http costs when nothing has to be decided.

const [url = ''] = process.argv.slice(2);
const { status, fields, body } = await fetchAnswer(url, [`Host: ${HOST}`]);

const server = createServer((_req, res) => {
  res.writeHead(status, fields as string[]);
  res.end(body);
});

await listen(server);
