import { once } from 'node:events';
import { createServer } from 'node:net';
import { Redis } from 'ioredis';
import t, { type Test } from 'tap';
import { systemClock } from '../../src/clock.ts';
import { decodeStored, encodeStored } from '../../src/store/redis-codec.ts';
import { redisKey } from '../../src/store/redis-key.ts';
import { authenticator, checksum } from '../../src/store/value-check.ts';
import { eventually } from '../fixtures/eventually.ts';
import { freePort, type RedisServer, startRedis } from '../fixtures/redis-server.ts';
import { startTcpProxy } from '../fixtures/tcp-proxy.ts';
import { storedResponse } from './stored-samples.ts';
import { elapsed, NAMESPACE, put, type Setting, tierOn } from './tier-on.ts';

const stored = storedResponse({ heard: -1 });

async function setUp(t: Test, setting: Setting & { args?: string[]; connectWithin?: number } = {}) {
  const server = await startRedis({ args: setting.args ?? [] });
  t.teardown(() => server.stop());
  const other = new Redis(server.port, '127.0.0.1');
  other.on('error', () => {});
  t.teardown(() => other.disconnect());
  const on = tierOn(t, server.url, setting);
  await on.tier.connect(setting.connectWithin ?? 2_000);
  return { server, other, ...on };
}

t.test('expiry is what is left of the use', async (t) => {
  const { tier, other } = await setUp(t);
  await put(tier, 'k', Date.now() + 30_000);
  const left = await other.pttl(redisKey(NAMESPACE, 'k'));
  t.ok(left > 29_000 && left <= 30_000, `${left} ms`);
  t.equal(tier.put('k2', stored, systemClock.now()), false, 'nothing left: not written');
  t.equal(await tier.find('k2').then((found) => found.kind), 'absent');
  t.ok((await other.keys('*')).every((key) => key.startsWith(`${NAMESPACE}:`)));
});

t.test('many at once, in order', async (t) => {
  const { tier } = await setUp(t);
  for (const key of ['a', 'c']) tier.put(key, storedResponse({ key, heard: -1 }), Date.now() + 60_000);
  await tier.written();
  const found = await tier.findMany(['c', 'b', 'a']);
  t.strictSame(
    found.map((one) => (one.kind === 'found' && 'key' in one.stored ? one.stored.key : one.kind)),
    ['c', 'absent', 'a'],
  );
});

t.test('written: once what was put stands there, however it went', async (t) => {
  const { tier, other, server } = await setUp(t, { commandTimeout: 200 });
  await tier.written();
  for (const key of ['a', 'b']) tier.put(key, storedResponse({ key }), Date.now() + 60_000);
  await tier.written();
  t.equal(await other.exists(redisKey(NAMESPACE, 'a'), redisKey(NAMESPACE, 'b')), 2);
  tier.put('c', stored, Date.now() + 60_000);
  server.pause();
  const took = await elapsed(tier.written());
  t.ok(took < 1_000, `${took} ms`);
  server.resume();
});

t.test('a value too large is not written', async (t) => {
  const { tier } = await setUp(t);
  t.equal(tier.put('big', storedResponse({ body: Buffer.alloc(100_001) }), Date.now() + 60_000), false);
  t.match(tier.stats(), { dropped: 1, sets: 0 });
});

t.test('writes wait in a bounded number and of bounded size, and what is dropped is counted', async (t) => {
  const { tier, server } = await setUp(t, { maxInFlight: 1_000, commandTimeout: 1_500 });
  const putMany = (count: number, bytes: number) => {
    const body = Buffer.alloc(bytes);
    const until = Date.now() + 60_000;
    return Array.from({ length: count }, (_, i) => tier.put(`k${i}`, storedResponse({ body }), until));
  };
  const taken = (puts: boolean[]) => puts.filter(Boolean).length;
  t.equal(taken(putMany(1_500, 10)), 1_000);
  t.equal(tier.stats().dropped, 500);
  await tier.written();
  const large = taken(putMany(500, 100_000));
  t.ok(large > 300 && large <= 335, `${large} of 100 kB: 32 MiB`);
  const { dropped } = tier.stats();
  await tier.written();
  t.equal(taken(putMany(10, 10)), 10, 'room again');
  await tier.written();
  server.pause();
  putMany(1_000, 10);
  await tier.written();
  t.match(tier.stats(), { timeouts: 1_000, dropped, state: 'degraded' });
  t.equal(taken(putMany(10, 10)), 0, 'Redis is not asked');
  server.resume();
});

