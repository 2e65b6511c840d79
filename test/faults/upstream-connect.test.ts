import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import t, { type Test } from 'tap';
import { startRawUpstream } from '../fixtures/raw-upstream.ts';
import { freePort } from '../fixtures/redis-server.ts';
import { eventually, startSidecar } from '../fixtures/sidecar.ts';
import { readAnswer } from '../security/seen-answer.ts';
import { CLEAN, FIN, isDropped, PAUSE, play, RESET, type Script } from '../security/upstream-script.ts';

/** ms. */
const CONNECT = 300;
const HEAD = 700;
const settings = (more: string) =>
  `connect-timeout: ${CONNECT}ms, head-timeout: ${HEAD}ms, breaker: off, ${more}`;

/** A port where connections wait to be accepted for ever, and no more may wait. */
async function startFull(t: Test): Promise<number> {
  const listen = `const s = require('net').createServer().listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => {
    console.log(s.address().port); process.kill(process.pid, 'SIGSTOP') })`;
  const child: ChildProcess = spawn(process.execPath, ['-e', listen], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const waiting: Socket[] = [];
  t.teardown(() => {
    for (const socket of waiting) socket.destroy();
    child.kill('SIGKILL');
  });
  if (child.stdout === null) throw new Error('no output');
  const [line] = await once(child.stdout, 'data');
  const port = Number(line);
  for (let i = 0; i < 4; i++) waiting.push(connect(port, '127.0.0.1').on('error', () => {}));
  await Promise.all(waiting.slice(0, 2).map((socket) => once(socket, 'connect')));
  return port;
}

t.test('hang at connect', async (t) => {
  const full = await startFull(t);
  const mute = createServer().listen(0, '127.0.0.1');
  await once(mute, 'listening');
  const accepted = new Set<Socket>();
  mute.on('connection', (socket) => accepted.add(socket.on('error', () => {})));
  t.teardown(() => {
    for (const socket of accepted) socket.destroy();
    mute.close();
  });
  const { port } = mute.address() as { port: number };
  for (const [id, url] of [
    ['a backlog that is full', `http://127.0.0.1:${full}`],
    ['no word of TLS', `https://127.0.0.1:${port}`],
  ]) {
    for (const reader of [true, false]) {
      const sidecar = await startSidecar(
        '',
        `upstream: { url: '${url}', ${settings(`fast-reader: ${reader}`)} }\n`,
      );
      t.teardown(() => sidecar.close());
      const began = performance.now();
      const asked = ['GET', 'HEAD', 'POST'].map((method) =>
        sidecar.ask('/', { method, headers: { host: 'a.test' } }),
      );
      const statuses = (await Promise.all(asked)).map(({ status }) => status);
      const took = performance.now() - began;
      t.same(statuses, [504, 504, 504], `${id}, ${reader ? 'fast reader' : 'undici'}`);
      t.ok(took > CONNECT - 50 && took < CONNECT + 3_000, `${took} ms`);
      const wire = sidecar.connect();
      wire.send('GET / HTTP/1.1\r\nHost: a.test\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n');
      t.match(await wire.closed, /^HTTP\/1\.1 504 /, 'and a tunnel');
    }
  }
});

t.test('refused for a while, then back', async (t) => {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const both = await Promise.all(
    [true, false].map((reader) =>
      startSidecar('', `upstream: { url: '${url}', ${settings(`fast-reader: ${reader}`)} }\n`),
    ),
  );
  t.teardown(() => Promise.all(both.map((sidecar) => sidecar.close())));
  const ask = () =>
    Promise.all(both.flatMap(({ ask }) => [ask('/a'), ask('/b', { method: 'POST', body: 'x' })]));
  for (let i = 0; i < 3; i++)
    t.same(
      (await ask()).map(({ status }) => status),
      [502, 502, 502, 502],
    );
  const server = createServer(
    (socket) => void socket.on('error', () => {}).on('data', () => void socket.write(CLEAN)),
  );
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => void server.close());
  t.same(
    (await ask()).map(({ text }) => text),
    ['clean', 'clean', 'clean', 'clean'],
    'with the very next request',
  );
});

const EARLY = 'HTTP/1.1 413 Too Large\r\nContent-Length: 3\r\n\r\nbig';

/** What becomes of 50 MB on their way to an upstream that takes none of them. */
const UPLOADS: Record<string, readonly [sends: Script, expects: RegExp]> = {
  'reads nothing': [[], /^504 /],
  'reads nothing, and sends 103s': [Array(200).fill(['HTTP/1.1 103 E\r\n\r\n', PAUSE]).flat(), /^504 /],
  'answers early': [[EARLY], /^413 big$/],
  'answers early, and ends': [[EARLY, FIN], /^413 big$/],
  'answers early, and resets': [[EARLY, PAUSE, RESET], /^413 big$|^502 |^cut$/],
  // A reset may overtake what was sent before it.
  'half an answer, and resets': [[EARLY.slice(0, -2), PAUSE, RESET], /^cut$|^502 /],
  'half an answer, and silence': [[EARLY.slice(0, -2)], /^cut$/],
  'half a head, and resets': [['HTTP/1.1 413', PAUSE, RESET], /^502 /],
  ends: [[FIN], /^502 /],
  resets: [[PAUSE, RESET], /^502 /],
};

for (const door of [true, false]) {
  t.test(`uploads, ${door ? 'fast' : 'node:http'} door`, async (t) => {
    const sockets: Socket[] = [];
    const all = Object.values(UPLOADS);
    const upstream = await startRawUpstream((socket, head) => {
      const [method, path = ''] = head.split(' ');
      if (method === 'GET') return void socket.write(CLEAN);
      socket.pause();
      sockets.push(socket);
      void play(socket, all[Number(path.slice(1))]?.[0] ?? []);
    });
    t.teardown(() => upstream.close());
    const sidecar = await startSidecar(
      upstream.url,
      `fast-door: ${door}\nupstream: { url: '${upstream.url}', ${settings('idle-timeout: 600ms')} }\n`,
    );
    t.teardown(() => sidecar.close());
    const piece = Buffer.alloc(65_536, 'x');
    const upload = async (i: number): Promise<string> => {
      const client = connect(sidecar.port, '127.0.0.1').setEncoding('latin1');
      let text = '';
      client.on('data', (more: string) => {
        text += more;
      });
      client.on('error', () => {});
      client.write(`POST /${i} HTTP/1.1\r\nHost: a.test\r\nContent-Length: 52428800\r\n\r\n`);
      let left = 800;
      const more = () => {
        while (left > 0 && !client.destroyed && client.write(piece)) left--;
      };
      client.on('drain', more);
      more();
      await eventually(() => client.destroyed || client.readableEnded, 4_000).catch(() => {
        text = 'never ended';
      });
      client.destroy();
      const seen = readAnswer(text, 'POST');
      return seen === undefined ? (text === 'never ended' ? text : 'cut') : `${seen.status} ${seen.body}`;
    };
    const came = await Promise.all(all.map((_, i) => upload(i)));
    for (const [i, [id, [, expects]]] of Object.entries(UPLOADS).entries()) {
      t.match(came[i], expects, id);
      const asked = upstream.heads.filter((head) => head.startsWith(`POST /${i} `)).length;
      t.equal(asked, 1, `${id}: sent once`);
    }
    for (const socket of sockets) {
      socket.resume();
      t.ok(await isDropped(socket), 'none of these connections is used again');
    }
    t.match(await sidecar.ask('/next', { headers: { host: 'a.test' } }), { text: 'clean' });
  });
}
