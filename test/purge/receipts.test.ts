import { setImmediate as turn } from 'node:timers/promises';
import t from 'tap';
import { encodeEntry } from '../../src/purge/stream-entry.ts';
import { positionOf } from '../../src/purge/stream-id.ts';
import { startTcpProxy } from '../fixtures/tcp-proxy.ts';
import { FOREVER, KEY, ordered, startServer, startSidecar, tag } from './sidecar.ts';

// Each test has servers of its own, and mostly waits.
t.jobs = 4;

const REPLICAS = 'test:replicas';

t.test('a receipt says who has applied a purge, and has them say so at once', async (t) => {
  const { redis } = await startServer(t);
  const sidecars = await Promise.all(
    ['a', 'b', 'c'].map((name) => startSidecar(t, { url: redis.url, name })),
  );
  const [a, b] = sidecars;
  if (a === undefined || b === undefined) return;
  for (const each of sidecars) {
    const { ledger } = each.log;
    await each.until('the others', () => ledger.replicas.known > 0);
  }
  const started = performance.now();
  await a.log.append(ordered('one', tag('x')), { ack: true });
  const receipt = await a.log.ledger.applied('one', 5_000, FOREVER);
  t.ok(performance.now() - started < 1_000, 'long before the next time that they would have said so');
  t.match(receipt, { all: true, waiting: [], silent: [] });
  t.same([...receipt.applied].sort(), ['a', 'b', 'c']);
  for (const { fromRedis } of sidecars) t.equal(fromRedis('x', 1), 'hard');

  const { orders, replicas, current } = await b.log.ledger.history(10);
  t.match(orders, [{ order: { id: 'one', by: 'deploy' }, status: 'applied', position: Number }]);
  t.same([...(orders[0]?.replicas ?? [])].sort(), ['a', 'b', 'c'], 'as anybody can tell');
  t.same(replicas.map(({ name, silent }) => [name, silent]).sort(), [
    ['a', false],
    ['b', false],
    ['c', false],
  ]);
  t.equal(current, true);
});

t.test('two purges at once have each their own receipt', async (t) => {
  const { redis } = await startServer(t);
  const [a, b] = await Promise.all(['a', 'b'].map((name) => startSidecar(t, { url: redis.url, name })));
  if (a === undefined || b === undefined) return;
  const receipts = await Promise.all(
    [a, b].map(async ({ log }, i) => {
      await log.append(ordered(`order-${i}`, tag(`x${i}`)), { ack: true });
      return log.ledger.applied(`order-${i}`, 5_000, FOREVER);
    }),
  );
  for (const receipt of receipts) t.match(receipt, { all: true, applied: { length: 2 } });
});

t.test('many that wait look as one, and no more than some wait', async (t) => {
  const { redis, client } = await startServer(t);
  const link = await startTcpProxy(redis.port);
  t.teardown(() => link.close());
  const a = await startSidecar(t, { url: redis.url, name: 'a' });
  const b = await startSidecar(t, { url: `redis://127.0.0.1:${link.port}`, name: 'b' });
  link.cut();
  await b.until('the loss', () => !b.log.trusted);
  await a.log.append(ordered('one', tag('x')), { ack: true });
  await client.config('RESETSTAT');
  const receipts = await Promise.all(
    Array.from({ length: 200 }, () => a.log.ledger.applied('one', 300, FOREVER)),
  );
  for (const receipt of receipts) t.match(receipt, { all: false, applied: ['a'], waiting: ['b'] });
  t.equal(receipts.filter(({ why = '' }) => why.startsWith('128 receipts')).length, 200 - 128);
  const looks = Number(/cmdstat_hgetall:calls=(\d+)/.exec(await client.info('commandstats'))?.[1]);
  t.ok(looks > 1 && looks <= 61, `${looks} looks in 300 ms`);
});

t.test('where what the replicas say cannot be read, a receipt says so', async (t) => {
  const { redis, client } = await startServer(t);
  const a = await startSidecar(t, { url: redis.url, name: 'a' });
  await a.log.append(ordered('one', tag('x')), { ack: true });
  await client.set(REPLICAS, 'x');
  t.match(await a.log.ledger.applied('one', 20, FOREVER), { all: false, why: /cannot be asked/ });
});

t.test('whoever is cut off is waited for, then silent, and never among those who applied it', async (t) => {
  const { redis } = await startServer(t);
  const link = await startTcpProxy(redis.port);
  t.teardown(() => link.close());
  const url = `redis://127.0.0.1:${link.port}`;
  const a = await startSidecar(t, { url: redis.url, name: 'a', lease: 300 });
  const b = await startSidecar(t, { url, name: 'b', lease: 300 });
  const c = await startSidecar(t, { url: redis.url, name: 'c', lease: 300 });
  link.cut();
  await b.until('the loss', () => !b.log.trusted);
  await a.log.append(ordered('one', tag('x')), { ack: true });

  const early = await a.log.ledger.applied('one', 20, FOREVER);
  t.match(early, { all: false, waiting: ['b'], silent: [] });
  const started = performance.now();
  const late = await a.log.ledger.applied('one', 10_000, FOREVER);
  t.ok(performance.now() - started < 5_000, 'who is silent is not waited for');
  t.match(late, { all: false, waiting: [], silent: [{ name: 'b', since: Number }] });
  t.same([...late.applied].sort(), ['a', 'c']);
  t.ok(Math.abs((late.silent[0]?.since ?? 0) - Date.now()) < 10_000);

  await link.restore();
  await b.trusted();
  await b.until('the purge', () => b.fromRedis('x', 1) === 'hard');
  while ((await c.log.ledger.history(1)).replicas.some(({ silent }) => silent)) await turn();
  t.match(await c.log.ledger.applied('one', 5_000, FOREVER), { all: true, applied: { length: 3 } });
});

