import t from 'tap';
import { positionOf } from '../../src/purge/stream-id.ts';
import { startTcpProxy } from '../fixtures/tcp-proxy.ts';
import { cutOff, FOREVER, KEY, ordered, type Sidecar, startServer, startSidecar, tag } from './sidecar.ts';
import { stored } from './stored.ts';

// Each test has servers of its own, and mostly waits.
t.jobs = 4;

/** Whether Redis has not answered an append of a purge of `x`. */
const isUnconfirmed = ({ fromRedis }: Sidecar) => fromRedis('x', Number.MAX_SAFE_INTEGER) === 'hard';

t.test('a purge here is applied there, in order, and its position means the same at both', async (t) => {
  const { redis } = await startServer(t);
  const a = await startSidecar(t, { url: redis.url, name: 'a' });
  const b = await startSidecar(t, { url: redis.url, name: 'b' });
  const asOf = b.log.applied;
  const inMemory = stored({ tags: ['x'], asOf, heard: b.index.heardNow() });
  t.equal(b.index.verdict(inMemory), 'valid');

  const appending = a.log.append([tag('x'), tag('y', true)]);
  t.equal(a.fromRedis('x', 1e15), 'hard', 'applied here before it is confirmed');
  const receipt = await appending;
  if (receipt.kind !== 'appended') return t.fail('Redis was up');
  await b.until('the purge', () => b.log.applied >= receipt.position);
  t.equal(b.index.verdict(inMemory), 'hard');
  t.equal(b.fromRedis('y', asOf), 'soft');
  t.equal(b.fromRedis('x', receipt.position), 'valid');

  await a.until('its own purge', () => a.log.applied === receipt.position);
  t.equal(a.log.applied, b.log.applied);
  t.equal(a.log.pending, 0);
  t.ok(a.log.trusted && b.log.trusted);
});

t.test('an own purge read back does not purge what was fetched meanwhile', async (t) => {
  const { redis } = await startServer(t);
  const a = await startSidecar(t, { url: redis.url, name: 'a' });
  for (let i = 0; i < 20; i++) {
    const appending = a.log.append([tag('x')]);
    const fetched = stored({ tags: ['x'], asOf: a.log.applied, heard: a.index.heardNow() });
    const receipt = await appending;
    if (receipt.kind !== 'appended') return t.fail('Redis was up');
    await a.until('its own purge', () => a.log.applied >= receipt.position);
    if (a.index.verdict(fetched) !== 'valid') return t.fail('purged by what came before it');
  }
  t.equal(a.index.serial, 20);
});

t.test('up to an own position that is reached, every purge of others has been heard', async (t) => {
  const { redis } = await startServer(t);
  const a = await startSidecar(t, { url: redis.url, name: 'a' });
  const b = await startSidecar(t, { url: redis.url, name: 'b' });
  let before = 0;
  for (let i = 0; i < 200 && before < 5; i++) {
    // One round trip ahead: the other one's purge is in the log, and on its way to here.
    const appending = b.log.append([tag('x')]);
    const own = a.log.append([tag('x')]);
    const heard = a.index.heardNow();
    const [other, mine] = await Promise.all([appending, own]);
    if (mine.kind !== 'appended' || other.kind !== 'appended') return t.fail('Redis was up');
    if (!(await a.log.reached(mine.position, 5_000))) return t.fail(`not there: ${a.log.applied}`);
    if (other.position > mine.position) continue;
    before++;
    const verdict = a.index.verdict(stored({ tags: ['x'], asOf: mine.position, heard }));
    t.equal(verdict, 'hard', `${other.position} before ${mine.position}`);
  }
  t.equal(before, 5);
  t.equal(await a.log.reached(a.log.applied, 0), true);
  t.equal(await a.log.reached(a.log.applied + 1e9, 20), false, 'nobody waits for ever');
});