t.test('loading its data: unavailable, then ready by itself', async (t) => {
  const args = ['--enable-debug-command', 'yes', '--loading-process-events-interval-bytes', '1024'];
  const { tier, other, reaches } = await setUp(t, { args, commandTimeout: 500 });
  await put(tier, 'k');
  await other.call('DEBUG', 'POPULATE', 2_000, 'x', 1_000);
  await other.config('SET', 'key-load-delay', 1_000);
  const loaded = other.call('DEBUG', 'RELOAD');
  const kinds = new Set<string>();
  await eventually(async () => {
    kinds.add((await tier.find('k')).kind);
    return tier.state !== 'ready';
  });
  t.ok(kinds.has('unavailable'));
  t.ok(tier.stats().errors >= 5, 'refused, not timed out');
  await loaded;
  await reaches('ready');
  t.equal((await tier.find('k')).kind, 'found');
});

t.test('slow: unavailable after the command time-out, and asked no more', async (t) => {
  const server = await startRedis();
  t.teardown(() => server.stop());
  const link = await startTcpProxy(server.port);
  t.teardown(() => link.close());
  const { tier } = tierOn(t, `redis://127.0.0.1:${link.port}`, { commandTimeout: 100 });
  await tier.connect(1_000);
  t.equal((await tier.find('k')).kind, 'absent');
  link.slow(500);
  const took = await elapsed(Promise.all(Array.from({ length: 10 }, (_, i) => tier.find(`k${i}`))));
  t.ok(took >= 99 && took < 300, `${took} ms`);
  t.not(tier.state, 'ready');
  t.ok((await elapsed(tier.find('k'))) < 20);
});

t.test('a value damaged, of another schema or copied from another key is a miss and removed', async (t) => {
  const { tier, other } = await setUp(t);
  const value = encodeStored('k', stored);
  const flipped = Buffer.from(value);
  flipped[60] = (flipped[60] ?? 0) ^ 4;
  const otherSchema = Buffer.from(value);
  otherSchema[2] = 0;
  const damaged = {
    truncated: value.subarray(0, -1),
    flipped,
    otherSchema,
    copied: encodeStored('k2', stored),
    empty: Buffer.alloc(0),
  };
  const name = redisKey(NAMESPACE, 'k');
  await other.set(name, value);
  t.strictSame(await tier.find('k'), { kind: 'found', stored });
  let corrupt = 0;
  for (const [what, bytes] of Object.entries(damaged)) {
    await other.set(name, bytes);
    const before = tier.stats();
    t.strictSame(await tier.glance('k'), { kind: 'absent' }, what);
    t.strictSame(tier.stats(), before, 'a glance leaves no trace');
    t.equal(await other.exists(name), 1, 'not even in Redis');
    t.strictSame(await tier.find('k'), { kind: 'absent' }, what);
    await eventually(() => tier.stats().deletes > corrupt);
    t.equal(await other.exists(name), 0, `${what}: removed`);
    t.equal(tier.stats().corrupt, ++corrupt);
  }
});

