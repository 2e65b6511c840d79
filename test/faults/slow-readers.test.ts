import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import t from 'tap';
import { hangUp } from '../../scripts/demo/request.ts';
import { type CachesideProcess, startCacheside, until } from '../fixtures/cacheside.ts';
import { startOrigin } from '../fixtures/origin.ts';

const MIB = 1024 * 1024;
/** More than what the kernel takes for one connection. */
const large = Buffer.alloc(7 * MIB, 'x');
const piece = large.subarray(0, MIB);
/** MiB that any of them may take together, where they are few; of more, each may take one. */
const MOST = 45;

t.teardown(hangUp);

const skip = process.platform === 'linux' ? false : 'memory is read from /proc';

/** Resident memory, MiB. */
function residentOf({ child }: CachesideProcess): number {
  const status = readFileSync(`/proc/${child.pid}/status`, 'utf8');
  return Math.round(Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? Number.NaN) / 1024);
}

/** A client that asks and reads nothing until it is told to. */
async function slowReader(cacheside: CachesideProcess, requests: string): Promise<Socket> {
  const socket = connect({ port: Number(new URL(cacheside.url).port), host: '127.0.0.1' });
  await once(socket, 'connect');
  socket.on('error', () => {});
  socket.pause();
  socket.write(requests);
  return socket;
}

/** Reads on; resolves with the bytes that came once there are `expected`. */
async function readAll(socket: Socket, expected: number): Promise<number> {
  let size = 0;
  socket.on('data', (chunk: Buffer) => {
    size += chunk.byteLength;
  });
  socket.resume();
  await until(() => size >= expected);
  return size;
}

/** Resolves with true once a number has stopped growing. */
async function isStill(read: () => Promise<number>): Promise<boolean> {
  for (let before = -1; ; ) {
    const now = await read();
    if (now === before) return true;
    before = now;
    await new Promise((resolve) => setTimeout(resolve, 150));
  }
}

/** The second is nothing for the fast door. */
const DOORS = [
  ['fast', ''],
  ['http', 'Content-Length: 0\r\n'],
] as const;

for (const [door, fields] of DOORS) {
  const request = (path: string) => `GET ${path} HTTP/1.1\r\nHost: shop.test\r\n${fields}\r\n`;

  t.test(
    `${door} door: slow readers cost what is on its way, not what they asked for`,
    { skip },
    async (t) => {
      const origin = await startOrigin((req, res) => {
        res.sendDate = false;
        if (req.url?.startsWith('/miss/')) return void res.end(large);
        if (req.url !== '/endless')
          return void res.end(req.url === '/large' ? large : large.subarray(0, 10_000));
        res.setHeader('Cache-Control', 'no-store');
        const more = () => {
          while (res.write(piece)) sent += MIB;
          sent += MIB;
        };
        res.on('drain', more);
        more();
      });
      let sent = 0;
      t.teardown(() => origin.close());
      const cacheside = await startCacheside(['--upstream', origin.url, '--ttl', '10m', '--memory', '64MiB']);
      t.teardown(() => cacheside.stop());
      const readers: Socket[] = [];
      t.teardown(() => readers.forEach((socket) => void socket.destroy()));
      const statsOf = async () => JSON.parse((await cacheside.admin('/stats')).text);
      const hits = async (): Promise<number> => (await statsOf()).memory.hits;
      const memory = async (): Promise<number> => (await statsOf()).memory.bytes;
      const cost = async (
        what: string,
        requests: (client: number) => string,
        clients: number,
        isThere: () => Promise<boolean>,
      ) => {
        const before = residentOf(cacheside);
        for (let i = 0; i < clients; i++) readers.push(await slowReader(cacheside, requests(i)));
        await until(isThere);
        const taken = residentOf(cacheside) - before;
        t.comment(`${what}: ${taken} MiB`);
        t.ok(taken < Math.max(MOST, clients), `${what}: ${taken} MiB`);
      };
      const host = { headers: { host: 'shop.test' } };
      await cacheside.get('/large', host);
      await cacheside.get('/small', host);
      await cost(
        '100 of 7 stored MiB',
        () => request('/large'),
        100,
        async () => (await hits()) >= 100,
      );
      const inLine = request('/small').repeat(5_000);
      await cost(
        '50 MB of small ones in line',
        () => inLine,
        1,
        () => isStill(hits),
      );
      await cost(
        '100 that stream',
        () => request('/endless'),
        100,
        () => isStill(async () => sent),
      );
      t.ok(sent > 100 * MIB && sent < 2000 * MIB, `the upstream was held back after ${sent / MIB} MiB`);
      // They have most of the connections to the upstream.
      for (const socket of readers.splice(-100)) socket.destroy();
      const missed = async () => origin.requests.length >= 202 && isStill(async () => residentOf(cacheside));
      await cost('100 of 7 MiB that are to be stored', (i) => request(`/miss/${i}`), 100, missed);
      t.ok((await memory()) < 64 * MIB);
      const [first, second] = readers;
      t.ok(first && second && (await readAll(first, 7 * MIB)) && (await readAll(second, 7 * MIB)));
      t.equal(
        origin.requests.length,
        202,
        origin.requests
          .slice(202)
          .map(({ url }) => url)
          .join(),
      );
    },
  );
}