t.test('a sidecar that was cut off catches up', async (t) => {
  const { redis, client } = await startServer(t);
  const a = await startSidecar(t, { url: redis.url, name: 'a' });
  const b = await startSidecar(t, { url: redis.url, name: 'b' });

  t.test('after its connections were closed', async (t) => {
    const inMemory = stored({ tags: ['x'], heard: b.index.heardNow() });
    const reconnect = await cutOff(client, b, 3);
    await a.log.append([tag('x')]);
    t.equal(b.index.verdict(inMemory), 'valid', 'it cannot know yet');
    await reconnect();
    await b.trusted();
    t.equal(b.index.verdict(inMemory), 'hard');
  });

  t.test('after Redis did not answer for a while', async (t) => {
    redis.pause();
    await b.until('the silence', () => !b.log.trusted);
    const inMemory = stored({ tags: ['y'], heard: b.index.heardNow() });
    t.same(await a.log.append([tag('y')]), { kind: 'pending' });
    redis.resume();
    await a.trusted();
    await b.until('the purge', () => b.index.verdict(inMemory) === 'hard');
    await b.trusted();
    await a.until('its own purge', () => a.log.pending === 0);
  });
});

t.test('a purge while Redis is down is pending, then replayed before the log is trusted again', async (t) => {
  const { redis } = await startServer(t);
  const a = await startSidecar(t, { url: redis.url, name: 'a' });
  const b = await startSidecar(t, { url: redis.url, name: 'b' });
  await redis.kill();
  await a.until('the loss', () => !a.log.trusted);
  await b.until('the loss', () => !b.log.trusted);

  for (const name of ['x', 'y', 'x']) t.same(await a.log.append([tag(name)]), { kind: 'pending' });
  t.equal(a.log.pending, 2, 'the newest of each selector is kept');
  t.equal(a.fromRedis('x', 1e15), 'hard', 'applied here');
  const fetchedSince = stored({ tags: ['x'], heard: a.index.heardNow() });
  t.equal(a.index.verdict(fetchedSince), 'valid');

  await redis.restart();
  await a.until('the replay', () => {
    if (a.log.trusted && isUnconfirmed(a)) t.fail('trusted before the replay');
    return a.log.trusted;
  });
  await a.until('its own purges', () => a.log.pending === 0);
  await b.until('the replay', () => b.fromRedis('x', a.log.applied - 1) === 'hard');
  await b.trusted();
  await a.until('its own purges', () => a.fromRedis('x', a.log.applied) === 'valid');
  const late = await startSidecar(t, { url: redis.url, name: 'late' });
  t.equal(late.fromRedis('y', 2), 'hard', 'and who starts later reads of it');
});

t.test('an append that Redis took although it timed out is not appended twice', async (t) => {
  const { redis, client } = await startServer(t);
  const a = await startSidecar(t, { url: redis.url, name: 'a', commandTimeout: 200 });
  // Writes wait inside the server; reads go on.
  await client.client('PAUSE', 600, 'WRITE');
  t.same(await a.log.append([tag('x')]), { kind: 'pending' });
  let tooEarly = false;
  const watch = setInterval(() => {
    tooEarly ||= a.log.trusted && isUnconfirmed(a);
  }, 2);
  t.notOk(a.log.trusted);
  await a.trusted();
  clearInterval(watch);
  t.notOk(tooEarly, 'not trusted while it is appended again');
  const entries = await client.xrange(KEY, '-', '+');
  t.ok(entries.length <= 4, `genesis, that a came, the purge, at most one repetition: ${entries.length}`);
  await a.until('its own purge', () => a.fromRedis('x', a.log.applied) === 'valid');
});

t.test('an append that a server took whose log is not read is pending', async (t) => {
  // As after a failover, while the connection that appends still leads to the old master.
  const [old, now] = await Promise.all([startServer(t), startServer(t)]);
  const a = await startSidecar(t, { url: now.redis.url, appendUrl: old.redis.url, name: 'a' });
  const started = performance.now();
  t.same(await a.log.append(ordered('one', tag('x'))), { kind: 'pending' });
  t.ok(performance.now() - started < 3_000, 'within the command time-out');
  t.equal(a.fromRedis('x', 1), 'hard', 'applied here');
  t.equal((await old.client.xlen(KEY)) > 0, true, 'Redis took it');
  t.equal(a.log.pending, 1);
  t.equal(a.log.ledger.find('one')?.status, 'pending');
});