t.test('where values are authenticated, what others wrote is a miss and removed', async (t) => {
  const [own, before] = ['a secret of the test', 'the secret before it'];
  const { tier, other, server } = await setUp(t, { hmacKeys: [own, before] });
  const { tier: open } = tierOn(t, server.url);
  await open.connect(2_000);
  const name = redisKey(NAMESPACE, 'k');
  const check = authenticator([own]);
  const value = encodeStored('k', stored, check);
  const changed = (at: number, byte?: number) => {
    const copy = Buffer.from(value);
    copy[at] = byte ?? (copy[at] ?? 0) ^ 1;
    return copy;
  };
  const forged = Buffer.from(value);
  checksum.write(forged, forged.length - checksum.length);
  const rows: readonly { id: string; sends: Buffer; expects: 'found' | 'absent' }[] = [
    { id: 'own', sends: value, expects: 'found' },
    { id: 'of the key before', sends: encodeStored('k', stored, authenticator([before])), expects: 'found' },
    {
      id: 'of another key',
      sends: encodeStored('k', stored, authenticator(['another one'])),
      expects: 'absent',
    },
    { id: 'with a checksum', sends: encodeStored('k', stored), expects: 'absent' },
    { id: 'with a checksum that says HMAC', sends: forged, expects: 'absent' },
    { id: 'HMAC that says checksum', sends: changed(4, checksum.mark), expects: 'absent' },
    { id: 'copied from another key', sends: encodeStored('k2', stored, check), expects: 'absent' },
    { id: 'truncated', sends: value.subarray(0, -1), expects: 'absent' },
    { id: 'without its check', sends: value.subarray(0, -check.length), expects: 'absent' },
    { id: 'the check alone', sends: value.subarray(-check.length), expects: 'absent' },
    { id: 'longer', sends: Buffer.concat([value, Buffer.alloc(1)]), expects: 'absent' },
    { id: 'a bit of the head', sends: changed(60), expects: 'absent' },
    { id: 'a bit of the body', sends: changed(value.length - check.length - 1), expects: 'absent' },
    { id: 'a bit of the check', sends: changed(value.length - 1), expects: 'absent' },
    { id: 'of an old schema', sends: changed(2, 1), expects: 'absent' },
    { id: 'empty', sends: Buffer.alloc(0), expects: 'absent' },
  ];
  let corrupt = 0;
  // As a request looks for one, and as a warm start does for many.
  const looks = { find: () => tier.find('k'), findMany: async () => (await tier.findMany(['x', 'k']))[1] };
  for (const [how, look] of Object.entries(looks)) {
    for (const { id, sends, expects } of rows) {
      await other.set(name, sends);
      t.equal((await look())?.kind, expects, `${how}: ${id}`);
      await tier.written();
      t.equal(await other.exists(name), expects === 'found' ? 1 : 0, `${how}: ${id}: removed`);
      if (expects === 'absent') corrupt++;
      t.equal(tier.stats().corrupt, corrupt, `${how}: ${id}: counted`);
    }
  }
  await put(tier, 'k');
  const written = await other.getBuffer(name);
  t.not(written && decodeStored(written, 'k', check), undefined, 'the first key writes');
  t.strictSame(await open.find('k'), { kind: 'absent' }, 'one that has no key cannot tell either');
  t.equal(open.stats().corrupt, 1);
});

t.test('a key of another type is a miss, and a put replaces it', async (t) => {
  const { tier, other } = await setUp(t);
  await other.lpush(redisKey(NAMESPACE, 'k'), 'x');
  for (let i = 0; i < 10; i++) t.strictSame(await tier.find('k'), { kind: 'absent' });
  t.equal(tier.state, 'ready', 'one odd key says nothing about the others');
  t.equal(tier.stats().errors, 10);
  await put(tier, 'k');
  t.equal((await tier.find('k')).kind, 'found');
});

t.test('full: writes fail, reads go on', async (t) => {
  const { tier, other, events } = await setUp(t);
  await put(tier, 'k');
  await other.config('SET', 'maxmemory', '1');
  for (let i = 0; i < 10; i++) await put(tier, `more${i}`);
  t.equal((await tier.find('k')).kind, 'found');
  t.match(tier.stats(), { state: 'ready', errors: 10, sets: 1 });
  t.equal(events.filter((event) => event.kind === 'refused').length, 1, 'told once');
  t.match(events.at(-1), { kind: 'refused', code: 'OOM' });
});