t.test('who trusts what it stored is known to the log, by an entry that it has read', async (t) => {
  const { redis, client } = await startServer(t);
  const a = await startSidecar(t, { url: redis.url, name: 'a' });
  const entries = await client.xrange(KEY, '-', '+');
  const joined = entries.find(([, fields]) => fields.includes('joined'));
  t.equal(joined?.[1].at(-1), 'a');
  t.ok(a.log.applied >= positionOf(String(joined?.[0])));
  t.ok(a.log.confirmedAt > 0);
  await a.log.close();
  const last = (await client.xrange(KEY, '-', '+')).at(-1);
  t.ok(last?.[1].includes('left'));
});

t.test('a replica that cannot join trusts nothing', async (t) => {
  const { redis, client } = await startServer(t);
  await client.set(REPLICAS, 'not a hash');
  const a = await startSidecar(t, { url: redis.url, name: 'a', unready: true });
  t.equal(a.log.trusted, false);
  t.equal(a.log.confirmedAt, Number.NEGATIVE_INFINITY);
  await client.del(REPLICAS);
  await a.trusted();
});

t.test('a replica that left is not asked; one that crashed is not forgotten', async (t) => {
  const { redis, client } = await startServer(t);
  const link = await startTcpProxy(redis.port);
  t.teardown(() => link.close());
  const a = await startSidecar(t, { url: redis.url, name: 'a', lease: 300 });
  const leaving = await startSidecar(t, { url: redis.url, name: 'leaving', lease: 300 });
  const url = `redis://127.0.0.1:${link.port}`;
  const crashing = await startSidecar(t, { url, name: 'crashing', lease: 300 });
  await leaving.log.close();
  t.equal(await client.hlen(REPLICAS), 2);
  link.cut();
  await crashing.until('the loss', () => !crashing.log.trusted);
  await crashing.log.close();
  await a.log.append(ordered('one', tag('x')), { ack: true });
  const receipt = await a.log.ledger.applied('one', 5_000, FOREVER);
  t.match(receipt, { all: false, applied: ['a'], waiting: [], silent: [{ name: 'crashing' }] });
  const late = await startSidecar(t, { url: redis.url, name: 'late', lease: 300 });
  t.match(
    await late.log.ledger.applied('one', 100, FOREVER),
    { all: false, applied: { length: 2 }, silent: [{ name: 'crashing' }] },
    'nor by who starts later',
  );
});

t.test('a flush makes nobody forget a replica', async (t) => {
  const { redis, client } = await startServer(t);
  const link = await startTcpProxy(redis.port);
  t.teardown(() => link.close());
  const a = await startSidecar(t, { url: redis.url, name: 'a', lease: 600 });
  const b = await startSidecar(t, { url: `redis://127.0.0.1:${link.port}`, name: 'b', lease: 600 });
  const before = a.log.applied;
  link.cut();
  await b.until('the loss', () => !b.log.trusted);
  await client.flushall();
  await a.until('the flush', () => a.index.stats().floor >= before);
  await a.trusted();
  await a.log.append(ordered('one', tag('x')), { ack: true });
  t.match(await a.log.ledger.applied('one', 300, FOREVER), { all: false, applied: ['a'] });
  const late = await startSidecar(t, { url: redis.url, name: 'late', lease: 600 });
  await late.log.append(ordered('two', tag('y')), { ack: true });
  const receipt = await late.log.ledger.applied('two', 300, FOREVER);
  t.equal(receipt.all, false, 'a has told of b again, and who starts later knows');
  t.match([...receipt.waiting, ...receipt.silent.map(({ name }) => name)], ['b']);

  await link.restore();
  await b.trusted();
  t.match(await late.log.ledger.applied('two', 5_000, FOREVER), { all: true, applied: { length: 3 } });
});

t.test('a lost hash is written again', async (t) => {
  const { redis, client } = await startServer(t);
  const [a, b] = await Promise.all(
    ['a', 'b'].map((name) => startSidecar(t, { url: redis.url, name, lease: 300 })),
  );
  if (a === undefined || b === undefined) return;
  await client.del(REPLICAS);
  await a.log.append(ordered('one', tag('x')), { ack: true });
  t.match(await a.log.ledger.applied('one', 5_000, FOREVER), { all: true, applied: { length: 2 } });
  t.equal(await client.hlen(REPLICAS), 2);
});

