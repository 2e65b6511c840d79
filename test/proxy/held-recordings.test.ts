import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import t from 'tap';
import { eventually } from '../fixtures/eventually.ts';
import { start } from './start.ts';

const MIB = 1 << 20;
const SIZE = 7 * MIB;

setFlagsFromString('--expose-gc');
const collect: unknown = runInNewContext('gc');

/** Bytes in buffers that somebody holds. */
function buffered(): number {
  if (typeof collect === 'function') collect();
  return process.memoryUsage().arrayBuffers;
}

/** Until as much was read as the slow let pass: ten looks in a row find the same. */
async function isStill(): Promise<void> {
  let before = -1;
  let looks = 0;
  await eventually(() => {
    const now = process.memoryUsage().arrayBuffers;
    looks = now === before ? looks + 1 : 0;
    before = now;
    return looks === 10;
  });
}

// First: what another test leaves behind would count as well.
t.test('what was recorded for a slow client is let go of with its answer', async (t) => {
  const { origin, sidecar, ask } = await start(
    t,
    'memory: 96MiB\nroutes: [{ match: /*, ttl: 60s }]\n',
    (_req, res) => {
      res.sendDate = false;
      res.end(Buffer.alloc(SIZE, 'x'));
    },
  );
  const before = buffered();
  let asked = 0;
  for (const path of ['/1', '/2']) {
    const wire = sidecar.connect();
    wire.socket.pause();
    wire.send(`GET ${path} HTTP/1.1\r\nHost: a.test\r\n\r\n`);
    await origin.received(++asked);
    await isStill();
    wire.socket.resume();
    await wire.until((text) => text.length > SIZE);
    wire.socket.destroy();
    t.match((await ask(path, { headers: { host: 'a.test' } })).cacheStatus, /; hit/);
  }
  // Each is stored in memory of its own, and nothing else is left of it.
  await eventually(() => buffered() - before < 2.5 * SIZE);
});

t.test('clients that take nothing leave little recorded, and get all the same', async (t) => {
  const outcomes: string[] = [];
  const { origin, sidecar, ask } = await start(
    t,
    'memory: 96MiB\nroutes: [{ match: /*, ttl: 60s }]\n',
    (_req, res) => {
      res.sendDate = false;
      res.on('close', () => outcomes.push('sent')).end(Buffer.alloc(SIZE, 'x'));
    },
  );
  const wires = Array.from({ length: 8 }, (_, i) => {
    const wire = sidecar.connect();
    wire.socket.pause();
    wire.send(`GET /${i} HTTP/1.1\r\nHost: a.test\r\n\r\n`);
    return wire;
  });
  // As much as the system takes for a client is several MiB: eight of them are more than what may wait.
  await origin.received(8);
  await isStill();
  const quick = await ask('/quick', { headers: { host: 'a.test' } });
  t.match([quick.status, quick.body.byteLength], [200, SIZE], 'who reads has an answer meanwhile');
  for (const { socket } of wires) socket.resume();
  await Promise.all(wires.map((wire) => wire.until((text) => text.length > SIZE)));
  t.ok(
    wires.every(({ text }) => text.length - text.indexOf('\r\n\r\n') - 4 === SIZE),
    'each has all of it',
  );
  await eventually(() => outcomes.length === 9);
  let stored = 0;
  for (let i = 0; i < 8; i++) {
    const { cacheStatus } = await ask(`/${i}`, { headers: { host: 'a.test' } });
    if (/; hit/.test(cacheStatus)) stored++;
  }
  t.ok(stored > 0 && stored < 8, `${stored} of 8 are stored`);
  t.match((await ask('/quick', { headers: { host: 'a.test' } })).cacheStatus, /; hit/);
});