t.test('reads refused: unavailable, asked no more until a probe succeeds', async (t) => {
  const { tier, other, events, reaches } = await setUp(t);
  await put(tier, 'k');
  await other.acl('SETUSER', 'default', '-get');
  for (let i = 0; i < 8; i++) t.equal((await tier.find('k')).kind, 'unavailable');
  t.equal(tier.state, 'degraded');
  t.equal(tier.stats().errors, 5, 'the breaker kept the last ones back');
  t.equal(await put(tier, 'k'), false);
  await other.acl('SETUSER', 'default', '+get');
  await reaches('ready');
  t.equal((await tier.find('k')).kind, 'found');
  t.strictSame(
    events.flatMap((event) => (event.kind === 'state' ? [event.to] : [])),
    ['ready', 'degraded', 'ready'],
  );
});

t.test('a password that is not given: down, and nothing thrown', async (t) => {
  const { tier, events } = await setUp(t, { args: ['--requirepass', 'secret'], connectWithin: 200 });
  t.not(tier.state, 'ready');
  t.equal((await tier.find('k')).kind, 'unavailable');
  t.equal(tier.put('k', stored, Date.now() + 1_000), false);
  t.strictSame(await tier.findMany(['a', 'b']), [{ kind: 'unavailable' }, { kind: 'unavailable' }]);
  t.match(events.at(-1), { kind: 'state', to: 'down', reason: /NOAUTH/ });
});

t.test('a password in the URL', async (t) => {
  const server = await startRedis({ args: ['--requirepass', 's@cret'] });
  t.teardown(() => server.stop());
  const { tier } = tierOn(t, `redis://:s%40cret@127.0.0.1:${server.port}/3`);
  await tier.connect(2_000);
  t.equal(tier.state, 'ready');
});

t.test('down at the start: connects within its time, then by itself once it is there', async (t) => {
  const port = await freePort();
  const { tier, reaches, events } = tierOn(t, `redis://127.0.0.1:${port}`);
  const took = await elapsed(tier.connect(150));
  t.ok(took < 600, `${took} ms`);
  t.equal(tier.state, 'down');
  t.ok((await elapsed(tier.find('k'))) < 50);
  const server = await startRedis({ port });
  t.teardown(() => server.stop());
  await reaches('ready');
  t.equal((await tier.find('k')).kind, 'absent');
  t.match(events[0], { kind: 'state', from: 'connecting', to: 'down', reason: /ECONNREFUSED/ });
});

t.test('killed and started again', async (t) => {
  const { tier, server, events, reaches } = await setUp(t, { commandTimeout: 300 });
  await put(tier, 'k');
  const caught = Array.from({ length: 10 }, (_, i) => tier.find(`k${i}`));
  await server.kill();
  await reaches('down');
  t.equal((await Promise.all(caught)).length, 10);
  t.equal((await tier.find('k')).kind, 'unavailable');
  t.equal(await put(tier, 'k'), false);
  await server.restart();
  await reaches('ready');
  t.equal((await tier.find('k')).kind, 'absent');
  await put(tier, 'k');
  t.equal((await tier.find('k')).kind, 'found');
  t.equal(tier.stats().reconnects, 1);
  t.strictSame(
    events.flatMap((event) => (event.kind === 'state' ? [event.to] : [])),
    ['ready', 'down', 'ready'],
  );
  // What failed before counts no more, and what fails from now on does.
  server.pause();
  await Promise.all(Array.from({ length: 10 }, (_, i) => tier.find(`k${i}`)));
  t.equal(tier.state, 'degraded');
  server.resume();
});

