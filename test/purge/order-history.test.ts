import t from 'tap';
import { FOREVER, KEY, ordered, startServer, startSidecar, tag } from './sidecar.ts';

// Each test has servers of its own, and mostly waits.
t.jobs = 3;

t.test('orders are known everywhere, and after a restart', async (t) => {
  const { redis } = await startServer(t);
  const a = await startSidecar(t, { url: redis.url, name: 'a' });
  const b = await startSidecar(t, { url: redis.url, name: 'b' });
  await a.log.append(ordered('one', tag('x'), tag('y', true)));
  await a.log.append([tag('an invalidation')]);
  await b.log.append(ordered('two', tag('z')));
  await Promise.all([a, b].map((each) => each.until('it', () => each.fromRedis('z', 1) === 'hard')));
  const known = [
    { order: { id: 'two', by: 'deploy' }, status: 'applied', purges: [tag('z')] },
    { order: { id: 'one' }, status: 'applied', purges: [tag('x'), tag('y', true)] },
  ];
  for (const { log } of [a, b]) {
    const { orders } = await log.ledger.history(10);
    t.match(orders, known);
    t.equal(orders.length, 2, 'an invalidation is nobody’s order');
    t.ok((orders[0]?.position ?? 0) > (orders[1]?.position ?? 0));
  }
  await Promise.all([a.log.close(), b.log.close()]);
  const late = await startSidecar(t, { url: redis.url, name: 'late' });
  t.match((await late.log.ledger.history(10)).orders, known);
  t.match((await late.log.ledger.history(1)).orders, { length: 1 });
});

t.test('an order is pending until Redis has all of it', async (t) => {
  const { redis } = await startServer(t);
  const a = await startSidecar(t, { url: redis.url, name: 'a' });
  const b = await startSidecar(t, { url: redis.url, name: 'b' });
  await redis.kill();
  await a.until('the loss', () => !a.log.trusted);
  const before = Date.now();
  await a.log.append(ordered('one', tag('x')));
  await a.log.append(ordered('two', tag('x')));
  const pending = { status: 'pending', position: null, replicas: [] };
  const { orders, current } = await a.log.ledger.history(10);
  t.match(orders, [
    { order: { id: 'two' }, ...pending },
    { order: { id: 'one' }, ...pending },
  ]);
  t.equal(current, false);
  t.match(await a.log.ledger.applied('one', 10, FOREVER), { all: false, applied: [] });

  await redis.restart();
  await Promise.all([a.trusted(), b.trusted()]);
  await b.until('the replay', () => b.log.ledger.find('two')?.status === 'applied');
  for (const { log } of [a, b]) {
    t.match(await log.ledger.applied('one', 5_000, FOREVER), { all: true }, 'as what replaced it');
    const found = (await log.ledger.history(10)).orders;
    t.same(found.map(({ order }) => order.id).sort(), ['one', 'two']);
    t.equal(found[0]?.position, found[1]?.position, 'one entry carried out both');
    for (const { order } of found) t.ok(Math.abs(order.at - before) < 1_000, 'when it was asked for');
  }
});

t.test('of many purges of one tag, none stays pending', async (t) => {
  const { redis } = await startServer(t);
  const a = await startSidecar(t, { url: redis.url, name: 'a' });
  const b = await startSidecar(t, { url: redis.url, name: 'b' });
  await redis.kill();
  await Promise.all([a, b].map((each) => each.until('the loss', () => !each.log.trusted)));
  const ids = Array.from({ length: 101 }, (_, i) => `order-${i}`);
  for (const id of ids) await a.log.append(ordered(id, tag('x')));
  await redis.restart();
  await a.trusted();
  await a.until('the replay', () => a.log.pending === 0);
  const { orders } = await a.log.ledger.history(500);
  t.equal(orders.length, 101);
  t.same(
    orders.filter(({ status }) => status === 'pending').map(({ order }) => order.id),
    [],
  );
  t.equal(new Set(orders.map(({ position }) => position)).size, 1, 'one entry carried out all');
  await b.trusted();
  t.match(await a.log.ledger.applied('order-0', 5_000, FOREVER), { all: true });
});

t.test('a log that was lost is told of orders again', async (t) => {
  const { redis, client } = await startServer(t);
  const a = await startSidecar(t, { url: redis.url, name: 'a' });
  await a.log.append(ordered('older', tag('x')));
  await a.log.append(ordered('one', tag('x')));
  await a.until('its own purge', () => a.log.applied >= (a.log.ledger.find('one')?.position ?? Infinity));
  const position = a.log.ledger.find('one')?.position ?? 0;
  await client.del(KEY);
  await a.until('the loss', () => a.index.stats().floor >= position);
  await a.trusted();
  t.match(await a.log.ledger.applied('one', 5_000, FOREVER), { all: true });
  t.ok((a.log.ledger.find('one')?.position ?? 0) > position);
  t.match(
    (await a.log.ledger.history(2)).orders,
    [
      { order: { id: 'one' }, replicas: ['a'] },
      { order: { id: 'older' }, status: 'applied', replicas: null },
    ],
    'what a newer order covers is not appended again',
  );
  const late = await startSidecar(t, { url: redis.url, name: 'late' });
  t.match(late.log.ledger.find('one'), { order: { by: 'deploy' }, status: 'applied' });
});
