import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import t, { type Test } from 'tap';
import { eventually } from '../fixtures/eventually.ts';
import { startSidecar } from '../fixtures/sidecar.ts';

/** A tunnel is the fast door's longest hand-over: bytes that it read, and all that come after them. */
const get = (path: string, fields = '') => `GET ${path} HTTP/1.1\r\nHost: a.test\r\n${fields}\r\n`;
const SWITCH = 'Connection: Upgrade\r\nUpgrade: x\r\n';

/** Answers plain requests, and begins a tunnel with whoever asks for one. */
async function startUpstream(t: Test, tunnel: (socket: Socket) => void): Promise<string> {
  const server = createServer((socket) => {
    t.teardown(() => socket.destroy());
    socket.on('error', () => {});
    socket.on('data', function read(bytes: Buffer) {
      if (!bytes.includes('Upgrade: x'))
        return void socket.write('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nplain');
      socket.off('data', read);
      socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n');
      tunnel(socket);
    });
  }).listen(0, '127.0.0.1');
  t.teardown(() => server.close());
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

t.test('a tunnel gets every byte behind its head', async (t) => {
  const url = await startUpstream(t, (socket) => void socket.pipe(socket));
  const sidecar = await startSidecar(url);
  t.teardown(() => sidecar.close());
  const body = Array.from({ length: 3_000 }, (_, i) => `${i} `).join('');
  for (const pieces of [1, 2, 3, 7]) {
    const wire = sidecar.connect();
    const sent = get('/a') + get('/b') + get('/tunnel', SWITCH) + body;
    const size = Math.ceil(sent.length / pieces);
    for (let at = 0; at < sent.length; at += size) {
      wire.send(sent.slice(at, at + size));
      for (let turns = 0; turns < 4; turns++) await new Promise(setImmediate);
    }
    const answers = (await wire.until((text) => text.endsWith(body))).split('HTTP/1.1 ').slice(1);
    t.same(
      answers.map((answer) => answer.slice(0, 3)),
      ['200', '200', '101'],
      `${pieces} pieces`,
    );
    t.equal(answers[2]?.split('\r\n\r\n')[1], body);
    wire.socket.destroy();
  }
});

t.test('an upstream that reads late gets what was sent', async (t) => {
  const received: string[] = [];
  const url = await startUpstream(t, (socket) => {
    const chunks: Buffer[] = [];
    socket.pause();
    setTimeout(() => socket.resume(), 100);
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    socket.on('end', () => received.push(Buffer.concat(chunks).toString('latin1')));
  });
  const sidecar = await startSidecar(url);
  t.teardown(() => sidecar.close());
  // More than lies in the kernel on its way, and no two reads of it alike.
  const sent = Array.from({ length: 80_000 }, (_, i) => `${i}`.padStart(100)).join('');
  const wires = [sidecar.connect(), sidecar.connect()];
  for (const wire of wires) wire.send(get('/a') + get('/late', SWITCH));
  await Promise.all(wires.map((wire) => wire.until(/HTTP\/1\.1 101 /)));
  for (const wire of wires) wire.socket.end(sent, 'latin1');
  await eventually(() => received.length === wires.length, 10_000);
  for (const text of received) t.ok(text === sent, `${text.length} of ${sent.length} bytes`);
});