t.test('hung: bounded in time and number, then asked no more', async (t) => {
  const { tier, server, reaches } = await setUp(t, { commandTimeout: 200, maxInFlight: 100 });
  await put(tier, 'k');
  server.pause();
  const answers = Array.from({ length: 1_000 }, (_, i) => tier.find(`k${i}`));
  const took = await elapsed(Promise.all(answers));
  t.ok(took < 500, `${took} ms`);
  t.ok((await Promise.all(answers)).every(({ kind }) => kind === 'unavailable'));
  t.match(tier.stats(), { timeouts: 100, dropped: 900 });
  t.not(tier.state, 'ready');
  t.ok((await elapsed(tier.find('k'))) < 20, 'at once from now on');
  server.resume();
  await reaches('ready');
  t.equal((await tier.find('k')).kind, 'found');
});

t.test('silent: who comes while others wait does not wait with them', async (t) => {
  const { tier, server } = await setUp(t, { commandTimeout: 1_000 });
  await put(tier, 'k');
  server.pause();
  const order: string[] = [];
  const first = tier.find('k').then(() => order.push('first'));
  await eventually(() => tier.state === 'degraded');
  t.equal(tier.put('x', stored, Date.now() + 60_000), false, 'nor is anything gathered for it');
  await tier.find('k').then(({ kind }) => order.push(kind));
  t.match(tier.stats(), { inFlight: 1, timeouts: 0 });
  t.same(order, ['unavailable'], 'before the first knows');
  server.resume();
  await first;
  t.equal(tier.state, 'ready', 'it has answered');
  t.equal((await tier.find('k')).kind, 'found');
});

t.test('silent on a live connection: it is given up and made anew', async (t) => {
  // Answers the handshake, then nothing: a peer that is gone without a FIN.
  let connections = 0;
  const silent = createServer((socket) => {
    const nth = ++connections;
    socket.on('error', () => {});
    socket.on('data', (data) => {
      const text = data.toString();
      if (nth > 1 || !text.includes('get')) socket.write('+OK\r\n'.repeat(text.split('*').length - 1));
    });
  });
  silent.listen(0, '127.0.0.1');
  await once(silent, 'listening');
  t.teardown(() => void silent.close());
  const address = silent.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const { tier, reaches } = tierOn(t, `redis://127.0.0.1:${address.port}`, { commandTimeout: 100 });
  await tier.connect(1_000);
  t.equal(tier.state, 'ready');
  t.equal((await tier.find('k')).kind, 'unavailable');
  await reaches('down');
  await reaches('ready');
  t.equal(connections, 2);
});

t.test('a read-only replica is left', async (t) => {
  const { tier, other, reaches } = await setUp(t);
  await other.replicaof('127.0.0.1', 1);
  await put(tier, 'k');
  await reaches('down');
  await reaches('ready');
  t.equal(tier.stats().reconnects, 1);
  await put(tier, 'k');
  t.equal((await tier.find('k')).kind, 'absent', 'but not over and over, while reads work');
});

t.test('close finishes what was put, and ends although Redis hangs', async (t) => {
  const { tier, other, server } = await setUp(t, { commandTimeout: 150 });
  t.equal(tier.put('k', stored, Date.now() + 60_000), true);
  await tier.close();
  t.equal(tier.state, 'off');
  t.equal(await other.exists(redisKey(NAMESPACE, 'k')), 1);
  t.equal((await tier.find('k')).kind, 'unavailable');

  const { tier: second } = tierOn(t, server.url, { commandTimeout: 150 });
  await second.connect(1_000);
  second.put('k', stored, Date.now() + 60_000);
  server.pause();
  const took = await elapsed(second.close());
  t.ok(took < 1_000, `${took} ms`);
  server.resume();
});

t.test('in time and out of it: connecting to a server that accepts and says nothing', async (t) => {
  const server: RedisServer = await startRedis();
  t.teardown(() => server.stop());
  server.pause();
  const { tier } = tierOn(t, server.url, { commandTimeout: 200 });
  const took = await elapsed(tier.connect(300));
  t.ok(took < 600, `${took} ms`);
  t.not(tier.state, 'ready');
  server.resume();
});