t.test('nobody says `all` before having followed the log for a while', async (t) => {
  const { redis, client } = await startServer(t);
  const a = await startSidecar(t, { url: redis.url, name: 'a', settle: 400 });
  await a.log.append(ordered('one', tag('x')));
  t.match(await a.log.ledger.applied('one', 50, FOREVER), {
    all: false,
    applied: ['a'],
    waiting: [],
    why: /without interruption/,
  });
  t.match(await a.log.ledger.applied('one', 5_000, FOREVER), { all: true }, 'it can be waited for');

  const before = a.log.applied;
  await client.flushall();
  await a.until('the flush', () => a.index.stats().floor >= before);
  await a.trusted();
  await a.log.append(ordered('two', tag('y')));
  t.match(await a.log.ledger.applied('two', 50, FOREVER), { all: false, applied: ['a'] });
});

t.test('what was read of a log that lost its end counts for nothing', async (t) => {
  const { redis, client } = await startServer(t);
  const link = await startTcpProxy(redis.port);
  t.teardown(() => link.close());
  const a = await startSidecar(t, { url: redis.url, name: 'a' });
  const b = await startSidecar(t, { url: `redis://127.0.0.1:${link.port}`, name: 'b' });
  const c = await startSidecar(t, { url: redis.url, name: 'c' });
  // Everybody has read the same entry last.
  await a.log.append([tag('before')]);
  for (const each of [a, b, c]) await each.until('it', () => each.fromRedis('before', 1) === 'hard');
  const dump = await client.dumpBuffer(KEY);
  link.cut();
  await b.until('the loss', () => !b.log.trusted);
  await a.log.append(ordered('lost', tag('x')), { ack: true });
  await a.until('its own purge', () => a.log.ledger.find('lost')?.status === 'applied');
  const position = a.log.ledger.find('lost')?.position ?? 0;

  // The log goes on under higher ids without that purge; b, whose last entry is still there, sees no gap.
  const replaced = client
    .multi()
    .restore(KEY, 0, dump, 'REPLACE')
    .xadd(KEY, '*', ...encodeEntry('x:1', []));
  await replaced.exec();
  await link.restore();
  await b.trusted();
  t.ok(b.log.applied > position);
  const receipt = await a.log.ledger.applied('lost', 5_000, FOREVER);
  t.match(receipt, { all: true, applied: { length: 3 } }, 'once it was appended again');
  t.equal(b.fromRedis('x', position - 1), 'hard');
  t.ok((a.log.ledger.find('lost')?.position ?? 0) > position);
});

t.test('what stands behind a replica is waited for', async (t) => {
  const { redis } = await startServer(t);
  const a = await startSidecar(t, { url: redis.url, name: 'a' });
  let finish = () => {};
  let isSlow = false;
  const onApplied = () =>
    isSlow
      ? new Promise<void>((resolve) => {
          finish = resolve;
        })
      : undefined;
  const b = await startSidecar(t, { url: redis.url, name: 'b', onApplied });
  isSlow = true;
  await a.log.append(ordered('one', tag('x')), { ack: true });
  await b.until('the purge', () => b.fromRedis('x', 1) === 'hard');
  t.match(await a.log.ledger.applied('one', 200, FOREVER), { all: false, applied: ['a'], waiting: ['b'] });
  finish();
  t.match(await a.log.ledger.applied('one', 5_000, FOREVER), { all: true });
});

t.test('waiting ends with the caller, and with Redis away says what is known', async (t) => {
  const { redis } = await startServer(t);
  const link = await startTcpProxy(redis.port);
  t.teardown(() => link.close());
  const a = await startSidecar(t, { url: redis.url, name: 'a' });
  const b = await startSidecar(t, { url: `redis://127.0.0.1:${link.port}`, name: 'b' });
  link.stall();
  await a.log.append(ordered('one', tag('x')), { ack: true });
  const { find } = a.log.ledger;
  await a.until('its own purge', () => a.log.applied >= (find('one')?.position ?? Infinity));
  const gone = new AbortController();
  const waiting = a.log.ledger.applied('one', 20_000, gone.signal);
  gone.abort();
  t.match(await waiting, { all: false, waiting: ['b'] });
  await redis.kill();
  await a.until('the loss', () => !a.log.trusted);
  t.match(await a.log.ledger.applied('one', 30, FOREVER), { all: false });
  t.match(await a.log.ledger.history(5), { current: false, orders: [{ order: { id: 'one' } }] });
  await b.log.close();
});

t.test('how long purges take from there to here', async (t) => {
  const { redis } = await startServer(t);
  const lags: number[] = [];
  const a = await startSidecar(t, { url: redis.url, name: 'a' });
  await a.log.append([tag('before')]);
  const b = await startSidecar(t, { url: redis.url, name: 'b', onLag: (ms) => lags.push(ms) });
  t.same(lags, [], 'what was there before does not count');
  for (let i = 0; i < 5; i++) await a.log.append([tag(`x${i}`)]);
  await b.until('the purges', () => b.fromRedis('x4', 1) === 'hard');
  t.equal(lags.length, 5);
  t.ok(
    lags.every((ms) => ms >= 0 && ms < 2_000),
    `${lags}`,
  );
});
