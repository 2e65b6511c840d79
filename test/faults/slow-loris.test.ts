import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import t from 'tap';
import { start } from '../proxy/start.ts';

/** By hand: LORIS_COUNT=10000, of all kinds together. */
const { LORIS_COUNT } = process.env;
const COUNT = Number(LORIS_COUNT ?? 1_000);

const HOST = 'Host: a.test\r\n';
const get = (path: string, fields = '') => `GET ${path} HTTP/1.1\r\n${HOST}${fields}\r\n`;
const post = (fields: string) => `POST /upload HTTP/1.1\r\n${HOST}${fields}\r\n`;
const CHUNKED = post('Transfer-Encoding: chunked\r\n');

/** A client that holds a connection for as little as it can: what it begins with, and what it adds every now and then. */
interface Loris {
  readonly id: string;
  readonly begins: string;
  readonly adds: string;
  /** It reads nothing. */
  readonly isDeaf?: boolean;
}

const KINDS: readonly Loris[] = [
  { id: 'says nothing', begins: '', adds: '' },
  { id: 'stops in its request line', begins: 'GET /', adds: '' },
  { id: 'stops in its fields', begins: `GET / HTTP/1.1\r\n${HOST}X: `, adds: '' },
  { id: 'stops in its body', begins: `${post('Content-Length: 1000\r\n')}abc`, adds: '' },
  { id: 'never begins its body', begins: post('Content-Length: 1000\r\nExpect: 100-continue\r\n'), adds: '' },
  { id: 'adds to its target', begins: 'GET /', adds: 'a' },
  { id: 'adds to its method', begins: 'G', adds: 'E' },
  { id: 'adds fields', begins: `GET / HTTP/1.1\r\n${HOST}`, adds: 'X: 1\r\n' },
  { id: 'adds to a value', begins: `GET / HTTP/1.1\r\n${HOST}X: `, adds: 'a' },
  { id: 'adds blanks in front of a value', begins: `GET / HTTP/1.1\r\n${HOST}X:`, adds: ' ' },
  { id: 'adds empty lines', begins: '\r\n', adds: '\r\n' },
  { id: 'adds to its body', begins: post('Content-Length: 100000\r\n'), adds: 'x' },
  { id: 'adds chunks', begins: CHUNKED, adds: '1\r\nx\r\n' },
  { id: 'adds zeros to a chunk size', begins: `${CHUNKED}1\r\nx\r\n`, adds: '0' },
  { id: 'adds to a chunk extension', begins: `${CHUNKED}1;`, adds: 'a' },
  { id: 'adds trailers', begins: `${CHUNKED}0\r\n`, adds: 'X: 1\r\n' },
  {
    id: 'adds to an upgrade',
    begins: `GET / HTTP/1.1\r\n${HOST}Connection: Upgrade\r\nUpgrade: h2c\r\n`,
    adds: 'X: 1\r\n',
  },
  { id: 'is idle behind its answer', begins: get('/hit'), adds: '' },
  { id: 'adds empty lines behind its answer', begins: get('/hit'), adds: '\r\n' },
  { id: 'adds a head behind its answer', begins: get('/hit') + get('/hit').slice(0, -2), adds: 'X: 1\r\n' },
  { id: 'takes nothing of a hit', begins: get('/large'), adds: '', isDeaf: true },
  { id: 'takes nothing of a hit, and goes on asking', begins: get('/large'), adds: 'G', isDeaf: true },
  {
    id: 'takes nothing of its last answer, and goes on talking',
    begins: get('/large', 'Connection: close\r\n'),
    adds: 'G',
    isDeaf: true,
  },
  { id: 'takes nothing of a stream', begins: get('/stream'), adds: '', isDeaf: true },
  { id: 'takes nothing of a stream, and goes on asking', begins: get('/stream'), adds: 'G', isDeaf: true },
];

const SETTINGS =
  'clients: { head-timeout: 1s, request-timeout: 1s, keep-alive: 1s, stall-timeout: 1s }\nroutes: [{ match: /*, max-body: 64MiB }]\n';
/** The longest of them waits for its answer to be idle, then for a head; ms. */
const WITHIN = 8_000;
const EVERY = 150;

for (const fast of [true, false]) {
  t.test(`${COUNT} clients that hold their connections, ${fast ? 'fast door' : 'node:http'}`, async (t) => {
    const large = Buffer.alloc(16 * 1024 * 1024, 'x');
    const { sidecar } = await start(t, `fast-door: ${fast}\n${SETTINGS}`, (req, res) => {
      req.on('error', () => {});
      res.on('error', () => {});
      if (req.url === '/upload') return;
      const stored = req.url !== '/stream';
      res.sendDate = false;
      res.setHeader('cache-control', stored ? 'max-age=600' : 'no-store');
      res.end(req.url === '/hit' || req.url === '/' ? 'hit' : large);
    });
    for (const path of ['/hit', '/large']) await sidecar.ask(path, { headers: { host: 'a.test' } });
    const each = Math.floor(COUNT / KINDS.length);
    const clients: { loris: Loris; socket: Socket; endedAt: number }[] = [];
    const began = performance.now();
    for (const loris of KINDS) {
      for (let i = 0; i < (loris.isDeaf ? Math.min(each, 10) : each); i++) {
        const socket = connect(sidecar.port, '127.0.0.1');
        const client = { loris, socket, endedAt: 0 };
        clients.push(client);
        const end = () => {
          client.endedAt ||= performance.now() - began;
        };
        socket
          .on('error', () => {})
          .on('end', end)
          .on('close', end);
        if (loris.isDeaf) socket.pause();
        else socket.resume();
        if (loris.begins !== '') socket.write(loris.begins);
      }
    }
    t.teardown(() => clients.forEach(({ socket }) => void socket.destroy()));
    const drip = setInterval(() => {
      for (const { loris, socket } of clients)
        if (loris.adds !== '' && socket.writable) socket.write(loris.adds);
    }, EVERY);
    t.teardown(() => clearInterval(drip));

    const honest: number[] = [];
    while (
      performance.now() - began < WITHIN &&
      clients.some(({ endedAt, loris }) => endedAt === 0 && !isSilent(loris))
    ) {
      const { status } = await sidecar.ask('/hit', {
        headers: { host: 'a.test' },
        alone: honest.length % 2 === 0,
      });
      honest.push(status);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    clearInterval(drip);
    t.same(
      honest.filter((status) => status !== 200),
      [],
      `${honest.length} honest requests are answered meanwhile`,
    );
    // Who neither reads nor writes learns of its end when it does.
    let most = 0;
    for (const { socket } of clients.filter(({ loris }) => isSilent(loris))) {
      let size = 0;
      socket.on('data', (chunk: Buffer) => {
        size += chunk.byteLength;
      });
      socket.resume();
      if (!socket.destroyed) await once(socket, 'close');
      most = Math.max(most, size);
    }
    t.ok(most < large.byteLength, `who takes nothing is cut off after ${most} bytes`);
    for (const loris of KINDS) {
      if (isSilent(loris)) continue;
      const theirs = clients.filter((client) => client.loris === loris).map(({ endedAt }) => endedAt);
      const open = theirs.filter((endedAt) => endedAt === 0).length;
      t.equal(
        open,
        0,
        `${loris.id}: the last of ${theirs.length} ended after ${Math.round(Math.max(...theirs))} ms`,
      );
    }
  });
}

function isSilent({ isDeaf, adds }: Loris): boolean {
  return isDeaf === true && adds === '';
}