t.test('an append that is not read back in time is pending until it is', async (t) => {
  const { redis, client } = await startServer(t);
  const link = await startTcpProxy(redis.port);
  t.teardown(() => link.close());
  const url = `redis://127.0.0.1:${link.port}`;
  const a = await startSidecar(t, { url, appendUrl: redis.url, name: 'a', commandTimeout: 300 });
  link.stall();
  t.same(await a.log.append(ordered('one', tag('x'))), { kind: 'pending' });
  t.match(a.log.ledger.find('one'), { status: 'pending', position: null });
  t.match(await a.log.ledger.applied('one', 0, FOREVER), { all: false, applied: [] });
  t.equal(a.log.pending, 1);
  await link.restore();
  await a.until('its own purge', () => a.log.ledger.find('one')?.status === 'applied');
  t.equal(a.log.pending, 0);
  link.stall();
  t.same(await a.log.append([tag('y')]), { kind: 'pending' });
  t.equal(a.log.pending, 1);
  const taken = (await client.xrange(KEY, '-', '+')).filter(([, pairs]) =>
    pairs.join().includes('"tag":"x"'),
  );
  t.equal(taken.length, 1, 'it was not appended again');
  await a.log.close();
  t.equal(a.log.pending, 0, 'who stops takes nothing along that Redis has');
});

t.test('starting', async (t) => {
  t.test('without Redis: at once, and the log is joined when Redis comes', async (t) => {
    const { redis } = await startServer(t);
    await redis.stop();
    const a = await startSidecar(t, { url: redis.url, name: 'a', unready: true });
    t.notOk(a.log.trusted);
    t.equal(a.log.applied, 0);
    t.same(await a.log.append([tag('x')]), { kind: 'pending' });
    await redis.restart();
    await a.trusted();
    await a.until('its own purge', () => a.log.pending === 0);
    t.ok(a.log.applied > 1);
  });

  t.test('again: what was stored in Redis before a purge is still purged', async (t) => {
    const { redis } = await startServer(t);
    const first = await startSidecar(t, { url: redis.url, name: 'first' });
    const asOf = first.log.applied;
    const receipt = await first.log.append([tag('x')]);
    if (receipt.kind !== 'appended') return t.fail('Redis was up');
    await first.log.close();
    const second = await startSidecar(t, { url: redis.url, name: 'second' });
    t.equal(second.fromRedis('x', asOf), 'hard');
    t.equal(second.fromRedis('x', receipt.position), 'valid');
    t.equal(second.fromRedis('other', asOf), 'valid');
    t.equal(second.index.stats().floor, 0, 'the log is whole');
  });

  t.test('many at once begin one log', async (t) => {
    const { redis, client } = await startServer(t);
    const sidecars = await Promise.all(
      [1, 2, 3, 4].map((n) => startSidecar(t, { url: redis.url, name: `s${n}` })),
    );
    const ids = (await client.xrange(KEY, '-', '+')).map(([id]) => id);
    t.equal(ids[0], '0-1');
    t.equal(ids.length, 5, 'its genesis, and that each has come');
    for (const { log } of sidecars) t.ok(log.applied >= positionOf(String(ids[1])));
    for (const { index } of sidecars) t.equal(index.stats().floor, 0);
  });
});

t.test('a key that holds something else is never trusted, and purges stay pending', async (t) => {
  const { redis, client } = await startServer(t);
  await client.set(KEY, 'not a stream');
  const a = await startSidecar(t, { url: redis.url, name: 'a', unready: true });
  t.notOk(a.log.trusted);
  t.same(await a.log.append([tag('x')]), { kind: 'pending' });
  await client.del(KEY);
  await a.trusted();
  await a.until('its own purge', () => a.log.pending === 0);
});

t.test('closing is prompt, also while Redis does not answer', { timeout: 5_000 }, async (t) => {
  const { redis } = await startServer(t);
  const a = await startSidecar(t, { url: redis.url, name: 'a' });
  const b = await startSidecar(t, { url: redis.url, name: 'b', commandTimeout: 20_000 });
  await a.log.close();
  t.notOk(a.log.trusted);
  t.same(await a.log.append([tag('x')]), { kind: 'pending' });
  redis.pause();
  await b.log.close();
  t.notOk(b.log.trusted);
});
