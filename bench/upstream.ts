import { createServer, type Socket } from 'node:net';
import { listen } from './listen.ts';
import { answerBytes, ETAG, sizeOf } from './upstream-answer.ts';

// A process: upstream SIZE|LEAST-MOST [CACHE-CONTROL [DELAY-MS]]. Answers every GET with a body of that
// size and a validator, and a request that shows this validator with 304. It shares a core with the load
// generator, so it writes bytes that are ready, without node:http. COUNT tells how often it was asked.

const [range = '1024', cacheControl = 'public, max-age=600', delay = '0'] = process.argv.slice(2);
const [least = 1024, most = least] = range.split('-').map(Number);
const sizes = { least, most };
const COUNT = '/bench/requests';
const SHOWN = new RegExp(`\\r\\nif-none-match: *${ETAG}`, 'i');

let asked = 0;
let second = 0;
let date = '';
let ready = new Map<number, Buffer>();
let notModified = Buffer.alloc(0);

/** What is ready holds a Date, and so for a second. */
function renew(): void {
  const now = Math.floor(Date.now() / 1000);
  if (now === second) return;
  second = now;
  date = new Date(now * 1000).toUTCString();
  ready = new Map();
  notModified = Buffer.from(answerBytes(304, 0, cacheControl, date));
}

function answer(socket: Socket, path: string, head: string): void {
  if (path === COUNT) {
    const text = String(asked);
    socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${text.length}\r\n\r\n${text}`);
    return;
  }
  asked++;
  if (delay === '0') give(socket, path, head);
  else setTimeout(give, Number(delay), socket, path, head);
}

function give(socket: Socket, path: string, head: string): void {
  renew();
  if (SHOWN.test(head)) {
    socket.write(notModified);
    return;
  }
  const size = sizeOf(path, sizes);
  let bytes = ready.get(size);
  if (bytes === undefined) {
    bytes = answerBytes(200, size, cacheControl, date);
    ready.set(size, bytes);
  }
  socket.write(bytes);
}

const server = createServer({ noDelay: true }, (socket) => {
  let unread = '';
  socket.on('error', () => socket.destroy());
  socket.on('data', (chunk: Buffer) => {
    unread += chunk.toString('latin1');
    for (let end = unread.indexOf('\r\n\r\n'); end >= 0; end = unread.indexOf('\r\n\r\n')) {
      const head = unread.slice(0, end);
      unread = unread.slice(end + 4);
      answer(socket, head.slice(head.indexOf(' ') + 1, head.indexOf(' HTTP/')), head);
    }
  });
});

await listen(server);
